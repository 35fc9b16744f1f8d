"""A deposit: seen at once, credited when it is deep enough."""

from holdfast.demo.stage import QUIET_DAYS, Stage, bitcoin

ALICE, BOB = "alice", "bob"
ALICE_DEPOSIT, BOB_DEPOSIT = "2", "1"
CAPITAL = ("0.6", "0.6", "0.6", "0.6")


def play(stage: Stage) -> None:
    """Enrol two customers, take Alice's deposit, and put the house's own coins in."""
    step, confirmations = stage.telling.step, stage.plane.confirmations
    with step(
        "enrol", "Two customers, Alice and Bob, enrol a passkey each; the log records it for the signers"
    ) as told:
        for customer in (ALICE, BOB):
            stage.enrol(customer)
        stage.clock.days_back = 0
        told.say(
            f"Simulated: both are dated {QUIET_DAYS} days ago, so that nobody takes them for newcomers. "
            "From here on the dates are real."
        )
        told.data["days_back"] = QUIET_DAYS
    with step("seen", f"Somebody pays {ALICE_DEPOSIT} BTC to Alice's own deposit address") as told:
        address = stage.deposit(ALICE, bitcoin(ALICE_DEPOSIT))
        stage.follow()
        told.require(stage.balance(ALICE).total.units == 0, "one block is not enough to be credited")
        told.say(f"{address} has it in one block; {confirmations} are asked for, so nothing is credited yet.")
        told.data |= {"address": address, "confirmations": 1}
    with step("credited", f"{confirmations - 1} more blocks are mined, and it is credited") as told:
        stage.mine(confirmations - 1)
        balance = stage.balance(ALICE).total
        told.require(balance == bitcoin(ALICE_DEPOSIT), f"Alice is credited with {ALICE_DEPOSIT} BTC")
        told.say(
            f"Two sides of one entry in the ledger: the vault holds {balance} more, and Alice is owed {balance} more."
        )
        told.data |= {"credited": str(balance), "confirmations": confirmations}
    with step(
        "capital", "Bob deposits 1 BTC, and the house brings in coins of its own to pay the network's fees from"
    ) as told:
        stage.deposit(BOB, bitcoin(BOB_DEPOSIT))
        for amount in CAPITAL:
            stage.deposit(None, bitcoin(amount))
        stage.mine(confirmations)
        told.require(stage.balance(BOB).total == bitcoin(BOB_DEPOSIT), f"Bob is credited with {BOB_DEPOSIT} BTC")
        told.say("What customers are owed never pays a fee: the ledger's own rules keep the two apart.")
        told.data["capital"] = list(CAPITAL)
