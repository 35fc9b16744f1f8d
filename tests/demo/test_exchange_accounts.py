"""Opening an account and signing in: whose passkey, where, when, and once."""

from typing import Any

import pytest
from webauthn.helpers import bytes_to_base64url

from exchange_rig import ELSEWHERE, Customer
from holdfast.authority import Credential
from holdfast.custody import customer_view
from holdfast.demo.exchange import accounts
from holdfast.demo.exchange.accounts import CHALLENGE_LASTS_S
from holdfast.demo.exchange.sessions import COOKIE, SESSION_LASTS_S
from holdfast.reserves import customer_nonce
from holdfast.store import snapshot
from world import World


def test_an_account_is_opened_with_a_passkey_and_a_nonce_of_the_page(world: World, newcomer: Customer) -> None:
    newcomer.open_account("Carla-7")
    with snapshot(world.plane.engine) as connection:
        assert customer_view(connection, "carla-7").credential == newcomer.passkey.credential
        assert customer_nonce(connection, "carla-7") == bytes.fromhex(newcomer.nonce)
    assert newcomer.account()["balance"]["total"] == "0 BTC"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(newcomer: Customer) -> None:
    answer = newcomer.post("/accounts", newcomer.registration(newcomer.invited("carla")))
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert len(newcomer.cookies[COOKIE]) >= 43


@pytest.mark.parametrize("name", ["", "ab", "-abc", "abc-", "a--b", "a b c", "älter", "a" * 33, "<script>", "../etc"])
def test_a_name_that_none_can_have_is_refused(newcomer: Customer, name: str) -> None:
    assert "letters" in newcomer.refused("/accounts/challenge", {"name": name}, 400, "exchange.name_invalid")


def test_a_name_that_somebody_has_is_refused(world: World, newcomer: Customer) -> None:
    newcomer.refused("/accounts/challenge", {"name": " ALICE "}, 409, "customer.exists")


def test_a_name_taken_while_the_passkey_was_made_is_refused(app: Any, newcomer: Customer) -> None:
    late = newcomer.registration(newcomer.invited("carla"))
    Customer(app).open_account("carla")
    newcomer.refused("/accounts", late, 409, "customer.exists")
    assert newcomer.cookies == {}


