"""Fee bumps: the same intent, paid for better. No new approval is needed within the intent's maximum fee."""

from sqlalchemy import update

from holdfast.authority import Intent
from holdfast.chains.bitcoin import bump
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.drafts import insert_draft, newest_draft, stored_plan
from holdfast.custody.errors import PayoutNotAwaited
from holdfast.custody.payouts import find_payout
from holdfast.custody.types import PayoutState
from holdfast.store import transaction


def bump_fee(plane: ControlPlane, intent_digest: bytes, fee_rate_sat_per_kvb: int) -> int:
    """Plan a replacement that pays ``fee_rate_sat_per_kvb``; returns its fee in satoshi. Settle the payout again next.

    The replacement spends the same coins, the conflict key among them, so at most one version is ever confirmed.

    :raises PayoutNotAwaited: nothing of this payout waits for a block.
    :raises FeeAboveMaximum: beyond the maximum that was approved.
    """
    with transaction(plane.engine) as connection:
        row = find_payout(connection, intent_digest, lock=True)
        # Signed and not sent counts too: the network may want more than was planned.
        if row.state not in (PayoutState.SIGNED.value, PayoutState.BROADCAST.value):
            raise PayoutNotAwaited(f"the payout is {row.state}; only one that waits for a block can be bumped")
        intent, draft = Intent.decoded(bytes(row.body)), newest_draft(connection, intent_digest)
        plan = bump(
            stored_plan(connection, intent, plane.genesis.network, draft),
            fee_rate_sat_per_kvb=fee_rate_sat_per_kvb,
            maximum_fee_sat=intent.maximum_fee.units,
        )
        insert_draft(connection, intent_digest, plan, draft.change_position if plan.change_sat is not None else None)
        connection.execute(
            update(models.payouts)
            .where(models.payouts.c.intent == intent_digest)
            .values(state=PayoutState.APPROVED.value, fence=models.payouts.c.fence + 1)
        )
    return plan.fee_sat
