"""A signer's own memory, read and written inside the caller's transaction: bindings, caps, nonces, checkpoints."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from holdfast.amounts import Amount
from holdfast.audit import Checkpoint
from holdfast.authority import ApprovalFacts, Credential, FreezeLift, Intent, KeyCertificate
from holdfast.chains.bitcoin import address_to_script
from holdfast.policy import Policy, limit_for, signer_cap
from holdfast.screening import SignedSnapshot
from holdfast.signer import models
from holdfast.signer.bindings import conflict_key_bound, unbound_orders, unknown_customers
from holdfast.signer.errors import (
    AuthenticatorCloned,
    CapExceeded,
    NonceReuse,
    UnsignedCapExceeded,
)
from holdfast.signer.messages import FreezeRequest, StandingEvidence

DAY_S = 86_400


def freezes_in_force(connection: Connection, person: str | None = None) -> list[bytes]:
    """The digests of the freezes that no lift has ended, the oldest first; those of one person, or all."""
    table, lifted = models.freezes, models.lifted_freezes
    query = select(table.c.freeze).where(table.c.freeze.not_in(select(lifted.c.freeze)))
    if person is not None:
        query = query.where(table.c.person == person)
    return [bytes(freeze) for freeze in connection.execute(query.order_by(table.c.at_s, table.c.freeze)).scalars()]


def is_lifted(connection: Connection, freeze: bytes) -> bool:
    """Whether a quorum has lifted the freeze with this digest."""
    table = models.lifted_freezes
    return connection.execute(select(table.c.freeze).where(table.c.freeze == freeze)).one_or_none() is not None


def find_freeze(connection: Connection, freeze: bytes) -> FreezeRequest | None:
    """The freeze with this digest, with its approval; lifted or not."""
    table = models.freezes
    encoded = connection.execute(select(table.c.request).where(table.c.freeze == freeze)).scalar()
    return None if encoded is None else FreezeRequest.decoded(encoded)


def record_freeze(connection: Connection, request: FreezeRequest, now_s: int) -> None:
    """Keep a verified freeze with its approval."""
    connection.execute(
        insert(models.freezes).values(
            freeze=request.order.digest(), person=request.approval.person, request=request.encoded(), at_s=now_s
        )
    )


def record_lift(connection: Connection, lift: FreezeLift, now_s: int) -> None:
    """Keep for ever that these freezes are lifted; what was lifted before stays so."""
    for freeze in lift.lifted():
        if not is_lifted(connection, freeze):
            values = {"freeze": freeze, "lift": lift.digest(), "at_s": now_s}
            connection.execute(insert(models.lifted_freezes).values(values))


def last_cosigned(connection: Connection) -> tuple[int, bytes]:
    """Size and root of the newest checkpoint vouched for; (0, empty) before the first."""
    table = models.cosigned
    row = connection.execute(select(table.c.size, table.c.root).order_by(table.c.size.desc()).limit(1)).one_or_none()
    return (row.size, row.root) if row else (0, b"")


def known_since(connection: Connection, index: int, now_s: int) -> int:
    """When this signer first vouched for a log that holds the entry at ``index``; ``now_s`` if it never did."""
    table = models.cosigned
    first = connection.execute(select(func.min(table.c.at_s)).where(table.c.size > index)).scalar()
    return now_s if first is None else int(first)


def proposed_at(connection: Connection, subject: bytes) -> int | None:
    """Since when the proposal with this digest stands on this signer's page; None: it does not."""
    table = models.proposals
    return connection.execute(select(table.c.at_s).where(table.c.subject == subject)).scalar()


def record_cosigned(connection: Connection, checkpoint: Checkpoint, now_s: int) -> None:
    """Remember a checkpoint as vouched for; the same again changes nothing."""
    if last_cosigned(connection)[0] < checkpoint.size:
        connection.execute(insert(models.cosigned).values(size=checkpoint.size, root=checkpoint.root, at_s=now_s))


