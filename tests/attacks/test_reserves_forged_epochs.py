"""Epochs that are hashed and signed as they should be, by somebody who says what is not: all verifiers refuse alike.

A verifier that takes what another refuses lets a venue choose which one to recommend. So every document here goes to
all three.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import HoldfastError
from holdfast.reserves import verify_proof
from reserves_forge import BOB_IS_OWED, FORGERS_KEY, PUBLISHED, V, canonical, forged, holdings, super_root, vault
from reserves_rig import in_javascript, node_binary

BTC, ETH = ("BTC", 8), ("ETH", 18)
ACCEPTED, MALFORMED, UNTRUE = "accepted", "malformed", "untrue"


def by_core(manifest: bytes, proof: bytes) -> str:
    """What the Rust core and what reads for it say."""
    try:
        verify_proof(manifest, proof)
    except HoldfastError as refused:
        return {1: UNTRUE, 2: MALFORMED}[refused.exit_status]
    return ACCEPTED


def by_program(manifest: bytes, proof: bytes) -> str:
    """What the published program says."""
    try:
        V.verify(manifest, proof)
    except V.Untrue:
        return UNTRUE
    except V.Malformed:
        return MALFORMED
    return ACCEPTED


def verdicts(manifest: bytes, proof: bytes) -> set[str]:
    """What each verifier says; the page's own code too, where there is a runtime for it."""
    said = {by_core(manifest, proof), by_program(manifest, proof)}
    if node_binary() is not None:
        (page,) = in_javascript(PUBLISHED, [(manifest, proof)])
        said.add(str(page.get("refused", ACCEPTED)).lower())
    return said


def test_whoever_has_a_key_can_make_an_epoch() -> None:
    """What follows is refused for what it says, not because it is badly forged; whose the key is, no file shows."""
    assert verdicts(*forged(BTC)) == {ACCEPTED}
    assert verdicts(*forged(BTC, ETH)) == {ACCEPTED}


@pytest.mark.parametrize(
    "name", ["x attested it, by a child of the key 02ab.  Vault y", "hot cold", "h\u00f6t", "x" * 65, ""]
)
def test_no_name_reads_like_a_sentence_of_a_verifier(name: str) -> None:
    assert verdicts(*forged(BTC, vaults=[vault(name=name)])) == {MALFORMED}
    block = {"hash": "11" * 32, "height": 100, "network": name}
    assert verdicts(*forged(BTC, block=block)) == {MALFORMED}


def test_brackets_in_a_text_are_no_depth() -> None:
    assert verdicts(*forged(BTC, venue='Example "[[[[[[[[[[[[[[[[[[[[\\{{{{')) == {ACCEPTED}


def gone(number: int, previous: str, at: int, height: int) -> dict[str, Any]:
    """An epoch that was given up."""
    manifest = json.loads(forged(BTC, epoch=max(number, 1))[0])
    kept = {name: manifest[name] for name in ("assets", "block")}
    header = {**kept, "epoch": number, "previous": previous, "at": at, "holdings": "22" * 32}
    return header | {"block": manifest["block"] | {"height": height}}


def root_of(header: dict[str, Any]) -> str:
    """Its super-root."""
    return super_root(header, "Example Exchange", bytes.fromhex(header["holdings"])).hex()


def test_numbers_given_up_lead_from_the_published_one_to_the_next() -> None:
    third = gone(3, "33" * 32, 1_789_999_998, 98)
    fourth = gone(4, root_of(third), 1_789_999_999, 99)
    good = {"epoch": 5, "previous": root_of(fourth), "skipped": [third, fourth]}
    assert verdicts(*forged(BTC, **good)) == {ACCEPTED}
    for skipped in ([fourth, third], [third], [third, third], [fourth | {"at": 1}], [third, fourth | {"epoch": 5}]):
        assert verdicts(*forged(BTC, **good | {"skipped": skipped})) == {UNTRUE}
    assert verdicts(*forged(BTC, **good | {"at": fourth["at"]})) == {UNTRUE}
    assert verdicts(*forged(BTC, **good, block={"hash": "11" * 32, "height": 99, "network": "main"})) == {UNTRUE}
    assert verdicts(*forged(BTC, **good, block={"hash": "11" * 32, "height": 100, "network": "test"})) == {UNTRUE}
    assert verdicts(*forged(BTC, **good | {"skipped": [third, fourth | {"previous": "00" * 32}]})) == {MALFORMED}
    assert verdicts(*forged(BTC, epoch=5, previous="44" * 32)) == {ACCEPTED}


