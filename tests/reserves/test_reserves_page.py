"""The published page beside its verifier: what it shows for files, and for a person in a hurry."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reserves_forge import FORGERS_KEY, PUBLISHED, forged
from reserves_rig import node_binary

_DRIVER = """
const fs = require("fs");
globalThis.crypto ??= require("crypto").webcrypto;
const elements = {};
let submit;
const element = (name) => ({
  name, children: [], value: "", files: [], textContent: "",
  appendChild(child) { this.children.push(child); return child; },
  replaceChildren() { this.children = []; }, focus() {}, addEventListener(_, handler) { submit = handler; },
});
globalThis.document = { getElementById: (id) => (elements[id] ??= element(id)), createElement: element };
globalThis.location = { protocol: "file:" };
(0, eval)(process.argv.slice(1).map((path) => fs.readFileSync(path, "utf8")).join("\\n"));
const file = (hex) => ({ arrayBuffer: async () => Uint8Array.from(Buffer.from(hex, "hex")).buffer });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const texts = (each) => [each.textContent, ...each.children.flatMap(texts)].filter(Boolean);
(async () => {
  for (const given of JSON.parse(fs.readFileSync(0, "utf8"))) {
    for (const id of ["manifest", "proof"]) document.getElementById(id).files = given[id] ? [file(given[id])] : [];
    for (const id of ["root", "nonce", "keys"]) document.getElementById(id).value = given[id] ?? "";
    submit({ preventDefault() {} });
    if (!given.hurried) {
      for (let wait = 0; wait < 500 && !elements.verdict?.children.length; wait++) await pause(10);
    }
  }
  await pause(300);
  console.log(JSON.stringify(texts(elements.verdict)));
})();
"""


def shown(*submissions: dict[str, Any]) -> list[str]:
    """The lines that the page shows after these submissions."""
    node = node_binary()
    if node is None:
        pytest.skip("no JavaScript runtime is installed")
    scripts = [str(PUBLISHED / name) for name in ("verify.js", "verify-page.js")]
    ran = subprocess.run(
        [node, "-e", _DRIVER, *scripts], input=json.dumps(submissions), capture_output=True, text=True, check=True
    )
    lines: list[str] = json.loads(ran.stdout)
    return lines


def files(pair: tuple[bytes, bytes], **known: Any) -> dict[str, Any]:
    """A submission of two files."""
    return {"manifest": pair[0].hex(), "proof": pair[1].hex(), **known}


def test_what_holds_is_shown_with_what_is_not_known() -> None:
    said = shown(files(forged(("BTC", 8))))
    assert said[0] == "Verified: bob is counted in epoch 1 of Example Exchange."
    assert "0.00001 BTC" in said
    assert any("the venue's vaults, and all of them" in line for line in said)
    assert any("found in every number" in line for line in said)
    known = shown(files(forged(("BTC", 8)), keys=f"vault-BTC={FORGERS_KEY.hex()}\n", nonce="00" * 16))
    assert not any("the venue's vaults" in line or "chose the nonce" in line for line in known)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"keys": f"cold={FORGERS_KEY.hex()}"}, "Not true: there is no vault cold"),
        ({"keys": f"vault-BTC=02{'11' * 32}"}, "Not true: vault vault-BTC has another key"),
        ({"keys": "vault-BTC"}, "Not in the format: keys"),
        ({"root": "00" * 32}, "Not true: the super-root"),
        ({"root": "00"}, "Not in the format: root"),
        ({"nonce": "11" * 16}, "Not true: the nonce"),
        ({"proof": None}, "Not in the format: choose your proof.json"),
        ({"manifest": None}, "Not in the format: choose the epoch's manifest.json"),
    ],
)
def test_what_is_known_from_elsewhere_is_held_against_it(known: dict[str, Any], verdict: str) -> None:
    (line,) = shown(files(forged(("BTC", 8))) | known)
    assert line.startswith(verdict)


def test_the_last_of_two_submissions_has_the_verdict() -> None:
    good, bad = forged(("BTC", 8)), forged(("BTC", 2))
    (line,) = shown(files(good, hurried=True), files(bad))
    assert line.startswith("Not in the format")
    assert shown(files(bad, hurried=True), files(good))[0].startswith("Verified")


def test_names_neither_hide_nor_reorder_what_is_shown() -> None:
    said = shown(files(forged(("BTC", 8), venue="cold\u202egpj\u200b\x9b31m\u2028\u00a0x")))
    assert any("epoch 1 of cold?gpj??31m??x." in line for line in said)


def test_the_page_loads_what_is_published(public: Path) -> None:
    page = (public / "verify.html").read_text(encoding="utf-8")
    for name in ("verify.css", "verify.js", "verify-page.js"):
        assert f'"{name}"' in page
        assert (public / name).is_file()