def newest_list(connection: Connection) -> SignedSnapshot | None:
    """The sanctions list in force."""
    table = models.sanctions_lists
    row = connection.execute(select(table.c.snapshot).order_by(table.c.number.desc()).limit(1)).one_or_none()
    return SignedSnapshot.decoded(row.snapshot) if row else None


def newest_list_number(connection: Connection) -> int:
    """The number of the sanctions list in force; 0 before the first."""
    return connection.execute(select(func.max(models.sanctions_lists.c.number))).scalar() or 0


def record_list(connection: Connection, snapshot: SignedSnapshot, now_s: int) -> None:
    """Adopt a verified list."""
    connection.execute(
        insert(models.sanctions_lists).values(number=snapshot.snapshot.number, snapshot=snapshot.encoded(), at_s=now_s)
    )


def active_certificate(connection: Connection, vault: str, committee_epoch: int) -> KeyCertificate | None:
    """The certificate of the vault's active key in this epoch."""
    table = models.certificates
    row = connection.execute(
        select(table.c.certificate).where(table.c.vault == vault, table.c.committee_epoch == committee_epoch)
    ).one_or_none()
    return KeyCertificate.decoded(row.certificate) if row else None


def bind_conflict_key(connection: Connection, intent: Intent) -> None:
    """Bind the intent and its conflict key to each other for ever; the same pair again changes nothing.

    :raises ConflictKeyTaken: either is bound to another.
    """
    if not conflict_key_bound(connection, intent):
        table = models.conflict_keys
        connection.execute(insert(table).values(conflict_key=intent.conflict_key, intent=intent.digest()))


def bind_orders(connection: Connection, intent: Intent) -> None:
    """Bind each customer's order to the one intent that settles it.

    :raises OrderAlreadySettled: another intent settles one of them.
    """
    for order in unbound_orders(connection, intent):
        connection.execute(insert(models.settled_orders).values(order_digest=order, intent=intent.digest()))


def bind_customers(connection: Connection, credentials: Mapping[str, Credential]) -> None:
    """Hold each customer to the credential that this signer first saw them sign with.

    A control plane that was taken over can enrol anything in a customer's name; for a customer whom this signer has
    served before, it is not believed.

    :raises EnrolmentReplaced: another credential than the first.
    """
    for customer in unknown_customers(connection, credentials):
        public_key = credentials[customer].public_key
        connection.execute(insert(models.customers).values(customer=customer, public_key=public_key))


def record_destinations(connection: Connection, intent: Intent, network: str, now_s: int) -> None:
    """Remember where this signer lets how much be paid, so that its page can say what is new; once for an intent."""
    table, digest, values = models.destinations, intent.digest(), Counter[bytes]()
    if connection.execute(select(table.c.at_s).where(table.c.intent == digest).limit(1)).one_or_none() is not None:
        return
    for payment in intent.payments:
        values[address_to_script(payment.destination, network)] += payment.amount.units
    for script, value_sat in values.items():
        connection.execute(insert(table).values(intent=digest, script=script, value_sat=value_sat, at_s=now_s))


def most_paid_sat(connection: Connection, script: bytes) -> int | None:
    """The most that one intent paid to a script with a share of this signer's; None: nothing ever."""
    table = models.destinations
    return connection.execute(select(func.max(table.c.value_sat)).where(table.c.script == script)).scalar()


def record_counters(connection: Connection, approvals: Iterable[ApprovalFacts], subject: bytes) -> None:
    """Remember which digest each authenticator's counter value approved (0: the authenticator has no counter).

    Approvals arrive out of order, since different signers see different intents first; so a lower value is no
    sign of a clone, but one value for two digests is.

    :raises AuthenticatorCloned: a counter value was already used for another digest.
    """
    table = models.authenticator_counters
    for approval in approvals:
        if approval.sign_count == 0:
            continue
        where = (table.c.credential_id == approval.credential_id) & (table.c.sign_count == approval.sign_count)
        row = connection.execute(select(table.c.subject).where(where)).one_or_none()
        if row is None:
            connection.execute(
                insert(table).values(
                    credential_id=approval.credential_id, sign_count=approval.sign_count, subject=subject
                )
            )
        elif row.subject != subject:
            raise AuthenticatorCloned(f"{approval.person}'s authenticator used one counter value for two approvals")


