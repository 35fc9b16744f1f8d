"""What somebody should look at now, worst first. A quiet page is one that has nothing to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.custody import FreezeStanding, PayoutState, SignerHealth
from holdfast.ledger import LedgerReport
from holdfast.web.reading.log import ShownLog
from holdfast.web.reading.payouts import ShownPayout
from holdfast.web.reading.vaults import ShownAsset, ShownVault
from holdfast.web.refreshed import Found


@dataclass(frozen=True)
class Alert:
    """One line, with a tone (``bad`` or ``watch``) and, where there is one, the stable code."""

    tone: str
    words: str
    code: str | None = None


def alerts(
    *,
    vaults: Sequence[ShownVault],
    holdings: Sequence[ShownAsset],
    payouts: Sequence[ShownPayout],
    log: ShownLog,
    signers: Sequence[SignerHealth],
    ledger: Found[LedgerReport],
    log_check: Found[int],
    **_others: Any,
) -> list[Alert]:
    """The alerts of the overview."""
    return [
        *_of_records(log, ledger, log_check),
        *(_of_holding(asset) for asset in holdings if not asset.covered),
        *(alert for vault in vaults for alert in _of_vault(vault)),
        *_of_signers(signers),
        *_of_payouts(payouts),
    ]


def _of_records(log: ShownLog, ledger: Found[LedgerReport], log_check: Found[int]) -> list[Alert]:
    found = []
    code = log_check.code or log.code
    if code:
        found.append(
            Alert("bad", "The audit log does not hold: its history has been altered, or cannot be read.", code)
        )
    if ledger.code:
        found.append(Alert("bad", "The books cannot be checked.", ledger.code))
    elif ledger.value is not None and ledger.value.discrepancies:
        first = ledger.value.discrepancies[0]
        found.append(Alert("bad", f"The books are wrong: {first}", "ledger.broken"))
    return found


def _of_holding(asset: ShownAsset) -> Alert:
    words = f"The chain holds {asset.on_chain}, and customers are owed {asset.customers}."
    return Alert("bad", words, "reserves.not_covered")


def _of_vault(vault: ShownVault) -> list[Alert]:
    name = vault.view.name
    if vault.freeze is FreezeStanding.IN_FORCE:
        return [Alert("bad", f"Vault {name} is frozen: nothing is signed until a quorum lifts the freeze.")]
    if vault.able < vault.threshold:
        words = f"Vault {name} cannot pay: {vault.able} signers can sign, {vault.threshold} are needed. Payouts wait."
        return [Alert("bad", words, "signing.quorum_unavailable")]
    if vault.freeze is FreezeStanding.PARTLY:
        return [Alert("watch", f"Some signers of vault {name} know of a freeze that is not in force yet.")]
    return []


def _of_signers(signers: Sequence[SignerHealth]) -> list[Alert]:
    silent = [signer.name for signer in signers if signer.status is None]
    return [Alert("watch", f"No valid answer from {', '.join(silent)}.")] if silent else []


def _of_payouts(payouts: Sequence[ShownPayout]) -> list[Alert]:
    waiting = sum(payout.view.state is PayoutState.AWAITING for payout in payouts)
    found = []
    if waiting:
        found.append(Alert("watch", f"{waiting} {'payout waits' if waiting == 1 else 'payouts wait'} for approvals."))
    stuck = [payout for payout in payouts if payout.view.code and payout.view.state is not PayoutState.AWAITING]
    return found + [
        Alert("watch", f"Payout {payout.view.intent.hex()[:16]} is held up: {payout.view.reason}", payout.view.code)
        for payout in stuck
    ]
