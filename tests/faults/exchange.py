"""A founded and funded exchange whose parts are processes, and the verdict over all that happened to it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from faults.children import clock_of, destination, opened, released, serve_node, serve_signer
from faults.processes import Child, Fate
from holdfast.audit import (
    IntentFixed,
    TransactionBroadcast,
    TransactionConfirmed,
    TransactionSigned,
    WithdrawalRequested,
    audit,
    checkpoint,
    entries,
    export,
    log_size,
    verify_export,
)
from holdfast.chains.bitcoin import address_to_script, read_transaction
from holdfast.custody import WithdrawalState, find_withdrawal, vault_views
from holdfast.demo.deployment import ASSET, NETWORK, SIGNERS, VAULT
from holdfast.ledger import balance, check
from holdfast.signer import SignerHome
from holdfast.signer.models import nonce_uses, nonces
from holdfast.store import snapshot, transaction
from world import CUSTOMER, NOW_S

MAX_ENTRIES_READ = 1_000

APART_S = 7_200
"""Withdrawals come so far apart that nobody's habits look odd."""


class Exchange:
    """A deployment's node and signers at work, and an auditor who looks at everything from outside."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = clock_of(directory)
        self.clock.set(NOW_S)
        self.node = Child(serve_node, directory)
        self.node.told()
        self.signers = {name: Child(serve_signer, directory, name, None) for name in SIGNERS}
        for signer in self.signers.values():
            signer.told()
        self.plane, self.deployment = opened(directory, "auditor")
        self._scanned = -1
        self._paid: dict[bytes, list[int]] = defaultdict(list)
        self._customer_sat, self._house_sat = self._owed()
        self._logged = self._log_size()

    def restart(self, name: str, fate: Fate | None) -> Child:
        """End a signer's process, however it fares, and begin another, which dies where ``fate`` falls."""
        self.signers[name].kill()
        self.signers[name] = Child(serve_signer, self.directory, name, fate)
        self.signers[name].told()
        return self.signers[name]

    def close(self) -> None:
        """Kill every process."""
        for child in (self.node, *self.signers.values()):
            child.kill()
        self.plane.engine.dispose()

    def _owed(self) -> tuple[int, int]:
        with snapshot(self.plane.engine) as connection:
            return (
                balance(connection, f"customer:{CUSTOMER}", ASSET).total.units,
                balance(connection, "house:capital", ASSET).total.units,
            )

    def require_settled(self, paid: Sequence[tuple[str, int]]) -> None:
        """Each of these withdrawals (reference, satoshi) is paid once, and nothing else since the last verdict."""
        self._scan()
        expected_sat = 0
        for reference, amount_sat in paid:
            assert find_withdrawal(self.plane, reference).state is WithdrawalState.PAID, reference
            script = address_to_script(destination(reference), NETWORK)
            assert self._paid[script] == [amount_sat], f"{reference} was paid {self._paid[script]}"
            expected_sat += amount_sat
        customer_sat, house_sat = self._owed()
        assert self._customer_sat - customer_sat == expected_sat
        assert self._house_sat > house_sat, "nobody paid the network's fee"
        self._customer_sat, self._house_sat = customer_sat, house_sat
        self._require_logged_once(len(paid))

    def require_sound(self) -> None:
        """Books, log and signers agree with themselves and with the chain; nothing is held or kept back."""
        with snapshot(self.plane.engine) as connection:
            assert check(connection).open_holds == 0
            vault = next(view for view in vault_views(connection) if view.name == VAULT)
            assert vault.reserved.units == 0
            # The books know every satoshi that the chain holds for us: so no payment left unbooked.
            assert balance(connection, f"vault:{VAULT}", ASSET).total == vault.confirmed
        self._require_unbroken_log()
        for name in SIGNERS:
            require_nonces_single_use(self.deployment.signer(name))

    def _log_size(self) -> int:
        with snapshot(self.plane.engine) as connection:
            return log_size(connection)

    def _require_logged_once(self, withdrawals: int) -> None:
        """Since the last verdict the log tells each step of each withdrawal, and tells it once."""
        start, self._logged = self._logged, self._log_size()
        with snapshot(self.plane.engine) as connection:
            told = Counter(
                type(logged.opened())
                for first in range(start, self._logged, MAX_ENTRIES_READ)
                for logged in entries(connection, first, min(MAX_ENTRIES_READ, self._logged - first))
            )
        for step in (WithdrawalRequested, IntentFixed, TransactionSigned, TransactionBroadcast, TransactionConfirmed):
            assert told[step] == withdrawals, f"{step.__name__} was logged {told[step]} times"

    def _require_unbroken_log(self) -> None:
        genesis, file = self.deployment.genesis, self.directory / "log.jsonl"
        cosigners = {signer.name: signer.signing_key for signer in genesis.roster.signers}
        with transaction(self.plane.engine) as connection:
            checkpoint(connection, self.plane.log_signer)
        with snapshot(self.plane.engine) as connection, file.open("wb") as stream:
            audit(connection, genesis.log_name, genesis.log_key, cosigners)
            size = export(connection, stream, genesis.log_name, genesis.log_key)
        assert verify_export(file, log_key=genesis.log_key, cosigners=cosigners).entries == size

    def _scan(self) -> None:
        """Read the blocks since the last look: what each script was paid."""
        chain = self.plane.chain
        while (block_hash := chain.block_hash(self._scanned + 1)) is not None:
            self._scanned += 1
            for raw in chain.block(block_hash).transactions:
                for output in read_transaction(raw).outputs:
                    self._paid[output.script].append(output.value_sat)


def require_nonces_single_use(signer: Path) -> None:
    """Every session whose shares left has all its nonces burned, was finished once, and no nonce came from nowhere."""
    home, drawn = SignerHome.open(signer), defaultdict(set)
    with snapshot(home.engine) as connection:
        for row in connection.execute(select(nonces)):
            drawn[row.session.hex()].add(row.commitment)
        burned = set(connection.execute(select(nonce_uses.c.commitment)).scalars())
    home.engine.dispose()
    notes = released(signer)
    sessions = notes.read_text().split() if notes.exists() else []
    assert len(set(sessions)) == len(sessions), "a session's shares left twice"
    assert burned <= set().union(*drawn.values())
    assert all(drawn[session] and drawn[session] <= burned for session in sessions)