def count_movement(
    connection: Connection,
    intent: Intent,
    *,
    unsigned: Amount,
    standing: StandingEvidence | None,
    policy: Policy,
    committee: tuple[int, int],
    now_s: int,
) -> None:
    """Count the intent, now, against this signer's share of the vault's caps: once in a window, however often signed.

    It is counted when it is judged and again when a share leaves, so that what was begun in one window and is
    finished in the next counts in both.

    :param committee: (n, t); this signer's share of a cap C is C / (n - t + 1).
    :raises CapExceeded: the window's sum, or a standing order's daily sums, would be exceeded.
    :raises UnsignedCapExceeded: the same for payments without a customer's own order.
    """
    table, digest = models.movements, intent.digest()
    limit = limit_for(policy, intent.vault, intent.asset)
    others = connection.execute(
        select(table).where(
            table.c.vault == intent.vault,
            table.c.asset == intent.asset,
            table.c.at_s > now_s - max(limit.window_s, DAY_S),
            table.c.intent != digest,
        )
    ).all()
    in_window = _each_once(row for row in others if row.at_s > now_s - limit.window_s)
    spent = sum(int(row.total) for row in in_window) + intent.at_most().units
    if spent > signer_cap(limit.cap.units, *committee):
        raise CapExceeded(
            f"{Amount(intent.asset, spent)} in {limit.window_s} s is above this signer's share of the cap"
        )
    spent_unsigned = sum(int(row.unsigned_total) for row in in_window) + unsigned.units
    if unsigned.units and spent_unsigned > signer_cap(limit.unsigned_cap.units, *committee):
        raise UnsignedCapExceeded("payments without a customer's own order are above their lower cap")
    order_digest = standing.order.digest() if standing else None
    if standing is not None:
        day = _each_once(row for row in others if row.standing_order == order_digest and row.at_s > now_s - DAY_S)
        _require_standing_caps(standing, intent, day, committee)
    counted = select(table.c.intent).where(table.c.intent == digest, table.c.at_s == now_s)
    if connection.execute(counted).one_or_none() is not None:
        return
    connection.execute(
        insert(table).values(
            intent=digest,
            vault=intent.vault,
            asset=intent.asset,
            at_s=now_s,
            total=str(intent.at_most().units),
            unsigned_total=str(unsigned.units),
            maximum_fee=str(intent.maximum_fee.units),
            standing_order=order_digest,
        )
    )


def _each_once(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """One row of each intent."""
    return list({row.intent: row for row in rows}.values())


def _require_standing_caps(
    standing: StandingEvidence, intent: Intent, rows: list[Row[Any]], committee: tuple[int, int]
) -> None:
    moved = sum(int(row.total) for row in rows) + intent.at_most().units
    fees = sum(int(row.maximum_fee) for row in rows) + intent.maximum_fee.units
    if moved > signer_cap(standing.order.daily_cap.units, *committee):
        raise CapExceeded("the standing order's daily cap is spent")
    if fees > signer_cap(standing.order.daily_fee_budget.units, *committee):
        raise CapExceeded("the standing order's daily fee budget is spent")


def record_nonces(connection: Connection, commitments: Iterable[bytes], session: bytes, now_s: int) -> None:
    """Write commitments down before they leave."""
    for commitment in commitments:
        connection.execute(insert(models.nonces).values(commitment=commitment, session=session, at_s=now_s))


def use_nonces(connection: Connection, pairs: Iterable[tuple[bytes, bytes]], now_s: int) -> None:
    """Burn each (commitment, message) before the share leaves.

    :raises NonceReuse: a commitment was used before, whatever for.
    """
    for commitment, message in pairs:
        try:
            connection.execute(insert(models.nonce_uses).values(commitment=commitment, message=message, at_s=now_s))
        except IntegrityError:
            raise NonceReuse("a nonce was about to be used twice; nothing was signed") from None
