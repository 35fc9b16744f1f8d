"""Following the chain: deposits arrive and are credited, payouts confirm and are booked, reorgs are undone.

Each block is one transaction of ours, so a crash between any two writes resumes at a block's edge.
"""

from typing import Any

import structlog
from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from holdfast.amounts import Amount
from holdfast.audit import DepositCredited, LedgerPosted, ReorgSeen, TransactionConfirmed, append
from holdfast.authority import Intent
from holdfast.chains import BlockRef, BroadcastRefused, Connect, Disconnect, follow
from holdfast.chains.bitcoin import Outpoint, Receipt, scan_block
from holdfast.custody import models
from holdfast.custody.books import (
    CAPITAL,
    customer_account,
    deposit_entry,
    network_fee_entry,
    vault_account,
    withdrawal_entry,
)
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.drafts import signed_drafts
from holdfast.custody.types import PayoutState, WithdrawalState
from holdfast.ledger import Entry, Transfer, balance, post, post_hold, void_hold
from holdfast.signer import RECEIVE_CHAIN
from holdfast.store import transaction, units

log = structlog.get_logger()

REMEMBERED_BLOCKS = 144
"""How deep a reorg can be undone without a person."""

STEPS_PER_CALL = 500

MAX_DEPOSIT_BYTES = 100_000
"""The largest transaction, without witnesses, whose coins are taken in: the most that nodes relay."""

COINBASE_MATURITY = 100
"""Consensus lets a coinbase's outputs be spent only this many blocks later: until then they count for nothing."""


def follow_chain(plane: ControlPlane) -> int:
    """Take the chain's steps since the last call (at most 500), then credit and confirm; returns the steps taken."""
    taken = 0
    for step in follow(plane.chain, _remembered(plane), limit=STEPS_PER_CALL):
        if not _take(plane, step):
            break
        taken += 1
    tip = plane.chain.tip()
    credit_deposits(plane, tip.height)
    confirm_payouts(plane, tip.height)
    reverse_lost_deposits(plane, tip.height)
    rebroadcast(plane)
    return taken


def _take(plane: ControlPlane, step: Connect | Disconnect) -> bool:
    """Record one step; False if another control plane follows the chain too and has moved on meanwhile."""
    try:
        with transaction(plane.engine) as connection:
            if not _continues(connection, step):
                return False
            if isinstance(step, Connect):
                _connect(connection, step)
            else:
                _disconnect(plane, connection, step)
    except IntegrityError:
        # Both started from the same block, and the other one was quicker; or something is wrong.
        with transaction(plane.engine) as connection:
            if not _continues(connection, step):
                return False
        raise
    return True


def _continues(connection: Connection, step: Connect | Disconnect) -> bool:
    """Whether the newest followed block is the one that the step starts from."""
    newest = select(models.blocks.c.hash).order_by(models.blocks.c.height.desc()).limit(1).with_for_update()
    followed = connection.execute(newest).scalar()
    if isinstance(step, Disconnect):
        return followed == step.ref.hash
    return step.block.ref.height == 0 if followed is None else followed == step.block.previous_hash


def _remembered(plane: ControlPlane) -> list[BlockRef]:
    table = models.blocks
    with transaction(plane.engine) as connection:
        rows = connection.execute(select(table).order_by(table.c.height.desc()).limit(REMEMBERED_BLOCKS)).all()
    return [BlockRef(row.height, row.hash) for row in reversed(rows)]


class _OurScripts:
    """Which scripts are ours, asked of the database one by one: a million addresses need no memory."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __contains__(self, script: object) -> bool:
        query = select(models.addresses.c.position).where(models.addresses.c.script == script)
        return self._connection.execute(query).one_or_none() is not None


class _OurCoins:
    """Which outpoints are ours, likewise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __contains__(self, outpoint: object) -> bool:
        if not isinstance(outpoint, Outpoint):
            return False
        return _find_coin(self._connection, outpoint) is not None


def _find_coin(connection: Connection, outpoint: Outpoint) -> Row[Any] | None:
    table = models.coins
    query = select(table).where(table.c.txid == outpoint.txid, table.c.vout == outpoint.vout)
    return connection.execute(query).one_or_none()


def _connect(connection: Connection, step: Connect) -> None:
    findings = scan_block(step.block, _OurScripts(connection), _OurCoins(connection))
    height, table = findings.ref.height, models.coins
    connection.execute(insert(models.blocks).values(height=height, hash=findings.ref.hash))
    for receipt in findings.receipts:
        _receive(connection, receipt, height)
    for spend in findings.spends:
        connection.execute(
            update(table)
            .where(table.c.txid == spend.outpoint.txid, table.c.vout == spend.outpoint.vout)
            .values(spent_by=spend.txid, spent_height=height)
        )
        drafts = models.drafts
        ours = connection.execute(
            update(drafts).where(drafts.c.txid == spend.txid, drafts.c.signed.is_not(None)).values(height=height)
        ).rowcount
        if ours == 0:
            # Somebody else moved our coin: nothing that we committed says so. Everybody must know.
            log.critical("custody.foreign_spend", coin=str(spend.outpoint), txid=spend.txid, height=height)


