"""Read a transaction that is, or may be, in a block: of any size and shape that consensus allows.

What signers are asked to sign goes through the stricter parser of :mod:`holdfast.chains.bitcoin.parse`. Following
the chain cannot be strict: a stranger's four-megabyte transaction must not stop deposits from being seen.
Serialisation as in BIP 144, sizes as in BIP 141.
"""

import hashlib
from dataclasses import dataclass

from holdfast.chains.bitcoin.types import Input, Outpoint, Output
from holdfast.chains.errors import TransactionMalformed

_NULL_TXID = "00" * 32


def double_sha256(message: bytes) -> bytes:
    """SHA-256 of SHA-256: Bitcoin's hash of headers and transactions, 32 bytes in internal order."""
    return hashlib.sha256(hashlib.sha256(message).digest()).digest()


def hash_text(internal: bytes) -> str:
    """A hash as people write it: 64 hex digits, the internal byte order reversed."""
    return internal[::-1].hex()


@dataclass(frozen=True, slots=True)
class ReadTransaction:
    """A transaction as its bytes say it: nothing about it was checked but its form.

    ``stripped`` is it without its witnesses: what its txid commits to.
    """

    raw: bytes
    stripped: bytes
    txid: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    lock_time: int
    weight: int

    @property
    def vsize(self) -> int:
        """Virtual bytes: a quarter of the weight, rounded up."""
        return -(-self.weight // 4)

    @property
    def is_coinbase(self) -> bool:
        """Whether it makes new coins: its one input spends the null outpoint."""
        return len(self.inputs) == 1 and self.inputs[0].outpoint.txid == _NULL_TXID


class Reader:
    """A position in raw bytes that never leaves them.

    :raises TransactionMalformed: from every method, when the bytes end too early.
    """

    def __init__(self, raw: bytes, position: int = 0) -> None:
        self.raw = raw
        self.position = position

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        end = self.position + count
        if end > len(self.raw):
            raise TransactionMalformed("the bytes end inside a transaction")
        taken = self.raw[self.position : end]
        self.position = end
        return taken

    def integer(self, size: int) -> int:
        """The next unsigned little-endian integer of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def count(self) -> int:
        """The next CompactSize. What it counts takes bytes, so a count of more than there are ends in :meth:`take`."""
        first = self.integer(1)
        return first if first < 0xFD else self.integer({0xFD: 2, 0xFE: 4, 0xFF: 8}[first])

    def _input(self) -> Input:
        outpoint = Outpoint(hash_text(self.take(32)), self.integer(4))
        self.take(self.count())
        return Input(outpoint, self.integer(4))

    def _output(self) -> Output:
        value_sat = self.integer(8)
        return Output(self.take(self.count()), value_sat)

    def transaction(self) -> ReadTransaction:
        """The next transaction, with or without witnesses."""
        start = self.position
        self.take(4)
        has_witness = self.raw[self.position : self.position + 2] == b"\x00\x01"
        if has_witness:
            self.take(2)
        body_start = self.position
        inputs = tuple(self._input() for _ in range(self.count()))
        outputs = tuple(self._output() for _ in range(self.count()))
        body = self.raw[body_start : self.position]
        if has_witness:
            for _ in inputs:
                for _ in range(self.count()):
                    self.take(self.count())
        lock_time = self.integer(4)
        raw = self.raw[start : self.position]
        stripped = raw[:4] + body + raw[-4:]
        txid = hash_text(double_sha256(stripped))
        return ReadTransaction(raw, stripped, txid, inputs, outputs, lock_time, 3 * len(stripped) + len(raw))


def read_transaction(raw: bytes) -> ReadTransaction:
    """Exactly one transaction.

    :raises TransactionMalformed: it ends early, or bytes are left over.
    """
    reader = Reader(raw)
    transaction = reader.transaction()
    if reader.position != len(raw):
        raise TransactionMalformed("bytes after the transaction")
    return transaction
