"""The operator's part that the example exchange does by itself: withdrawals that wait become payouts to approve."""

import structlog

from holdfast.authority import ALLOW
from holdfast.custody import ControlPlane, WithdrawalState, plan_payout, withdrawal_decision, withdrawal_views
from holdfast.errors import HoldfastError
from holdfast.store import snapshot

log = structlog.get_logger()

PLANNED_AT_ONCE = 50


def plan_waiting(plane: ControlPlane, vault: str) -> int:
    """Plan a payout for each withdrawal that waits and that the risk engine allows; how many.

    What it does not allow keeps waiting: planned, it would be refused for good, and the account may grow older. Each
    payout settles one withdrawal, so that whoever watches sees whose it is. A deployment batches them.
    """
    now_s, planned = plane.clock.now_s(), 0
    with snapshot(plane.engine) as connection:
        waiting = [
            view.reference
            for view in withdrawal_views(connection, PLANNED_AT_ONCE, state=WithdrawalState.SCREENED)
            if withdrawal_decision(connection, view.reference, now_s).decision == ALLOW
        ]
    for reference in reversed(waiting):
        try:
            plan_payout(plane, vault, [reference])
            planned += 1
        except HoldfastError as fault:
            # It was cancelled meanwhile, or coins are short: others may still be planned.
            log.warning("exchange.not_planned", reference=reference, code=fault.code, reason=str(fault)[:200])
    return planned
