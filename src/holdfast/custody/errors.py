"""What can go wrong between a customer's wish and the coins' move."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class CustodyError(HoldfastError):
    """Base of this domain's errors."""

    code: ClassVar[str] = "custody.refused"


class HomeInvalid(CustodyError):
    """The control plane's folder is missing something, or holds what does not belong together."""

    code = "custody.home_invalid"
    exit_status = 2


class VaultUnknown(CustodyError):
    """No vault of this name."""

    code = "vault.unknown"
    exit_status = 2


class VaultExists(CustodyError):
    """The vault already has another key in this epoch."""

    code = "vault.exists"


class VaultPending(CustodyError):
    """The vault's key is not in use at every member of its committee yet: nothing may be paid to it."""

    code = "vault.pending"
    exit_status = 3


class CustomerUnknown(CustodyError):
    """No customer of this name is enrolled."""

    code = "customer.unknown"
    exit_status = 2


class CustomerExists(CustodyError):
    """The customer is enrolled with another credential already."""

    code = "customer.exists"


class WithdrawalUnknown(CustodyError):
    """No withdrawal of this reference."""

    code = "withdrawal.unknown"
    exit_status = 2


class IdempotencyKeyReused(CustodyError):
    """The reference was used before for another order."""

    code = "withdrawal.idempotency_key_reused"
    exit_status = 2


class OrderExpiresTooSoon(CustodyError):
    """The order would expire before a payout could be approved and signed."""

    code = "withdrawal.expires_too_soon"


class WithdrawalFinal(CustodyError):
    """The withdrawal is past the point where it could still be cancelled."""

    code = "withdrawal.final"


class PayoutUnknown(CustodyError):
    """No payout of this intent."""

    code = "payout.unknown"
    exit_status = 2


class PayoutNotAwaited(CustodyError):
    """The payout is not in the state that this step starts from."""

    code = "payout.not_awaited"


class PayoutEmpty(CustodyError):
    """No withdrawal is waiting to be paid."""

    code = "payout.empty"


class PayoutTooLarge(CustodyError):
    """The coins' own transactions are more than a signing request can show; pay fewer withdrawals at once."""

    code = "payout.too_large"


class FenceLost(CustodyError):
    """Another control plane has taken this payout over; this one's step changed nothing."""

    code = "payout.fence_lost"
    exit_status = 3


class CoinReserved(CustodyError):
    """Another payout has reserved one of the coins meanwhile; planning again finds others."""

    code = "payout.coin_reserved"
    exit_status = 3


class ConflictKeyUnavailable(CustodyError):
    """Every spendable coin is bound to an earlier intent as its conflict key."""

    code = "payout.conflict_key_unavailable"


class FreezeNotShown(CustodyError):
    """A signer speaks of a freeze order that it cannot show."""

    code = "freeze.not_shown"
    exit_status = 3


class SubjectUnknown(CustodyError):
    """Nothing with this digest is proposed."""

    code = "subject.unknown"
    exit_status = 2


class SubjectEnded(CustodyError):
    """The proposal no longer waits for approvals."""

    code = "subject.ended"


class QuorumUnavailable(CustodyError):
    """Fewer signers than the threshold answered; nothing is lost, the payout goes on when they return."""

    code = "signing.quorum_unavailable"
    exit_status = 3


class SignersRefused(CustodyError):
    """Signers refused, each with its own code; too few are left to sign.

    ``needed`` is how many refusals stop the key for good: n - t + 1. Fewer, and others may yet be enough.
    """

    code = "signing.refused"

    def __init__(self, message: str, codes: dict[str, str], needed: int) -> None:
        super().__init__(message)
        self.codes = codes
        self.needed = needed


class CeremonyFailed(CustodyError):
    """The key ceremony did not reach its certificate; no key came into use."""

    code = "key.ceremony_failed"
    exit_status = 3


class BlockNotFollowed(CustodyError):
    """The followed chain does not have the block that coins are to be counted at: not yet, or no longer."""

    code = "custody.block_not_followed"
    exit_status = 3
