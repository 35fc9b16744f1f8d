"""No byte of a manifest or proof can be changed, removed or added without every verifier refusing it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from holdfast.errors import HoldfastError
from holdfast.reserves import verify_proof
from reserves_rig import BOB, House, run_verifier

HEX = b"0123456789abcdef"


def alterations(content: bytes, *, digits: bool = True) -> Iterator[tuple[int, bytes]]:
    """For every byte: one bit changed, its case changed, another digit, the byte left out, the byte doubled."""
    for at, byte in enumerate(content):
        others = {byte ^ 1, byte ^ 0x20, byte ^ 0x80} | ({HEX[(HEX.find(byte) + 5) % 16]} if digits else set())
        others -= {byte}
        for other in sorted(others):
            yield at, content[:at] + bytes([other]) + content[at + 1 :]
        yield at, content[:at] + content[at + 1 :]
        yield at, content[: at + 1] + content[at:]


def test_every_byte_of_the_proof_counts(shared_house: House, verifier: ModuleType) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(BOB)
    read = verifier.read_manifest(verifier.parse_document(manifest, verifier.MANIFEST_LIMIT))
    tried = 0
    for at, altered in alterations(proof):
        # Doubling one of two equal bytes gives the same bytes twice, but never the original.
        assert altered != proof, at
        with pytest.raises((verifier.Malformed, verifier.Untrue)):
            verifier.verify_proof(verifier.parse_document(altered, verifier.PROOF_LIMIT), read)
        tried += 1
    assert tried > 5 * len(proof)


def test_every_byte_of_the_manifest_counts(shared_house: House, verifier: ModuleType) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(BOB)
    # A second digit for each of the signature's would take seconds more of elliptic curves in plain Python.
    for _, altered in alterations(manifest, digits=False):
        with pytest.raises((verifier.Malformed, verifier.Untrue)):
            verifier.verify(altered, proof)


def test_the_core_refuses_the_same(shared_house: House) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(BOB)
    for _, altered in alterations(proof):
        with pytest.raises(HoldfastError):
            verify_proof(manifest, altered)
    for _, altered in alterations(manifest):
        with pytest.raises(HoldfastError):
            verify_proof(altered, proof)


def test_the_program_says_so_by_its_exit_status(shared_house: House, public: Path, tmp_path: Path) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(BOB)
    (tmp_path / "proof.json").write_bytes(proof)
    for at in range(11, len(proof), 211):
        (tmp_path / "altered.json").write_bytes(proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :])
        ran = run_verifier(public, public / "manifest.json", tmp_path / "altered.json")
        assert (ran.returncode in (1, 2), ran.stderr) == (True, ""), at
        assert "VERIFIED" not in ran.stdout
    for at in range(17, len(manifest), 211):
        (tmp_path / "altered.json").write_bytes(manifest[:at] + bytes([manifest[at] ^ 1]) + manifest[at + 1 :])
        ran = run_verifier(public, tmp_path / "altered.json", tmp_path / "proof.json")
        assert (ran.returncode in (1, 2), ran.stderr) == (True, ""), at
        assert "VERIFIED" not in ran.stdout


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content + b"\n",
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b":", b": ", 1),
        lambda content: content.replace(b"{", b'{"a":1,', 1),
        lambda content: content.replace(b'"epoch":1', b'"epoch":1,"epoch":1', 1),
        lambda content: content.replace(b'"epoch":1', b'"epoch":1.0', 1),
        lambda content: content.replace(b'"epoch":1', b'"epoch":true', 1),
        lambda content: content.replace(b'"epoch":1', b'"epoch":-1', 1),
        lambda content: content.replace(b'"epoch":1', b'"epoch":' + b"1" * 400_000, 1),
        lambda content: content.replace(b'"venue":"', b'"venue":"\\u0045', 1),
        lambda content: content.replace(b'"venue":"', b'"venue":"\\ud800', 1),
        b"[" * 200_000,
        b"null\n",
        b"",
    ],
)
def test_other_spellings_are_refused(
    shared_house: House, verifier: ModuleType, spoil: Callable[[bytes], bytes] | bytes
) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(BOB)
    manifest_too, proof_too = (spoil, spoil) if isinstance(spoil, bytes) else (spoil(manifest), spoil(proof))
    for pair in ((manifest_too, proof), (manifest, proof_too)):
        assert pair != (manifest, proof)
        with pytest.raises((verifier.Malformed, verifier.Untrue)):
            verifier.verify(*pair)
        with pytest.raises(HoldfastError):
            verify_proof(*pair)


def test_a_document_has_an_end(shared_house: House, verifier: ModuleType) -> None:
    whole = shared_house.manifest()
    with pytest.raises(verifier.Malformed, match="larger"):
        verifier.parse_document(b" " * (verifier.MANIFEST_LIMIT + 1), verifier.MANIFEST_LIMIT)
    with pytest.raises(HoldfastError, match="more than"):
        verify_proof(whole, b" " * 8_000_001)