@pytest.mark.parametrize(
    "asset", [("BTC", 2), ("BTC", 18), ("ETH", 8), ("DOGE", 8), ("\u0412\u0422\u0421", 8), ("btc", 8)]
)
def test_an_asset_is_one_of_the_format_s_with_its_decimals(asset: tuple[str, int]) -> None:
    """With 2 decimals, 0.00001 BTC of coins are shown as the 10 BTC that customers are owed."""
    assert verdicts(*forged(asset)) == {MALFORMED}


@pytest.mark.parametrize(
    "changed",
    [
        {"assets": [], "vaults": []},
        {"vaults": []},
        {"vaults": [vault("ETH")]},
        {"vaults": [vault(), vault("ETH")]},
        {"vaults": [vault(name=f"vault-{number:02}", coins=[]) for number in range(65)]},
        {"vaults": [vault(), vault(name="vault-Z")]},
        {"vaults": [vault(name="z"), vault(name="a", coins=[])]},
    ],
    ids=["nothing", "no vault", "of another asset", "one too many", "65 vaults", "a coin twice", "out of order"],
)
def test_every_asset_has_a_vault_and_every_vault_signs(changed: dict[str, Any]) -> None:
    assert verdicts(*forged(BTC, **changed)) == {MALFORMED}


@pytest.mark.parametrize("path", [f"{2**31}/0", f"0/{2**31}", f"{2**32 - 1}/0", "00/0"])
def test_no_step_of_a_coin_s_path_is_hardened(path: str) -> None:
    coin = {"outpoint": f"{'00' * 32}:0", "path": path, "value": "1000"}
    assert verdicts(*forged(BTC, vaults=[vault(coins=[coin])])) == {MALFORMED}


@pytest.mark.parametrize("changed", [{"at": 2**37}, {"previous": "11" * 32}, {"epoch": 2}])
def test_times_and_numbers_are_within_the_format(changed: dict[str, Any]) -> None:
    assert verdicts(*forged(BTC, **changed)) == {MALFORMED}


@pytest.mark.parametrize(("units", "verdict"), [(10**36, ACCEPTED), (10**36 + 1, MALFORMED), (10**37, MALFORMED)])
def test_amounts_have_one_bound(units: int, verdict: str) -> None:
    assert verdicts(*forged(BTC, vaults=[vault(value=units)])) == {verdict}


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda key: "04" + key[2:], MALFORMED),
        (lambda key: "05" + key[2:], MALFORMED),
        (lambda _: "02" + "05".rjust(64, "0"), MALFORMED),
        (lambda _: "02" + f"{V.FIELD + 1:064x}", MALFORMED),
        (lambda key: ("03" if key[:2] == "02" else "02") + key[2:], UNTRUE),
    ],
    ids=["uncompressed", "of no form", "off the curve", "beyond the field", "of nobody"],
)
def test_a_key_is_a_point(spoil: Callable[[str], str], verdict: str) -> None:
    assert verdicts(*forged(BTC, vaults=[vault(key=spoil(FORGERS_KEY.hex()))])) == {verdict}


@pytest.mark.parametrize(
    "change",
    [
        lambda fragments: [fragments[0] | {"index": 16}, *fragments[1:]],
        lambda fragments: [fragments[0], fragments[0], *fragments[2:]],
        lambda fragments: [fragments[0] | {"path": fragments[0]["path"][1:]}, *fragments[1:]],
        lambda _: [],
    ],
    ids=["beyond the leaves", "twice", "too short a path", "none"],
)
def test_fragments_have_leaves_of_their_own(change: Callable[[list[Any]], list[Any]]) -> None:
    manifest, proof = forged(BTC)
    document = json.loads(proof)
    (asset,) = document["assets"]
    document["assets"] = [asset | {"fragments": change(asset["fragments"])}]
    assert verdicts(manifest, canonical(document)) == {MALFORMED}


