"""A house with a long past: many withdrawals, written in bulk, with books and a log that add up.

Rows go in as the code would write them, through the ledger's own triggers; only the log's are written beside its
counter, which takes one entry at a time. Signatures in them are of the right form and verify nowhere.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from holdfast.amounts import Amount
from holdfast.audit import (
    CustomerEnrolled,
    DepositCredited,
    Event,
    IntentApproved,
    IntentFixed,
    LedgerPosted,
    LogEntry,
    TransactionBroadcast,
    TransactionConfirmed,
    TransactionSigned,
    WithdrawalRefused,
    WithdrawalRequested,
    leaf_hash,
    log_size,
)
from holdfast.authority import Approval, Assertion, Intent, Payment, SignedOrder, WithdrawalOrder, outpoint_conflict_key
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, PERSONS, SIGNERS, VAULT, VENUE, page_of
from holdfast.ledger import Entry, Transfer
from holdfast.store import transaction
from world import DAY_S, NOW_S, World, bitcoin_address

DAYS = 35
CUSTOMERS_IN = 20
"""One customer for so many withdrawals."""
BATCH = 40
DEPOSIT_SAT = 50_000_000
PAID_SAT = 150_000
WAITING = 300
REFUSED_EACH = 40

VAULT_ACCOUNT = f"vault:{VAULT}"


def digest_of(*parts: object) -> bytes:
    """32 bytes that nothing else here has."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()


def assertion_on(origin: str) -> Assertion:
    """An assertion by its form."""
    client_data = f'{{"type":"webauthn.get","challenge":"A","origin":"{origin}","crossOrigin":false}}'
    return Assertion(bytes(32), bytes(37), client_data.encode(), bytes(70))


