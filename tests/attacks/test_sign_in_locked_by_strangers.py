"""Strangers ask for sign-ins without end, or fail them, so that nobody else can sign in."""

from exchange_rig import Customer, exchange_of
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import RELYING_PARTY
from signer_rig import Takeover
from web_rig import Browser, console


def test_the_console_opens_to_a_right_passkey_whatever_others_try(takeover: Takeover) -> None:
    world = takeover.world
    stranger = console(world, person=None)
    for _ in range(250):
        assert stranger.post("/sign-in/challenge", {"name": "nobody"}).status_code == 200
    mallory = SoftwareAuthenticator(RELYING_PARTY, "mallory")
    statuses = [stranger.sign_in(mallory).status_code for _ in range(30)]
    assert (statuses[0], statuses[-1]) == (401, 429)
    # From the same address, as behind one proxy.
    assert Browser(stranger.app).sign_in(world.deployment.persons["ada"]).status_code == 200


def test_asking_for_challenges_takes_nobody_else_s_away(takeover: Takeover) -> None:
    app = exchange_of(takeover.world, simulated=False)
    alice, stranger = Customer(app).open_account("alicia"), Customer(app)
    signing_in, newcomer = alice.asked_in(), Customer(app)
    opening = newcomer.invited("carla")
    for _ in range(600):
        stranger.asked_in()
        stranger.invited("mallory")
    assert alice.post("/sign-in", alice.answer(signing_in)).status_code == 200
    assert newcomer.post("/accounts", newcomer.registration(opening)).status_code == 200
