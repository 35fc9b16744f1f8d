"""A house with three customers and a published epoch, and the verifiers that are published beside it."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from holdfast.reserves import (
    MANIFEST,
    PUBLIC,
    EpochView,
    customer_nonce,
    prove,
    publish_epoch,
    reserves_directory,
    set_customer_nonce,
)
from holdfast.store import transaction
from world import World, build_template, copy_world

BOB, ZOE = "bob", "zoë"
BOB_NONCE = bytes(range(16))
BOB_SAT = 123_456_789


@dataclass
class House:
    """A deployment, and where its epochs are."""

    world: World

    @property
    def directory(self) -> Path:
        """The folder of all epochs."""
        return reserves_directory(self.world.deployment.control)

    def publish(self) -> EpochView:
        """Publish the next epoch, a block and ten minutes later."""
        self.world.clock.advance(600)
        self.world.mine(1)
        return publish_epoch(self.world.plane, self.directory)

    def manifest(self, epoch: int = 1) -> bytes:
        """An epoch's manifest."""
        return (self.directory / str(epoch) / PUBLIC / MANIFEST).read_bytes()

    def proof(self, customer: str, epoch: int | None = None) -> bytes:
        """A customer's proof."""
        return prove(self.directory, customer, epoch)


def build_house(directory: Path) -> Path:
    """Alice and Bob are owed something, Zoë nothing; Bob's page has chosen a nonce. One epoch is published."""
    build_template(directory / "founded")
    world = copy_world(directory / "founded", directory / "house")
    world.enrol(BOB)
    world.enrol(ZOE)
    world.fund(BOB, BOB_SAT)
    with transaction(world.plane.engine) as connection:
        assert customer_nonce(connection, BOB) is None
        set_customer_nonce(connection, BOB, bytes(16))
        set_customer_nonce(connection, BOB, BOB_NONCE)
        assert customer_nonce(connection, BOB) == BOB_NONCE
    publish_epoch(world.plane, House(world).directory)
    world.close()
    return directory / "house"


def copy_house(template: Path, directory: Path) -> House:
    """A copy of it, opened."""
    return House(copy_world(template, directory))


def load_verifier(folder: Path) -> ModuleType:
    """The published verifier, as a module of this process."""
    spec = importlib.util.spec_from_file_location("published_verifier", folder / "verify_reserves.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_verifier(folder: Path, manifest: Path, proof: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The published verifier as its user runs it: isolated, on bare Python, far from the project."""
    command = [sys.executable, "-I", "-S", str(folder / "verify_reserves.py"), str(manifest), str(proof), *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""})


def node_binary() -> str | None:
    """A JavaScript runtime with WebCrypto, if the machine has one."""
    return shutil.which("node")


_DRIVER = """
const fs = require("fs");
globalThis.crypto ??= require("crypto").webcrypto;
(0, eval)(fs.readFileSync(process.argv[1], "utf8"));
const tell = (said) => console.log(JSON.stringify(said));
const shown = ({proven}) => tell({customer: proven.customer, balances: proven.balances.map(String)});
const refused = (fault) => tell({refused: fault.constructor.name, why: fault.message});
(async () => {
  for (const [manifest, proof] of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const bytes = [manifest, proof].map((each) => new Uint8Array(Buffer.from(each, "hex")));
    await verifyReserves(...bytes).then(shown, refused);
  }
})();
"""


def in_javascript(public: Path, pairs: list[tuple[bytes, bytes]]) -> list[dict[str, object]]:
    """What the published page's own code says of pairs of manifest and proof."""
    node = node_binary()
    if node is None:
        pytest.skip("no JavaScript runtime is installed")
    given = json.dumps([(manifest.hex(), proof.hex()) for manifest, proof in pairs])
    ran = subprocess.run(
        [node, "-e", _DRIVER, str(public / "verify.js")], input=given, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]
