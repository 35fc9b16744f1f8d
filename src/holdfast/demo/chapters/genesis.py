"""Genesis: everybody pins the same beginning, and five signers make a key that nobody holds."""

from holdfast.authority import fingerprint_words
from holdfast.custody import deposit_address, generate_key
from holdfast.demo.deployment import PERSONS, SIGNERS, THRESHOLD, VAULT
from holdfast.demo.stage import NODE, QUIET_DAYS, Stage
from holdfast.demo.steps import Step
from holdfast.signer import ListRequest
from holdfast.store import transaction


def play(stage: Stage) -> None:
    """Found the house, start its processes, generate the vault's key."""
    step = stage.telling.step
    with step("found", "Five signers, five people and one control plane agree on a beginning, the genesis") as told:
        _found(stage, told)
    with step("processes", "The five signers and the Bitcoin chain start, each as a process of its own") as told:
        _start(stage, told)
    with step(
        "sanctions-list", "Every signer adopts the sanctions list that two of three compliance officers signed"
    ) as told:
        _adopt_list(stage, told)
    with step("no-address-yet", "Is there an address to pay to already?") as told:
        refused = told.refusal("vault.unknown", lambda: _address(stage))
        told.say(f"No ({refused.code}): coins paid to a key that is not finished could be lost.")
        told.data["code"] = refused.code
    with step("key", "Three officers order a key for the vault; the five signers generate it together") as told:
        _generate(stage, told)


def _found(stage: Stage, told: Step) -> None:
    stage.start_node()
    stage.found()
    words = fingerprint_words(stage.deployment.genesis.digest())
    told.say(
        "Simulated, in this demo only: the people (software authenticators answer for them), the "
        "chain (a private one, on Bitcoin Core's own consensus code) and the calendar (the books say that the house "
        f"opened {QUIET_DAYS} days ago)."
    )
    told.say(f"The genesis in twelve words, which everybody compares on a screen of their own: {words}.")
    told.data |= {"genesis": stage.deployment.genesis.digest().hex(), "words": words, "signers": list(SIGNERS)}


def _start(stage: Stage, told: Step) -> None:
    stage.start_signers(*SIGNERS)
    stage.open()
    pids = stage.processes.pids()
    told.require(len(set(pids.values())) == len(SIGNERS) + 1, "five signers and the chain run")
    pinned = {stage.plane.signer(name).status().genesis for name in SIGNERS}
    told.require(pinned == {stage.deployment.genesis.digest()}, "every signer pins that genesis")
    told.say("Processes: " + ", ".join(f"{name} {pids[name]}" for name in (*SIGNERS, NODE)) + ".")
    told.say("Each signer has its own database and its own key-encryption key, and pins the same genesis.")
    told.data["pids"] = pids


def _adopt_list(stage: Stage, told: Step) -> None:
    signed = stage.deployment.sanctions()
    for name in SIGNERS:
        client = stage.plane.signer(name)
        client.call(ListRequest(signed))
        told.require(client.status().screening_number == signed.snapshot.number, f"{name} has adopted the list")
    snapshot, screen = signed.snapshot, stage.plane.screen
    told.say(f"{len(snapshot.entries)} addresses: {snapshot.source}, as of {screen.date}.")
    told.data |= {"entries": len(snapshot.entries), "as_of": screen.date, "number": snapshot.number}


def _address(stage: Stage) -> str:
    with transaction(stage.plane.engine) as connection:
        return deposit_address(connection, VAULT, None)


def _generate(stage: Stage, told: Step) -> None:
    order = stage.deployment.key_order()
    approvals = tuple(stage.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    certificate = generate_key(stage.plane, order, approvals)
    for name in SIGNERS:
        active = {key.certificate for key in stage.plane.signer(name).status().keys}
        told.require(active == {certificate.digest()}, f"{name} has the certified key in use")
    told.say(
        f"No whole key existed at any time: {len(SIGNERS)} shares were made apart, and any {THRESHOLD} of them "
        "sign together."
    )
    told.say(
        f"All {len(certificate.confirmations)} confirmed the same public key, and {len(certificate.test_signatures)} "
        "test signatures have shown that every share works."
    )
    told.say(f"Only now there is an address, the house's own: {_address(stage)}")
    told.data |= {"certificate": certificate.digest().hex(), "members": list(order.members), "threshold": THRESHOLD}