def _receive(connection: Connection, receipt: Receipt, height: int) -> None:
    table, outpoint = models.coins, receipt.outpoint
    if len(receipt.raw_transaction) > MAX_DEPOSIT_BYTES:
        # Signers have to be shown it to spend its coins. Nodes do not relay its like; a person decides about it.
        log.critical("custody.deposit_unspendable", coin=str(outpoint), size=len(receipt.raw_transaction))
        return
    if _find_coin(connection, outpoint) is not None:
        connection.execute(
            update(table)
            .where(table.c.txid == outpoint.txid, table.c.vout == outpoint.vout)
            .values(height=height, orphaned_height=None)
        )
        return
    connection.execute(
        insert(table).values(
            txid=outpoint.txid,
            vout=outpoint.vout,
            script=receipt.script,
            value_sat=receipt.value_sat,
            raw_transaction=receipt.raw_transaction,
            height=height,
            losses=0,
            burial=COINBASE_MATURITY if receipt.is_coinbase else 0,
        )
    )


def _disconnect(plane: ControlPlane, connection: Connection, step: Disconnect) -> None:
    height, coins, drafts = step.ref.height, models.coins, models.drafts
    connection.execute(delete(models.blocks).where(models.blocks.c.height == height))
    connection.execute(update(coins).where(coins.c.height == height).values(height=None, orphaned_height=height))
    connection.execute(update(coins).where(coins.c.spent_height == height).values(spent_height=None, spent_by=None))
    connection.execute(update(drafts).where(drafts.c.height == height).values(height=None))
    append(
        connection,
        ReorgSeen(height, step.ref.hash, plane.chain.block_hash(height) or ""),
        plane.clock.now_s(),
    )


def _coins_with_owners() -> Select[Any]:
    """Coins, each with its vault, its customer (none: the house) and its asset."""
    coins, addresses, vaults = models.coins, models.addresses, models.vaults
    return (
        select(coins, addresses.c.vault, addresses.c.customer, vaults.c.asset)
        .join(addresses, addresses.c.script == coins.c.script)
        .join(vaults, vaults.c.name == addresses.c.vault)
    )


def credit_deposits(plane: ControlPlane, tip_height: int) -> None:
    """Credit every deep enough output to a receiving address that is not credited yet."""
    coins = models.coins
    query = (
        _coins_with_owners()
        .where(
            coins.c.deposit_entry.is_(None),
            models.addresses.c.chain == RECEIVE_CHAIN,
            coins.c.height + coins.c.burial <= tip_height - plane.confirmations + 1,
        )
        .order_by(coins.c.height, coins.c.txid, coins.c.vout)
    )
    with transaction(plane.engine) as connection:
        waiting = connection.execute(query).all()
    for row in waiting:
        with transaction(plane.engine) as connection:
            _credit(plane, connection, row)


def _credit(plane: ControlPlane, connection: Connection, row: Row[Any]) -> None:
    table, now_s = models.coins, plane.clock.now_s()
    amount = Amount(row.asset, row.value_sat)
    entry = post(
        connection,
        deposit_entry(row.vault, row.customer, f"{row.txid}:{row.vout}", amount, row.losses),
        clock=plane.clock,
    )
    changed = connection.execute(
        update(table)
        .where(table.c.txid == row.txid, table.c.vout == row.vout, table.c.deposit_entry.is_(None))
        .values(deposit_entry=entry, credited_at_s=now_s)
    ).rowcount
    if changed == 1:
        event = DepositCredited(row.customer or "", row.txid, row.vout, row.asset, row.value_sat)
        append(connection, event, now_s)


def confirm_payouts(plane: ControlPlane, tip_height: int) -> None:
    """Book every payout one of whose versions is deep enough: holds become transfers, the fee is the house's."""
    drafts, payouts = models.drafts, models.payouts
    query = (
        select(drafts.c.txid, drafts.c.intent, drafts.c.height, drafts.c.fee_sat)
        .join(payouts, payouts.c.intent == drafts.c.intent)
        .where(
            payouts.c.state.in_((PayoutState.APPROVED.value, PayoutState.SIGNED.value, PayoutState.BROADCAST.value)),
            drafts.c.height <= tip_height - plane.confirmations + 1,
        )
    )
    with transaction(plane.engine) as connection:
        waiting = connection.execute(query).all()
    for row in waiting:
        with transaction(plane.engine) as connection:
            _confirm(plane, connection, row)