def test_one_passkey_opens_one_account(app: Any, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    again = Customer(app, newcomer.passkey)
    again.refused("/accounts", again.registration(again.invited("carla-2")), 409, "customer.exists")


def test_a_registration_serves_once(newcomer: Customer) -> None:
    posted = newcomer.registration(newcomer.invited("carla"))
    assert newcomer.post("/accounts", posted).status_code == 200
    newcomer.refused("/accounts", posted, 409, "exchange.challenge_spent")


def test_a_registration_made_elsewhere_is_refused(newcomer: Customer) -> None:
    posted = newcomer.registration(newcomer.invited("carla"), origin=ELSEWHERE)
    newcomer.refused("/accounts", posted, 409, "assertion.wrong_origin")


def test_a_registration_that_comes_too_late_is_refused(world: World, newcomer: Customer) -> None:
    posted = newcomer.registration(newcomer.invited("carla"))
    world.clock.advance(CHALLENGE_LASTS_S)
    newcomer.refused("/accounts", posted, 409, "exchange.challenge_spent")


def test_a_registration_for_a_challenge_never_given_is_refused(newcomer: Customer) -> None:
    newcomer.wanted = "carla"
    newcomer.refused("/accounts", newcomer.registration("A" * 43), 409, "exchange.challenge_spent")


@pytest.mark.parametrize("nonce", ["", "00" * 15, "00" * 17, "zz" * 16, "AB" * 16])
def test_a_nonce_of_another_form_is_refused(newcomer: Customer, nonce: str) -> None:
    newcomer.nonce = nonce
    newcomer.refused("/accounts", newcomer.registration(newcomer.invited("carla")), 400, "exchange.malformed")


def test_there_is_an_end_to_the_accounts_that_are_opened(newcomer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "MAX_OPENED", 0)
    newcomer.refused("/accounts", newcomer.registration(newcomer.invited("carla")), 409, "exchange.accounts_full")


def test_who_has_the_passkey_signs_in(app: Any, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    elsewhere = Customer(app, newcomer.passkey).sign_in()
    assert elsewhere.cookies[COOKIE] != newcomer.cookies[COOKIE]
    assert elsewhere.account() == newcomer.account()


def test_an_unknown_passkey_does_not_sign_in(newcomer: Customer) -> None:
    newcomer.refused("/sign-in", newcomer.answer(newcomer.asked_in()), 400, "customer.unknown")


def test_somebody_elses_passkey_under_alices_id_does_not_sign_in(alice: Customer) -> None:
    answer = alice.answer(alice.asked_in())
    forged = Customer(alice.app).answer(str(answer["challenge"]))
    stolen = forged["assertion"] | {"credential_id": answer["assertion"]["credential_id"]}
    alice.refused("/sign-in", forged | {"assertion": stolen}, 409, "assertion.signature_invalid")


def test_a_sign_in_serves_once(alice: Customer) -> None:
    posted = alice.answer(alice.asked_in())
    assert alice.post("/sign-in", posted).status_code == 200
    alice.refused("/sign-in", posted, 409, "exchange.challenge_spent")


def test_an_answer_to_another_challenge_does_not_sign_in(alice: Customer) -> None:
    posted = alice.answer(alice.asked_in()) | {"challenge": alice.asked_in()}
    alice.refused("/sign-in", posted, 409, "assertion.of_another")


def test_a_challenge_serves_what_it_was_given_for(alice: Customer, newcomer: Customer) -> None:
    alice.refused("/sign-in", alice.answer(alice.invited("carla")), 409, "exchange.challenge_spent")
    newcomer.wanted = "carla"
    newcomer.refused("/accounts", newcomer.registration(newcomer.asked_in()), 409, "exchange.challenge_spent")
    posted = newcomer.registration(newcomer.invited("carla"))
    newcomer.refused("/accounts", posted | {"name": "dora"}, 409, "exchange.challenge_spent")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"origin": ELSEWHERE}, "assertion.wrong_origin"),
        ({"user_verified": False}, "assertion.user_not_verified"),
        ({"cross_origin": True}, "assertion.wrong_origin"),
    ],
)
def test_how_a_passkey_answers_matters(alice: Customer, how: dict[str, Any], code: str) -> None:
    alice.refused("/sign-in", alice.answer(alice.asked_in(), **how), 409, code)


def test_a_sign_in_that_comes_too_late_is_refused(world: World, alice: Customer) -> None:
    posted = alice.answer(alice.asked_in())
    world.clock.advance(CHALLENGE_LASTS_S)
    alice.refused("/sign-in", posted, 409, "exchange.challenge_spent")


def test_a_session_ends_by_itself(world: World, alice: Customer) -> None:
    world.clock.advance(SESSION_LASTS_S - 1)
    assert alice.get("/account.json").status_code == 200
    world.clock.advance(1)
    assert alice.get("/account.json").json()["error"]["code"] == "exchange.not_signed_in"


def test_signing_out_ends_the_session_for_good(alice: Customer) -> None:
    token = alice.cookies[COOKIE]
    assert alice.post("/sign-out", {}).status_code == 200
    assert alice.cookies == {}
    alice.cookies = {COOKIE: token}
    assert alice.get("/account.json").status_code == 401


def test_a_made_up_session_is_none(newcomer: Customer) -> None:
    for token in ("", "x", "A" * 43):
        newcomer.cookies = {COOKIE: token}
        assert newcomer.get("/account.json").status_code == 401


def as_id(credential: Credential) -> str:
    return bytes_to_base64url(credential.credential_id)


def test_what_a_registration_enrols_is_what_signs(newcomer: Customer) -> None:
    other = Customer(newcomer.app)
    posted = newcomer.registration(newcomer.invited("carla"))
    swapped = posted["credential"] | {"credential_id": as_id(other.passkey.credential)}
    newcomer.refused("/accounts", posted | {"credential": swapped}, 409, "registration.invalid")
