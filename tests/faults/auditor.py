"""The verdict from outside: what was paid, booked, logged and signed, by the chain, the books, the log and signers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from faults.children import destination, released
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
from holdfast.custody import ControlPlane, WithdrawalState, find_withdrawal, vault_certificate, vault_views
from holdfast.demo.deployment import ASSET, NETWORK, SIGNERS, VAULT, Deployment
from holdfast.ledger import balance, check
from holdfast.signer import SignerHome
from holdfast.signer.models import nonce_uses, nonces
from holdfast.store import snapshot, transaction
from world import CUSTOMER

MAX_ENTRIES_READ = 1_000


class Auditor:
    """Looks at everything and changes nothing (but a checkpoint of the log, to export it)."""

    def __init__(self, plane: ControlPlane, deployment: Deployment) -> None:
        self.plane = plane
        self.deployment = deployment
        self._scanned = -1
        self._paid: dict[bytes, list[int]] = defaultdict(list)
        self._customer_sat, self._house_sat = self._owed()
        self._logged = self._log_size()

    def _owed(self) -> tuple[int, int]:
        with snapshot(self.plane.engine) as connection:
            return (
                balance(connection, f"customer:{CUSTOMER}", ASSET).total.units,
                balance(connection, "house:capital", ASSET).total.units,
            )

    def require_settled(self, paid: Sequence[tuple[str, int]]) -> None:
        """Each of these withdrawals (reference, satoshi) is paid once, and nothing else since the last verdict."""
        for reference, amount_sat in paid:
            assert find_withdrawal(self.plane, reference).state is WithdrawalState.PAID, reference
            assert self.payments_to(reference) == [amount_sat], reference
        customer_sat, house_sat = self._owed()
        assert self._customer_sat - customer_sat == sum(amount_sat for _, amount_sat in paid)
        assert self._house_sat > house_sat, "nobody paid the network's fee"
        self._customer_sat, self._house_sat = customer_sat, house_sat
        self._require_logged_once(len(paid))

    def payments_to(self, reference: str) -> list[int]:
        """What the chain says was paid for a withdrawal: each output's satoshi."""
        self._scan()
        return self._paid[address_to_script(destination(reference), NETWORK)]

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

    def require_one_key(self, vault: str) -> None:
        """Every signer has the vault's key in use, and it is the one that the control plane gives addresses of."""
        with snapshot(self.plane.engine) as connection:
            certificate = vault_certificate(connection, vault).digest()
        for name in SIGNERS:
            keys = [key for key in self.plane.signer(name).status().keys if key.vault == vault]
            assert [key.certificate for key in keys] == [certificate], f"{name} has another key of {vault}"

    def _require_unbroken_log(self) -> None:
        genesis, file = self.deployment.genesis, self.deployment.directory / "log.jsonl"
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
    """Every session whose shares left was finished once and burned a nonce for each; none came from nowhere."""
    home, drawn = SignerHome.open(signer), defaultdict(set)
    with snapshot(home.engine) as connection:
        for row in connection.execute(select(nonces)):
            drawn[row.session.hex()].add(row.commitment)
        burned = set(connection.execute(select(nonce_uses.c.commitment)).scalars())
    home.engine.dispose()
    assert burned <= set().union(*drawn.values())
    notes = released(signer)
    left = [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []
    assert len({session for session, _ in left}) == len(left), "a session's shares left twice"
    assert all(len(drawn[session] & burned) == int(shares) for session, shares in left)
