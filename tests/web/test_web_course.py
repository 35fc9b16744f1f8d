"""One withdrawal, one payout, one vault, one entry: what their own pages tell, step by step."""

import contextlib
import re

from sqlalchemy import text

from holdfast.authority import PersonUnknown
from holdfast.custody import SignersRefused, claim_payout, sign_payout
from holdfast.demo.deployment import page_of
from holdfast.store import snapshot
from signer_rig import Takeover
from web_rig import Browser, console, words_of
from world import World


def course(page: Browser, address: str) -> list[str]:
    """The steps of a page's timeline, each in its words."""
    answer = page.get(address)
    assert answer.status_code == 200
    timeline = re.search(r'<ol class="timeline">(.*)</ol>\n\n?\s*</div>', answer.text, re.DOTALL)
    assert timeline is not None
    return [words_of(step) for step in re.split(r"<li class=\"(?:good|bad|watch|plain|next)\">", timeline[1])[1:]]


def titles(steps: list[str]) -> list[str]:
    """The first words of each step."""
    known = (
        "Requested", "Refused", "Checked and held", "Cancelled", "Taken up by a payout", "Intent fixed", "Approvals",
        "Risk engine: allow", "Signatures", "Signed", "Broadcast", "Confirmed", "Booked", "Expired",
    )  # fmt: skip
    return [next((name for name in known if step.startswith(name)), " ".join(step.split()[:2])) for step in steps]


def test_a_paid_withdrawals_course_is_whole(page: Browser) -> None:
    steps = course(page, "/withdrawal?reference=w-paid")
    assert titles(steps) == [
        "Requested", "Checked and held", "Intent fixed", "ada approved", "ben approved", "chiara approved",
        "Risk engine: allow", "Signed", "Broadcast", "Confirmed", "Booked",
    ]  # fmt: skip
    by_title = dict(zip(titles(steps), steps, strict=True))
    assert "The destination is not on the sanctions list." in by_title["Checked and held"]
    assert "On the page of geneva" in by_title["ben approved"]
    assert "3 of 5 signers signed together" in by_title["Signed"]
    assert all("2026-09-21 14:13:20" in step for step in steps)
    # Every step that the log tells of links its entry.
    logged = {title for title, step in by_title.items() if "log No." in step}
    assert logged >= {"Requested", "Intent fixed", "ada approved", "Signed", "Broadcast", "Confirmed"}


def test_a_refused_withdrawals_course_ends_with_the_reason(page: Browser) -> None:
    steps = course(page, "/withdrawal?reference=w-sanctioned")
    assert titles(steps) == ["Requested", "Refused"]
    assert "screening.destination_sanctioned" in steps[1]
    assert "log No." in steps[1]


def test_what_has_not_happened_is_told_as_to_come(page: Browser) -> None:
    assert titles(course(page, "/withdrawal?reference=w-waiting"))[2:] == ["Taken up by a payout"]
    steps = course(page, "/withdrawal?reference=w-batched")
    assert titles(steps)[3:] == ["ada approved", "Approvals", "Signatures", "Broadcast", "Confirmed", "Booked"]
    assert "2 more persons must approve" in steps[4]
    assert all("to come" in step for step in steps[4:])


def test_a_cancelled_withdrawals_course(world: World) -> None:
    page = console(world)
    page.submit("/withdrawal/cancel", {"reference": "w-waiting"})
    assert titles(course(page, "/withdrawal?reference=w-waiting")) == ["Requested", "Checked and held", "Cancelled"]


def test_how_long_each_step_took(world: World) -> None:
    world.request("w-slow", 1_000_000)
    world.clock.advance(3_725)
    page = console(world)
    assert page.submit("/payouts", {"vault": "hot", "reference": "w-slow"}).status_code == 303
    assert "+1 h 2 min" in course(page, "/withdrawal?reference=w-slow")[2]


def test_signers_refusals_stand_in_the_course(world: World) -> None:
    freeze = Takeover(world).freeze()
    intent = world.approved("w-frozen")
    for name in ("bern", "geneva", "lugano"):
        world.plane.signer(name).call(freeze)
    with contextlib.suppress(SignersRefused):
        sign_payout(world.plane, intent.digest(), claim_payout(world.plane, intent.digest()), checks=())
    steps = course(console(world), f"/payouts/{intent.digest().hex()}")
    refused = [step for step in steps if "refused to sign" in step]
    # Others may refuse first, for an older state of the log; whoever knows of the freeze says so.
    assert any("freeze.in_force" in step and "log No." in step for step in refused)


