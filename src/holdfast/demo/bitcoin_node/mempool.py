"""The transactions that wait: a small version of a full node's rules for what it relays.

Refusals carry the words that Bitcoin Core uses. Relative time locks (BIP 68) are not followed: a transaction that
sets one is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast._core import dust_limit
from holdfast.chains import BroadcastRefused, TransactionMalformed
from holdfast.chains.bitcoin import Outpoint, ReadTransaction, read_transaction
from holdfast.demo.bitcoin_node.index import ChainIndex, UnspentOutput
from holdfast.demo.bitcoin_node.kernel import first_invalid_input

RELAY_FEE_SAT_PER_KVB = 1_000
"""The least rate that is relayed, and what each replacement must add (BIP 125, rule 4)."""

MAX_STANDARD_WEIGHT = 400_000
MAX_ENTRIES = 5_000
MAX_REPLACED = 100

_FINAL_SEQUENCE = 0xFFFFFFFF
_RELATIVE_LOCK_DISABLED = 1 << 31
_LOCK_TIME_THRESHOLD = 500_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction that waits, and the fee that it pays."""

    transaction: ReadTransaction
    fee_sat: int


class Mempool:
    """Waiting transactions in the order in which they came, parents before children."""

    def __init__(self, index: ChainIndex) -> None:
        self._index = index
        self._waiting: dict[str, Waiting] = {}
        self._spenders: dict[Outpoint, str] = {}

    def __iter__(self) -> Iterator[Waiting]:
        return iter(tuple(self._waiting.values()))

    def find(self, txid: str) -> Waiting | None:
        """The waiting transaction of this id."""
        return self._waiting.get(txid)

    def accept(self, raw: bytes) -> str:
        """Let a transaction wait, in the place of those it replaces, and return its txid.

        :raises BroadcastRefused: malformed, invalid, not standard, or paying too little to be relayed or to replace.
        """
        try:
            transaction = read_transaction(raw)
        except TransactionMalformed:
            raise BroadcastRefused("TX decode failed") from None
        if transaction.txid in self._waiting:
            return transaction.txid
        self._require_standard(transaction)
        spent = self._spent_outputs(transaction)
        fee_sat = self._fee(transaction, spent)
        replaced = self._replaced(transaction, fee_sat)
        self._require_valid(transaction, spent)
        for txid in replaced:
            self._remove(txid)
        self._add(Waiting(transaction, fee_sat))
        return transaction.txid

    def rebuild(self, returned: tuple[ReadTransaction, ...]) -> None:
        """After the chain moved: offer what it returned, then all that waited, again; drop what no longer holds."""
        offered = [*returned, *(each.transaction for each in self._waiting.values())]
        self._waiting.clear()
        self._spenders.clear()
        for transaction in offered:
            if self._index.find(transaction.txid) is not None:
                continue
            try:
                self.accept(transaction.raw)
            except BroadcastRefused:
                # Spent by what the new chain holds instead: it can never confirm on it.
                continue

    def _require_standard(self, transaction: ReadTransaction) -> None:
        if not transaction.inputs or not transaction.outputs:
            raise BroadcastRefused("bad-txns-vin-empty" if transaction.outputs else "bad-txns-vout-empty")
        if transaction.is_coinbase:
            raise BroadcastRefused("coinbase")
        if transaction.weight > MAX_STANDARD_WEIGHT:
            raise BroadcastRefused("tx-size")
        if any(each.value_sat < dust_limit(each.script) for each in transaction.outputs):
            raise BroadcastRefused("dust")
        if len(self._waiting) >= MAX_ENTRIES:
            raise BroadcastRefused("mempool full")
        sequences = [each.sequence for each in transaction.inputs]
        if any(each < _RELATIVE_LOCK_DISABLED and each & 0xFFFF for each in sequences):
            raise BroadcastRefused("non-BIP68-final")
        time_locked = transaction.lock_time >= _LOCK_TIME_THRESHOLD
        now = self._index.median_time_past_s() if time_locked else self._index.height() + 1
        if transaction.lock_time >= max(now, 1) and any(each != _FINAL_SEQUENCE for each in sequences):
            raise BroadcastRefused("non-final")

    def _spent_output(self, outpoint: Outpoint) -> UnspentOutput:
        parent = self._waiting.get(outpoint.txid)
        if parent is not None and outpoint.vout < len(parent.transaction.outputs):
            output = parent.transaction.outputs[outpoint.vout]
            return UnspentOutput(output.value_sat, output.script, self._index.height() + 1, is_coinbase=False)
        confirmed = self._index.unspent.get(outpoint)
        if confirmed is None:
            raise BroadcastRefused("bad-txns-inputs-missingorspent")
        if not confirmed.is_mature_at(self._index.height() + 1):
            raise BroadcastRefused("bad-txns-premature-spend-of-coinbase")
        return confirmed

    def _spent_outputs(self, transaction: ReadTransaction) -> list[UnspentOutput]:
        outpoints = [each.outpoint for each in transaction.inputs]
        if len(set(outpoints)) != len(outpoints):
            raise BroadcastRefused("bad-txns-inputs-duplicate")
        return [self._spent_output(outpoint) for outpoint in outpoints]

    def _fee(self, transaction: ReadTransaction, spent: list[UnspentOutput]) -> int:
        fee_sat = sum(each.value_sat for each in spent) - sum(each.value_sat for each in transaction.outputs)
        if fee_sat < 0:
            raise BroadcastRefused("bad-txns-in-belowout")
        if fee_sat * 1_000 < RELAY_FEE_SAT_PER_KVB * transaction.vsize:
            raise BroadcastRefused("min relay fee not met")
        return fee_sat

    def _replaced(self, transaction: ReadTransaction, fee_sat: int) -> list[str]:
        """Those that spend the same outputs, and their descendants; refuse unless the new one pays for them."""
        direct = {self._spenders[each.outpoint] for each in transaction.inputs if each.outpoint in self._spenders}
        if not direct:
            return []
        replaced = self._with_descendants(direct)
        if len(replaced) > MAX_REPLACED:
            raise BroadcastRefused("too many potential replacements")
        if any(each.outpoint.txid in replaced for each in transaction.inputs):
            raise BroadcastRefused("bad-txns-spends-conflicting-tx")
        added_sat = fee_sat - sum(self._waiting[txid].fee_sat for txid in replaced)
        pays_more = all(
            fee_sat * old.transaction.vsize > old.fee_sat * transaction.vsize
            for old in (self._waiting[txid] for txid in direct)
        )
        if not pays_more or added_sat * 1_000 < RELAY_FEE_SAT_PER_KVB * transaction.vsize:
            raise BroadcastRefused("insufficient fee, rejecting replacement")
        return replaced

    def _with_descendants(self, txids: set[str]) -> list[str]:
        """In the order in which they came, so one pass finds every child after its parent."""
        found = dict.fromkeys(sorted(txids))
        for txid, waiting in self._waiting.items():
            if any(each.outpoint.txid in found for each in waiting.transaction.inputs):
                found[txid] = None
        return list(found)

    @staticmethod
    def _require_valid(transaction: ReadTransaction, spent: list[UnspentOutput]) -> None:
        try:
            failed = first_invalid_input(transaction.raw, [(each.value_sat, each.script) for each in spent])
        except ValueError:
            raise BroadcastRefused("TX decode failed") from None
        if failed is not None:
            raise BroadcastRefused(f"mandatory-script-verify-flag-failed (input {failed})")

    def _add(self, waiting: Waiting) -> None:
        self._waiting[waiting.transaction.txid] = waiting
        for each in waiting.transaction.inputs:
            self._spenders[each.outpoint] = waiting.transaction.txid

    def _remove(self, txid: str) -> None:
        for each in self._waiting.pop(txid).transaction.inputs:
            del self._spenders[each.outpoint]
