"""A signer's page: what it shows comes from the raw bytes, what it takes comes from a passkey asked on it."""

import contextlib
import dataclasses
import re
import socket
import time
from typing import Any

import httpx
import pytest

from holdfast.authority import Approval, FreezeOrder, Intent, Payment
from holdfast.custody import (
    collect_approvals,
    collect_candidates,
    cosign_log,
    invite_person,
    propose_lift,
    propose_roster,
    request_for,
    with_device,
    without_device,
)
from holdfast.custody.settlement import movement_of
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import SIGNERS, page_of
from holdfast.pages import connections
from holdfast.signer import FreezeRequest, IntentProposal, PageUnavailable, SignerRefused
from holdfast.signer.pages import page_address, served_page
from page_rig import SIGNER, Page, text_of
from signer_rig import Takeover
from world import World, bitcoin_address


@pytest.fixture
def world(takeover: Takeover) -> World:
    """A deployment whose signers' pages are looked at."""
    return takeover.world


def approve(world: World, page: Page, person: str, subject: bytes, **how: Any) -> httpx.Response:
    assertion = world.deployment.persons[person].assertion(subject, how.pop("origin", page.origin), **how)
    return page.post(f"/subjects/{subject.hex()}/approvals", as_document(assertion))


def waiting(world: World, reference: str = "w1", value_sat: int = 20_000_000) -> Intent:
    intent = world.planned(reference, value_sat)
    assert collect_approvals(world.plane).refused == {}
    return intent


def test_a_payout_is_shown_in_words(world: World) -> None:
    intent, page = waiting(world), Page(world)
    assert "0.2 BTC" in text_of(page.get("/"))
    shown = page.get(f"/intents/{intent.digest().hex()}")
    said = text_of(shown)
    assert shown.status_code == 200
    for part in ("Approve 0.2 BTC?", bitcoin_address(7), "signed by customer alice", "order w1", "first time"):
        assert part in said
    assert "back into this vault" in said
    assert "0 of 3 persons" in said
    assert "unsafe" not in shown.headers["content-security-policy"]
    assert not re.search(r"<script(?! type=\"module\" src=\"/static)|<style|style=|\son\w+=", shown.text)


def test_an_approval_is_kept_and_shown(world: World) -> None:
    intent, page = waiting(world), Page(world)
    answer = approve(world, page, "ada", intent.digest())
    assert (answer.status_code, answer.json()) == (200, {"person": "ada", "approved": 1, "persons": 3})
    assert collect_approvals(world.plane).approvals == 1
    said = text_of(page.get(f"/intents/{intent.digest().hex()}"))
    assert "ada has approved this here." in said
    assert "1 of 3 persons" in said
    other = text_of(Page(world, "bern").get(f"/intents/{intent.digest().hex()}"))
    assert "Approve with my passkey" in other


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"user_verified": False}, 403, "assertion.user_not_verified"),
        ({"origin": page_of("bern")}, 403, "assertion.wrong_origin"),
        ({"origin": "http://localhost:8410"}, 403, "assertion.wrong_origin"),
        ({"cross_origin": True}, 403, "assertion.wrong_origin"),
    ],
)
def test_what_is_no_approval_here(world: World, how: dict[str, Any], status: int, code: str) -> None:
    intent, page = waiting(world), Page(world)
    answer = approve(world, page, "ada", intent.digest(), **how)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert collect_approvals(world.plane).approvals == 0


def test_an_answer_to_another_subject_is_refused(world: World) -> None:
    first, second, page = waiting(world), waiting(world, "w2"), Page(world)
    replayed = as_document(world.deployment.persons["ada"].assertion(first.digest(), page.origin))
    answer = page.post(f"/subjects/{second.digest().hex()}/approvals", replayed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "assertion.of_another")