@dataclass
class _Rows:
    """What is to be inserted, by table; and the log's events in their order."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[tuple[int, Event]] = field(default_factory=list)

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def tell(self, at_s: int, event: Event) -> int:
        """Where in the new part of the log the event will stand."""
        self.events.append((at_s, event))
        return len(self.events) - 1


def fill(world: World, withdrawals: int = 100_000) -> None:
    """Give the house a past of so many withdrawals in the last weeks."""
    with transaction(world.plane.engine) as connection:
        public_key = connection.exec_driver_sql("SELECT public_key FROM customer LIMIT 1").scalar_one()
        past = _Past(connection, withdrawals, bytes(public_key), log_size(connection))
        past.write()


class _Past:
    """The past, made up and then written."""

    def __init__(self, connection: Connection, withdrawals: int, public_key: bytes, size: int) -> None:
        self.connection = connection
        self.count = withdrawals
        self.public_key = public_key
        self.size = size
        self.rows = _Rows()
        self.accounts = dict(self._read("SELECT code, id FROM ledger_account"))
        self.next = {
            name: self._read(f"SELECT coalesce(max(id), 0) + 1 FROM {name}")[0][0]
            for name in ("ledger_account", "ledger_hold", "ledger_entry", "ledger_transfer")
        }

    def _read(self, statement: str) -> Sequence[Any]:
        return self.connection.exec_driver_sql(statement).all()

    def _take(self, table: str) -> int:
        number: int = self.next[table]
        self.next[table] = number + 1
        return number

    def write(self) -> None:
        """Make it up, and write it."""
        customers = max(1, self.count // CUSTOMERS_IN)
        began_s = NOW_S - DAYS * DAY_S
        for number in range(customers):
            self._customer(number, began_s)
        paid = list(range(WAITING, self.count))
        for number in range(min(WAITING, self.count)):
            self._withdrawal(number, customers, NOW_S - 60 - number, None)
        step_s = (DAYS * DAY_S - 20_000) / max(1, len(paid) // BATCH + 1)
        for place, start in enumerate(range(0, len(paid), BATCH)):
            self._payout(place, paid[start : start + BATCH], customers, int(began_s + 10_000 + place * step_s))
        _insert_all(self.connection, self.rows.tables)
        _append_all(self.connection, self.size, self.rows.events)

    def _account(self, code: str, owner: str, side: str) -> None:
        self.accounts[code] = self._take("ledger_account")
        self.rows.add(
            "ledger_account", id=self.accounts[code], code=code, asset=ASSET, owner_class=owner, normal_side=side,
            total_hi=0, total_lo=0, held_hi=0, held_lo=0, last_transfer=0, last_hold=0, last_void=0,
        )  # fmt: skip

    def _post(self, entry: Entry, at_s: int, hold: int | None = None) -> int:
        (move,) = entry.transfers
        number = self._take("ledger_entry")
        self.rows.add(
            "ledger_entry", id=number, kind=entry.kind, reference=entry.reference, digest=entry.digest(),
            idempotency_key=entry.idempotency_key, transfer_count=1, hold_id=hold, posted_at_s=at_s,
        )  # fmt: skip
        self.rows.add(
            "ledger_transfer", id=self._take("ledger_transfer"), entry_id=number, position=1, amount_hi=0,
            debit_account=self.accounts[move.debit], credit_account=self.accounts[move.credit],
            amount_lo=move.amount.units,
        )  # fmt: skip
        return number

    def _customer(self, number: int, at_s: int) -> None:
        name, credential = f"customer-{number:06}", digest_of("credential", number)
        enrolled = CustomerEnrolled(name, credential, self.public_key, CUSTOMER_ORIGIN)
        sequence = self.size + self.rows.tell(at_s, enrolled)
        self.rows.add(
            "customer", name=name, credential_id=credential, public_key=self.public_key,
            enrolment_sequence=sequence, enrolled_at_s=at_s,
        )  # fmt: skip
        self._account(f"customer:{name}", "customer", "credit")
        script = b"\x51\x20" + digest_of("script", number)
        self.rows.add(
            "address", script=script, address=f"bcrt1pbulk{digest_of('address', number).hex()[:48]}", vault=VAULT,
            chain=0, position=1_000 + number, customer=name,
        )  # fmt: skip
        later_s = 60 + number * 7_919 % (DAY_S * (DAYS - 1))
        self._deposit(name, script, digest_of("deposit", number).hex(), at_s + later_s)

    def _deposit(self, name: str, script: bytes, txid: str, at_s: int) -> None:
        amount = Amount(ASSET, DEPOSIT_SAT)
        move = Transfer(VAULT_ACCOUNT, f"customer:{name}", amount)
        entry = self._post(Entry("deposit", f"{txid}:0", f"deposit:{txid}:0:0", (move,)), at_s)
        self.rows.add(
            "coin", txid=txid, vout=0, script=script, value_sat=DEPOSIT_SAT, raw_transaction=bytes(60), height=50,
            losses=0, burial=0, deposit_entry=entry, credited_at_s=at_s,
        )  # fmt: skip
        self.rows.tell(at_s, DepositCredited(name, txid, 0, ASSET, DEPOSIT_SAT))

    def _order(self, number: int, customers: int, at_s: int) -> SignedOrder:
        order = WithdrawalOrder(
            VENUE, f"customer-{number % customers:06}", f"order-{number:08}", Amount(ASSET, PAID_SAT + number % 5_000),
            bitcoin_address(1_000 + number), at_s + DAY_S,
        )  # fmt: skip
        return SignedOrder(order, assertion_on(CUSTOMER_ORIGIN))

    def _withdrawal(self, number: int, customers: int, at_s: int, intent: bytes | None) -> SignedOrder:
        """A withdrawal that waits (without ``intent``), or that this payout paid; each so many was refused."""
        signed = self._order(number, customers, at_s)
        order, refused = signed.order, intent is None and number % REFUSED_EACH == 0
        hold = None
        if not refused:
            hold = self._take("ledger_hold")
            self.rows.add(
                "ledger_hold", id=hold, account_id=self.accounts[f"customer:{order.customer}"], amount_hi=0,
                amount_lo=order.amount.units, reference=order.reference, held_at_s=at_s,
                idempotency_key=f"withdrawal:{order.customer}:{order.reference}",
            )  # fmt: skip
            self.rows.tell(at_s, WithdrawalRequested(order.reference, order.encoded()))
        else:
            self.rows.tell(at_s, WithdrawalRefused(order.reference, "policy.denied", "no rule allows it"))
        state = "refused" if refused else "screened" if intent is None else "paid"
        self.rows.add(
            "withdrawal", reference=order.reference, customer=order.customer, asset=ASSET, amount_hi=0,
            amount_lo=order.amount.units, destination=order.destination, signed_order=signed.encoded(),
            order_digest=order.digest(), hold=hold, state=state, intent=intent,
            code="policy.denied" if refused else None, reason="no rule allows it" if refused else None,
            requested_at_s=at_s, ended_at_s=at_s if refused else None if intent is None else at_s + 1_800,
        )  # fmt: skip
        return signed

    def _payout(self, place: int, numbers: Sequence[int], customers: int, at_s: int) -> None:
        orders = [self._order(number, customers, at_s).order for number in numbers]
        intent = Intent(
            VAULT, tuple(Payment(order.amount, order.destination, order.digest()) for order in orders),
            outpoint_conflict_key(digest_of("conflict", place).hex(), 0), Amount(ASSET, 50_000), at_s + DAY_S, 1, 1, 1,
            "control-1",
        )  # fmt: skip
        digest, txid = intent.digest(), digest_of("transaction", place).hex()
        for number in numbers:
            self._withdrawal(number, customers, at_s, digest)
        sequence = self.size + self.rows.tell(at_s + 60, IntentFixed(digest, intent.encoded()))
        self.rows.add(
            "payout", intent=digest, body=intent.encoded(), vault=VAULT, conflict_key=intent.conflict_key,
            log_sequence=sequence, state="confirmed", fence=2, asked=1, created_at_s=at_s + 60,
        )  # fmt: skip
        for place_of, (person, signer) in enumerate(zip(PERSONS[:3], SIGNERS, strict=False)):
            approval = Approval(person, assertion_on(page_of(signer)))
            given_s = at_s + 300 * (place_of + 1)
            self.rows.add("approval", intent=digest, person=person, approval=approval.encoded(), at_s=given_s)
            self.rows.tell(given_s, IntentApproved(digest, person))
        self.rows.add(
            "draft", intent=digest, txid=txid, unsigned=bytes(200), fee_sat=900, signed=bytes(200),
            signed_at_s=at_s + 1_000, height=60,
        )  # fmt: skip
        for event in (TransactionSigned(digest, txid, bytes(200)), TransactionBroadcast(digest, txid)):
            self.rows.tell(at_s + 1_000, event)
        self.rows.tell(at_s + 1_800, TransactionConfirmed(digest, txid, 60))
        first = self.rows.tables["withdrawal"][-len(numbers)]
        for order, offset in zip(orders, range(len(orders)), strict=True):
            move = Transfer(f"customer:{order.customer}", VAULT_ACCOUNT, order.amount)
            entry = Entry("withdrawal", order.reference, f"withdrawal:{order.reference}", (move,))
            posted = self._post(entry, at_s + 1_800, first["hold"] + offset)
            self.rows.tell(at_s + 1_800, LedgerPosted(str(posted), digest.hex()))


_ORDER = (
    "customer", "address", "ledger_account", "ledger_hold", "ledger_entry", "ledger_transfer", "coin", "payout",
    "withdrawal", "approval", "draft",
)  # fmt: skip
"""An order in which nothing refers to what is not there yet; deposits come before what is held of them."""


def _insert_all(connection: Connection, tables: dict[str, list[dict[str, Any]]]) -> None:
    deposits = [row for row in tables["ledger_entry"] if row["kind"] == "deposit"]
    numbers = {row["id"] for row in deposits}
    moves = tables["ledger_transfer"]
    parts: dict[str, list[dict[str, Any]]] = {
        **tables,
        "ledger_entry": [row for row in tables["ledger_entry"] if row["id"] not in numbers],
        "ledger_transfer": [row for row in moves if row["entry_id"] not in numbers],
    }
    _insert(connection, "customer", parts.pop("customer"))
    _insert(connection, "address", parts.pop("address"))
    _insert(connection, "ledger_account", parts.pop("ledger_account"))
    _insert(connection, "ledger_entry", deposits)
    _insert(connection, "ledger_transfer", [row for row in moves if row["entry_id"] in numbers])
    for table in _ORDER:
        _insert(connection, table, parts.get(table, []))


def _insert(connection: Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    listed = list(rows)
    if listed:
        names = sorted(set().union(*listed[:1]))
        marks = ", ".join("?" for _ in names)
        values = [tuple(row[name] for name in names) for row in listed]
        connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values)


def _append_all(connection: Connection, size: int, events: list[tuple[int, Event]]) -> None:
    """The log's entries with their tree, all at once."""
    told = connection.exec_driver_sql("SELECT leaf_hash FROM audit_entry ORDER BY sequence")
    rows, leaves = [], [bytes(row[0]) for row in told]
    for sequence, (at_s, event) in enumerate(events, start=size):
        data = LogEntry(sequence, at_s, event.encoded()).encoded()
        leaves.append(leaf_hash(data))
        rows.append({"sequence": sequence, "at_s": at_s, "domain": event.DOMAIN, "leaf_hash": leaves[-1], "data": data})
    _insert(connection, "audit_entry", rows)
    known = {tuple(row) for row in connection.exec_driver_sql("SELECT level, position FROM audit_node")}
    nodes = ({"level": level, "position": position, "hash": each} for level, position, each in _nodes(leaves))
    _insert(connection, "audit_node", [node for node in nodes if (node["level"], node["position"]) not in known])
    guard = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'audit_head_counts'").scalar_one()
    connection.exec_driver_sql("DROP TRIGGER audit_head_counts")
    connection.exec_driver_sql("UPDATE audit_head SET size = ?", (len(leaves),))
    connection.exec_driver_sql(guard)


def _nodes(leaves: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Complete subtrees (RFC 6962, section 2.1) from level 1 up."""
    level, row = 0, leaves
    while len(row) > 1:
        level += 1
        row = [hashlib.sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
        yield from ((level, position, each) for position, each in enumerate(row))
