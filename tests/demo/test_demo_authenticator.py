"""The software authenticator answers as a hardware one and a browser would, and keeps its key to itself."""

import json
import pickle
from pathlib import Path

import pytest
import webauthn
from webauthn.helpers.structs import AttestationFormat

from holdfast.authority import RelyingParty, verify_assertion
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.encoding import EncodingError

PAGE = "http://localhost:8801"
PAGES = RelyingParty("localhost", (PAGE,))
CHALLENGE = bytes(range(32))


def counted(device: SoftwareAuthenticator) -> int:
    """The counter of a fresh, verified assertion."""
    return verify_assertion(device.assertion(CHALLENGE, PAGE), device.credential, PAGES, CHALLENGE).sign_count


def test_its_registration_and_assertion_pass_the_library() -> None:
    device = SoftwareAuthenticator("localhost", "anna")
    registered = webauthn.verify_registration_response(
        credential=device.registration(CHALLENGE, PAGE),
        expected_challenge=CHALLENGE,
        expected_rp_id="localhost",
        expected_origin=PAGE,
        require_user_verification=True,
    )
    assert registered.credential_id == device.credential.credential_id
    assert registered.credential_public_key == device.credential.public_key
    assert registered.fmt == AttestationFormat.NONE
    assert counted(device) == 1


def test_client_data_is_serialised_as_the_specification_does() -> None:
    # Web Authentication Level 3, section 5.8.1.1: these members, in this order, without blanks.
    device = SoftwareAuthenticator("localhost", "anna")
    assertion = device.assertion(CHALLENGE, PAGE)
    challenge = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    expected = f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{PAGE}","crossOrigin":false}}'
    assert assertion.client_data_json.decode() == expected
    framed = device.assertion(CHALLENGE, PAGE, cross_origin=True, top_origin="https://top.example")
    assert list(json.loads(framed.client_data_json))[3:] == ["crossOrigin", "topOrigin"]


def test_it_counts_every_answer_also_after_it_is_loaded_again(tmp_path: Path) -> None:
    device = SoftwareAuthenticator("localhost", "anna")
    device.save(tmp_path / "anna")
    assert counted(device) == 1
    again = SoftwareAuthenticator.load(tmp_path / "anna")
    assert (again.name, again.relying_party, again.sign_count) == ("anna", "localhost", 1)
    assert again.credential == device.credential
    assert counted(again) == 2
    assert SoftwareAuthenticator.load(again.export_private()).sign_count == 2


def test_its_file_is_its_owner_s_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    device = SoftwareAuthenticator("localhost", "anna")
    device.save(tmp_path / "anna")
    counted(device)
    assert [path.name for path in tmp_path.iterdir()] == ["anna"]
    assert (tmp_path / "anna").stat().st_mode & 0o777 == 0o600


def test_its_key_is_neither_shown_nor_pickled() -> None:
    device = SoftwareAuthenticator("localhost", "anna")
    assert repr(device) == "<SoftwareAuthenticator 'anna' redacted>"
    with pytest.raises(TypeError):
        pickle.dumps(device)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "anna").write_bytes(SoftwareAuthenticator("localhost", "anna").export_private()[:-1])
    with pytest.raises(EncodingError):
        SoftwareAuthenticator.load(tmp_path / "anna")