def test_a_stranger_s_passkey_is_refused(world: World) -> None:
    intent, page = waiting(world), Page(world)
    stranger = as_document(SoftwareAuthenticator("localhost", "x").assertion(intent.digest(), page.origin))
    answer = page.post(f"/subjects/{intent.digest().hex()}/approvals", stranger)
    assert answer.json()["error"]["code"] == "assertion.credential_unknown"


def test_another_page_cannot_post_here(world: World) -> None:
    intent, page = waiting(world), Page(world)
    assertion = as_document(world.deployment.persons["ada"].assertion(intent.digest(), page.origin))
    answer = page.post(f"/subjects/{intent.digest().hex()}/approvals", assertion, origin="http://localhost:8410")
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [[], "x", 7, None, {"a": 1}, {"credential_id": "%%"}])
def test_nonsense_is_refused_in_one_line(world: World, body: Any) -> None:
    intent, page = waiting(world), Page(world)
    answer = page.post(f"/subjects/{intent.digest().hex()}/approvals", body)
    assert answer.status_code in (400, 403)
    assert "\n" not in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/intents/00", "/intents/zz", "/subjects/" + "00" * 32, "/enrol/00", "/nowhere"])
def test_what_is_not_there(world: World, path: str) -> None:
    assert Page(world).get(path).status_code == 404


def test_an_expired_intent_says_why(world: World) -> None:
    intent, page = waiting(world), Page(world)
    world.clock.advance(world.plane.policy.intent_lifetime_s)
    said = text_of(page.get(f"/intents/{intent.digest().hex()}"))
    assert "This can no longer be approved." in said
    assert "intent.expired" in said
    assert "Approve with my passkey" not in said
    assert approve(world, page, "ada", intent.digest()).json()["error"]["code"] == "intent.expired"


def test_what_waits_is_listed_in_a_line_each(world: World) -> None:
    intent, page = waiting(world), Page(world)
    said = text_of(page.get("/"))
    for part in ("0.2 BTC", bitcoin_address(7), "out of hot", "0 of 3 approved", "expires in"):
        assert part in said
    assert f"/intents/{intent.digest().hex()}" in page.get("/").text
    approve(world, page, "ada", intent.digest())
    assert "1 of 3 approved" in text_of(page.get("/"))
    world.clock.advance(world.plane.policy.intent_lifetime_s)
    assert "Nothing waits for anybody." in text_of(page.get("/"))


def test_a_connection_without_a_request_keeps_nobody_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 8)
    monkeypatch.setattr(connections, "REQUEST_WITHIN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    head = b"POST /freeze HTTP/1.1\r\nHost: localhost:8413\r\nOrigin: http://localhost:8413\r\n"
    begun = head + b"Content-Length: 60000\r\n\r\n{"
    with served_page(world.signers[SIGNER], port), contextlib.ExitStack() as held:

        def status() -> int:
            return httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"host": "localhost:8413"}).status_code

        _until_served(port)
        assert status() == 200
        crowd = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(40)]
        for each in crowd[::2]:
            with contextlib.suppress(OSError):
                each.sendall(begun)
        assert status() == 200
        for each in crowd:
            each.settimeout(5)
            # Closed by the page: a connection that stays open would time out here.
            with contextlib.suppress(ConnectionResetError):
                while each.recv(4_096):
                    pass


def _until_served(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)


# A hostile control plane


def test_a_payment_that_nobody_ordered_is_not_the_customer_s(world: World) -> None:
    """The same address and amount as a customer's order, twice, and one order."""
    takeover, signed = Takeover(world), world.order("w1", 5_000_000)
    order = signed.order
    ordered = Payment(order.amount, order.destination, order.digest())
    movement = takeover.issued(ordered, Payment(order.amount, order.destination, None), orders=(signed,))
    asked = takeover.request(SIGNER, movement)
    shown = IntentProposal(
        asked.intent,
        asked.transaction,
        asked.previous_transactions,
        asked.input_paths,
        asked.change_path,
        asked.orders,
        asked.log,
    )
    world.plane.signer(SIGNER).call(shown)
    said = text_of(Page(world).get(f"/intents/{movement.intent.digest().hex()}"))
    assert (said.count("signed by customer"), said.count("no customer's order")) == (1, 1)