def test_many_coins_are_read_by_all() -> None:
    """A page that fails on a large house leaves its customers with the venue's word."""
    coins = [{"outpoint": f"{number:064x}:0", "path": "0/0", "value": "1"} for number in range(40_000)]
    assert verdicts(*forged(BTC, vaults=[vault(coins=coins)])) == {ACCEPTED}


@pytest.mark.parametrize(
    "content", [b"[" * 5_000 + b"]" * 5_000 + b"\n", b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"\n"]
)
def test_deep_nesting_is_malformed(content: bytes) -> None:
    assert verdicts(content, b"") == {MALFORMED}


def run(tmp_path: Path, pair: tuple[bytes, bytes], *options: str, **environment: str) -> tuple[int, str, str]:
    """The published program on two files: status, and what it wrote."""
    (tmp_path / "m.json").write_bytes(pair[0])
    (tmp_path / "p.json").write_bytes(pair[1])
    command = [sys.executable, "-S", str(PUBLISHED / "verify_reserves.py"), "m.json", "p.json", *options]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env={"PATH": "", **environment})
    return ran.returncode, ran.stdout.decode("latin-1"), ran.stderr.decode("latin-1")


def test_the_customer_s_own_knowledge_of_keys_is_held_against_it(tmp_path: Path) -> None:
    good = forged(BTC)
    assert "the venue's vaults, and all of them" in run(tmp_path, good)[1]
    known = f"vault-BTC={FORGERS_KEY.hex().upper()}"
    status, said, _ = run(tmp_path, good, "--key", known)
    assert (status, "and all of them" in said) == (0, False)
    # A house with two vaults that leaves one away: the customer who knows both sees it.
    for key in (f"vault-BTC=02{'11' * 32}", f"cold={FORGERS_KEY.hex()}"):
        assert run(tmp_path, good, "--key", known, "--key", key)[0] == 1
    for key in ("vault-BTC", "=" + FORGERS_KEY.hex(), "vault-BTC=02"):
        assert run(tmp_path, good, "--key", key)[0] == 2


def test_what_is_known_from_elsewhere_is_read_in_either_case(tmp_path: Path) -> None:
    good = forged(BTC)
    root = json.loads(good[0])["super_root"].upper()
    assert run(tmp_path, good, "--root", f" {root} ", "--nonce", "00" * 16 + " ")[0] == 0
    for options in (("--root", root[2:]), ("--nonce", "zz" * 16), ("--root", "")):
        assert run(tmp_path, good, *options)[0] == 2


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_terminal_that_cannot_spell_a_name_gets_the_same_verdict(tmp_path: Path, encoding: str) -> None:
    manifest = json.loads(forged(BTC)[0])
    pair = forged(BTC, venue="\u65e5\u672c")
    status, said, faults = run(tmp_path, pair, PYTHONIOENCODING=encoding)
    assert (status, faults, "VERIFIED" in said, "\\u65e5" in said) == (0, "", True, True)
    assert manifest["assets"][0]["total"] == str(BOB_IS_OWED)


def test_a_fault_of_the_program_s_own_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise RuntimeError

    for name, content in zip(("m.json", "p.json"), forged(BTC), strict=True):
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(V, "verify_manifest", fails)
    assert V.main([str(tmp_path / "m.json"), str(tmp_path / "p.json")]) == 3


def test_the_model_s_hashes_are_the_forger_s() -> None:
    manifest = json.loads(forged(BTC)[0])
    assert super_root(manifest, manifest["venue"], holdings(manifest["vaults"])).hex() == manifest["super_root"]
    assert canonical(manifest) == forged(BTC)[0]