def awaiting(world: World) -> str:
    """The payout that waits for approvals."""
    with snapshot(world.plane.engine) as connection:
        return str(
            connection.execute(text("SELECT lower(hex(intent)) FROM payout WHERE state = 'awaiting'")).scalar_one()
        )


def test_different_persons_are_sent_to_different_signers(shared_world: World, page: Browser) -> None:
    intent = awaiting(shared_world)
    body = page.get(f"/payouts/{intent}").text
    pages = re.findall(rf'href="(http://localhost:84\d\d)/intents/{intent}"', body)
    assert len(pages) == len(set(pages)) == 4
    # Ada approved on bern's page: nobody else is sent there.
    assert page_of("bern") not in pages
    assert set(pages) < {signer.origin for signer in shared_world.plane.roster.signers}


def test_an_approval_of_somebody_who_left_is_shown_as_such(world: World) -> None:
    page = console(world, "ben")
    persons = world.plane.roster.persons[1:]
    assert world.plane.in_force is not None
    object.__setattr__(world.plane.in_force.roster, "persons", persons)
    shown = words_of(page.get(f"/payouts/{awaiting(world)}").text)
    assert "ada does not verify" in shown
    assert PersonUnknown.code in shown


def test_a_vaults_page_tells_key_coins_and_limits(page: Browser) -> None:
    shown = words_of(page.get("/vault?name=hot").text)
    for words in (
        "3 of 5: bern, geneva, lugano, basel, zurich",
        "0.2 BTC of 30 BTC in 24 hours",
        "Each signer alone 10 BTC at most",
        "secp256k1-tr, for BTC on regtest",
        "Deposit addresses 2",
    ):
        assert words in shown


def test_a_customers_page_tells_balance_addresses_and_movements(page: Browser) -> None:
    shown = words_of(page.get("/customer?name=alice").text)
    for words in ("2.8 BTC 0.35 BTC of it held, 2.45 BTC free", "Enrolled 2026-08-12", "credited", "w-sanctioned"):
        assert words in shown


def test_the_policy_is_told_in_words(page: Browser) -> None:
    shown = words_of(page.get("/policy").text)
    for words in (
        "More than 0.1 BTC, at most 10 BTC, out of vault hot, every payment of it ordered by a customer's own passkey",
        "takes 3 different persons with the role approver",
        "takes one person with the role approver",
        "is denied",
        "A risk decision 10 minutes",
    ):
        assert words in shown


def test_the_roster_is_told_with_devices_and_words(shared_world: World, page: Browser) -> None:
    shown = words_of(page.get("/people").text)
    assert "Roster 1 in force" in shown
    assert "ada you officer, approver" in shown
    assert shared_world.plane.roster.digest().hex() in shown
    assert "Nothing is proposed." in shown


def test_signers_health(page: Browser) -> None:
    shown = words_of(page.get("/signers").text)
    assert re.search(r"bern answers hot epoch 1 \d+ agrees 1 1 none 1 http://localhost:8411", shown)


def test_a_signer_whose_clock_is_off_is_shown(world: World) -> None:
    page = console(world)
    page.get("/signers")
    world.clock.advance(90)
    assert "\N{MINUS SIGN}1 min 30 s" in words_of(page.get("/signers").text)


def test_an_entry_with_its_proof(page: Browser) -> None:
    shown = words_of(page.get("/log/8").text)
    assert "proof verified" in shown
    assert "holdfast/event/withdrawal-requested" in shown
    assert "gives the root that the signers cosigned" in shown


def test_an_entry_that_no_checkpoint_covers_yet(world: World) -> None:
    world.request("w-new", 1_000_000)
    shown = words_of(console(world).get("/log/23").text)
    assert "not in a checkpoint yet" in shown
    assert "proof verified" not in shown


def test_the_live_part_is_asked_for_alone(page: Browser) -> None:
    for path in ("/", "/withdrawals", "/vault?name=hot", "/log"):
        part = page.get(path, {"hx-request": "true"}).text
        assert part.lstrip().startswith('<div id="live"')
        assert "<html" not in part
        assert '<nav aria-label="Pages"' not in part
        assert part.strip() in page.get(path).text or "ago" in part