def proposal(world: World, intent: Intent, **changes: Any) -> IntentProposal:
    """What an honest control plane proposes to the signer, with changes."""
    note = _note(world)
    known = world.plane.signer(SIGNER).status().log_size
    asked = request_for(world.plane, movement_of(world.plane, intent.digest()), (), b"", note=note, cosigned_size=known)
    honest = IntentProposal(
        asked.intent,
        asked.transaction,
        asked.previous_transactions,
        asked.input_paths,
        asked.change_path,
        asked.orders,
        asked.log,
    )
    return dataclasses.replace(honest, **changes)


def _note(world: World) -> str:
    from holdfast.audit import checkpoint
    from holdfast.store import transaction

    with transaction(world.plane.engine) as connection:
        return checkpoint(connection, world.plane.log_signer)


def test_the_page_shows_what_the_bytes_say_or_nothing(world: World) -> None:
    """The intent that the console shows pays A; the transaction pays B: no signer puts it before anybody."""
    shown, hidden = world.planned("w1"), world.planned("w2", destination=bitcoin_address(66))
    other = movement_of(world.plane, hidden.digest()).plan
    with pytest.raises(SignerRefused) as caught:
        world.plane.signer(SIGNER).call(
            proposal(world, shown, transaction=other.raw, previous_transactions=other.raw_previous)
        )
    assert caught.value.refusal.code.startswith(("transaction.", "conflict_key."))
    assert Page(world).get(f"/intents/{shown.digest().hex()}").status_code == 404


def test_an_order_that_is_not_shown_is_missed(world: World) -> None:
    intent = world.planned("w1")
    with pytest.raises(SignerRefused) as caught:
        world.plane.signer(SIGNER).call(proposal(world, intent, orders=()))
    assert caught.value.refusal.code == "order.missing"


def test_a_changed_address_does_not_open_as_change(world: World) -> None:
    intent = world.planned("w1")
    with pytest.raises(SignerRefused):
        world.plane.signer(SIGNER).call(proposal(world, intent, change_path=(1, 7)))


# Officers


def test_a_freeze_from_the_page_stops_this_signer(world: World) -> None:
    page = Page(world)
    offered = page.post("/freeze/order", {"reason": "a stranger on the network"}).json()
    order = FreezeOrder.decoded(bytes.fromhex(offered["order"]))
    assert (order.signer, order.reason) == (SIGNER, "a stranger on the network")
    given = world.deployment.persons["ben"].assertion(order.digest(), page.origin)
    assertion = as_document(given)
    answer = page.post("/freeze", {"order": offered["order"], "assertion": assertion})
    assert (answer.status_code, answer.json()) == (200, {"person": "ben"})
    assert world.signers[SIGNER].status().frozen
    said = text_of(page.get("/"))
    assert "Nothing is signed here until a quorum of officers lifts this." in said
    assert "ben" in said
    assert "a stranger on the network" in said
    assert page.post("/freeze", {"order": offered["order"], "assertion": assertion}).status_code == 200
    world.plane.signer(SIGNER).call(Takeover(world).lift(FreezeRequest(order, Approval("ben", given))))
    again = page.post("/freeze", {"order": offered["order"], "assertion": assertion})
    assert again.json()["error"]["code"] == "freeze.order_invalid"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\nb", 7, None])
def test_a_freeze_says_why(world: World, reason: Any) -> None:
    assert Page(world).post("/freeze/order", {"reason": reason}).status_code == 400