def _confirm(plane: ControlPlane, connection: Connection, draft: Any) -> None:
    payouts, now_s = models.payouts, plane.clock.now_s()
    changed = connection.execute(
        update(payouts)
        .where(payouts.c.intent == draft.intent, payouts.c.state != PayoutState.CONFIRMED.value)
        .values(state=PayoutState.CONFIRMED.value, fence=payouts.c.fence + 1)
    ).rowcount
    if changed != 1:
        return
    payout = connection.execute(select(payouts).where(payouts.c.intent == draft.intent)).one()
    intent = Intent.decoded(bytes(payout.body))
    void_hold(connection, payout.fee_hold, "confirmed", clock=plane.clock)
    fee = Amount(intent.asset, draft.fee_sat)
    entries = [post(connection, network_fee_entry(intent.vault, draft.txid, fee), clock=plane.clock)]
    table = models.withdrawals
    for row in connection.execute(select(table).where(table.c.intent == draft.intent)).all():
        amount = Amount(row.asset, units(row.amount_hi, row.amount_lo))
        entry = withdrawal_entry(intent.vault, row.customer, row.reference, amount)
        entries.append(post_hold(connection, row.hold, entry, clock=plane.clock))
    connection.execute(
        update(table).where(table.c.intent == draft.intent).values(state=WithdrawalState.PAID.value, ended_at_s=now_s)
    )
    # What another version of the transaction had reserved beyond this one's inputs is free again.
    connection.execute(delete(models.reservations).where(models.reservations.c.intent == draft.intent))
    append(connection, TransactionConfirmed(bytes(draft.intent), draft.txid, draft.height), now_s)
    for posted in entries:
        append(connection, LedgerPosted(str(posted), bytes(draft.intent).hex()), now_s)


def reverse_lost_deposits(plane: ControlPlane, tip_height: int) -> None:
    """Take back credits for outputs that a reorg removed for good; what was spent already is the house's loss."""
    coins = models.coins
    query = _coins_with_owners().where(
        coins.c.deposit_entry.is_not(None),
        coins.c.height.is_(None),
        coins.c.orphaned_height <= tip_height - plane.confirmations + 1,
    )
    with transaction(plane.engine) as connection:
        lost = connection.execute(query).all()
    for row in lost:
        with transaction(plane.engine) as connection:
            _reverse(plane, connection, row)


def _reverse(plane: ControlPlane, connection: Connection, row: Row[Any]) -> None:
    owner = CAPITAL if row.customer is None else customer_account(row.customer)
    amount, outpoint = Amount(row.asset, row.value_sat), f"{row.txid}:{row.vout}"
    from_owner = min(balance(connection, owner, row.asset).available.units, amount.units)
    if amount.units - from_owner > balance(connection, CAPITAL, row.asset).available.units:
        # The books cannot show a loss that nobody bears yet. Everything else goes on.
        log.critical("custody.loss_uncovered", coin=outpoint, units=amount.units)
        return
    coins = models.coins
    changed = connection.execute(
        update(coins)
        .where(
            coins.c.txid == row.txid,
            coins.c.vout == row.vout,
            coins.c.height.is_(None),
            coins.c.deposit_entry.is_not(None),
            coins.c.losses == row.losses,
        )
        .values(deposit_entry=None, credited_at_s=None, orphaned_height=None, losses=row.losses + 1)
    ).rowcount
    if changed != 1:
        return
    transfers = [
        Transfer(account, vault_account(row.vault), Amount(row.asset, part))
        for account, part in ((owner, from_owner), (CAPITAL, amount.units - from_owner))
        if part
    ]
    key = f"deposit-lost:{outpoint}:{row.losses}"
    entry = post(connection, Entry("deposit-lost", outpoint, key, tuple(transfers)), clock=plane.clock)
    append(connection, LedgerPosted(str(entry), f"deposit-lost {outpoint}"), plane.clock.now_s())


def rebroadcast(plane: ControlPlane) -> None:
    """Send again what is signed and in no block: a node may have forgotten it, a reorg may have removed it."""
    payouts, drafts = models.payouts, models.drafts
    states = (PayoutState.BROADCAST.value, PayoutState.CONFIRMED.value)
    confirmed = select(drafts.c.intent).where(drafts.c.height.is_not(None))
    with transaction(plane.engine) as connection:
        rows = connection.execute(
            select(payouts.c.intent).where(payouts.c.state.in_(states), payouts.c.intent.not_in(confirmed))
        ).all()
        versions = [signed_drafts(connection, bytes(row.intent)) for row in rows]
    for newest in (signed[0] for signed in versions if signed):
        try:
            if plane.chain.transaction(newest.txid) is None:
                plane.chain.broadcast(bytes(newest.signed))
        except BroadcastRefused as refusal:
            log.warning("custody.rebroadcast_refused", txid=newest.txid, reason=str(refusal))