def test_a_freeze_made_on_another_page_is_refused(world: World) -> None:
    page = Page(world)
    offered = page.post("/freeze/order", {"reason": "a drill"}).json()
    digest = FreezeOrder.decoded(bytes.fromhex(offered["order"])).digest()
    for origin, verified, code in (
        (page_of("bern"), True, "assertion.wrong_origin"),
        (page.origin, False, "assertion.user_not_verified"),
    ):
        assertion = world.deployment.persons["ben"].assertion(digest, origin, user_verified=verified)
        answer = page.post("/freeze", {"order": offered["order"], "assertion": as_document(assertion)})
        assert answer.json()["error"]["code"] == code
    assert not world.signers[SIGNER].status().frozen


def test_a_lift_is_shown_to_officers(world: World) -> None:
    world.signers["bern"].freeze(Takeover(world).freeze())
    order = propose_lift(world.plane, "a false alarm", "ada")
    collect_approvals(world.plane)
    said = text_of(Page(world).get(f"/subjects/{order.digest().hex()}"))
    assert "Lift the freeze?" in said
    for part in ("a false alarm", "a drill", "on bern's page", "in force here"):
        assert part in said
    assert "a false alarm" in said
    assert "0 of 3 persons" in said


def test_a_roster_change_is_shown_by_its_difference(world: World) -> None:
    device, lost = SoftwareAuthenticator("localhost", "fay"), world.deployment.persons["emi"].credential
    roster = with_device(world.plane.roster, "fay", device.credential, ("approver",))
    change = propose_roster(world.plane, roster, "Fay joins", "ada")
    collect_approvals(world.plane)
    said = text_of(Page(world).get(f"/subjects/{change.digest().hex()}"))
    assert "joins fay as approver" in said
    assert "It comes into force 10 s after" in said
    gone = propose_roster(world.plane, without_device(world.plane.roster, lost.credential_id), "lost in a taxi", "ada")
    collect_approvals(world.plane)
    said = text_of(Page(world).get(f"/subjects/{gone.digest().hex()}"))
    assert "emi" in said
    assert "loses the device" in said
    assert "at once" in said


def test_a_device_is_registered_by_invitation(world: World) -> None:
    page, address = Page(world), invite_person(world.plane, "fay", SIGNER, "ada")
    path = address.removeprefix(page.origin)
    assert "Register a device for fay" in text_of(page.get(path))
    device = SoftwareAuthenticator("localhost", "fay")
    challenge = world.signers[SIGNER].enrolments.challenge(bytes.fromhex(path.rsplit("/", 1)[1]))
    wrong = page.post(path, as_document(device.registration(bytes(32), page.origin)))
    assert wrong.json()["error"]["code"] == "assertion.of_another"
    done = page.post(path, as_document(device.registration(challenge, page.origin)))
    assert len(done.json()["words"].split()) == 12
    assert page.post(path, as_document(device.registration(challenge, page.origin))).status_code == 403
    assert page.get(path).status_code == 403
    assert collect_candidates(world.plane) == 1


def test_what_people_write_is_text(world: World) -> None:
    roster = with_device(
        world.plane.roster, "<b>fay</b>", SoftwareAuthenticator("localhost", "f").credential, ("approver",)
    )
    change = propose_roster(world.plane, roster, "<script>alert(1)</script>", "ada")
    cosign_log(world.plane)
    collect_approvals(world.plane)
    shown = Page(world).get(f"/subjects/{change.digest().hex()}").text
    assert "<script>alert" not in shown
    assert "<b>fay" not in shown
    assert "<bdi>&lt;script&gt;" in shown, "apart from the words around it, whichever way it is written"


def test_where_a_page_is_served() -> None:
    assert page_address("http://localhost:8411", None) == ("127.0.0.1", 8411)
    assert page_address("https://bern.example", 9000) == ("127.0.0.1", 9000)
    with pytest.raises(PageUnavailable):
        page_address("https://bern.example", None)


def test_all_five_pages_are_apart(world: World) -> None:
    assert len({page_of(signer) for signer in SIGNERS}) == 5
    page = Page(world)
    assert page.get("/healthz").json() == {"status": "ok", "signer": SIGNER}
