"""Why a signer refuses. A signer's refusal is final for that request: it names one fault and changes nothing."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class SignerError(HoldfastError):
    """Base of this domain's refusals."""

    code: ClassVar[str] = "signer.refused"


class RequestUnknown(SignerError):
    """Bytes that are no request of this version."""

    code = "signer.request_unknown"
    exit_status = 2


class SignerUnavailable(SignerError):
    """The signer cannot be reached, or did not answer in time."""

    code = "signer.unavailable"
    exit_status = 3


class SignerHomeInvalid(SignerError):
    """The signer's folder is missing, incomplete, or pinned to another genesis."""

    code = "signer.home_invalid"
    exit_status = 2


class SignerInternalFault(SignerError):
    """A fault of the signer's own; nothing was signed."""

    code = "signer.internal_fault"
    exit_status = 3


class GenesisMismatch(SignerError):
    """An object of another genesis than the pinned one."""

    code = "signer.genesis_mismatch"


class PageUnavailable(SignerError):
    """The signer's page cannot be served where it was told to."""

    code = "page.unavailable"
    exit_status = 3


class RosterReadyForAnother(SignerError):
    """This signer has vouched for another roster of the same version."""

    code = "roster.ready_for_another"


class RosterNotReady(SignerError):
    """Too few signers are ready for a roster change."""

    code = "roster.not_ready"


class ProposalUnknown(SignerError):
    """Nothing with this digest stands on this signer's page."""

    code = "proposal.unknown"
    exit_status = 2


class ProposalEnded(SignerError):
    """The time to approve it has passed, or would be too far off."""

    code = "proposal.ended"


class InvitationInvalid(SignerError):
    """The invitation is not known here, is no longer good, or never could be."""

    code = "invitation.invalid"


class InvitationUsed(SignerError):
    """An authenticator was registered with this invitation, or the code or authenticator is somebody else's."""

    code = "invitation.used"


class RosterVersionUnknown(SignerError):
    """The intent was made under a roster that is not the one in force."""

    code = "roster.version_unknown"


class CommitteeEpochUnknown(SignerError):
    """The intent names a committee epoch for which this signer holds no active key."""

    code = "key.epoch_unknown"


class IntentLivesTooLong(SignerError):
    """The intent expires later than the policy lets any intent live."""

    code = "intent.lifetime_exceeded"


class DelayNotElapsed(SignerError):
    """The delay has not passed since this signer's page showed it, and the log that this signer cosigned held it."""

    code = "policy.delay_not_elapsed"


class ConflictKeyTaken(SignerError):
    """Another intent is bound to this conflict key, or this intent to another one, for ever."""

    code = "intent.conflict_key_taken"


class OrderAlreadySettled(SignerError):
    """Another intent already settles this customer's order."""

    code = "order.already_settled"


class OrderMissing(SignerError):
    """A payment names a customer's order that is not in the request, or was not made by an enrolled customer."""

    code = "order.missing"


class EnrolmentInvalid(SignerError):
    """The enrolment shown for a customer is not theirs, or not in the log."""

    code = "order.enrolment_invalid"


class EnrolmentReplaced(SignerError):
    """The customer signed with another passkey when this signer first served them."""

    code = "order.enrolment_replaced"


class AuthenticatorCloned(SignerError):
    """One authenticator's counter value was used for two different approvals."""

    code = "approval.authenticator_cloned"


class AttestationMissing(SignerError):
    """The movement carries no risk attestation."""

    code = "attestation.missing"


class CapExceeded(SignerError):
    """The movement would exceed this signer's share of the vault's cap."""

    code = "cap.exceeded"


class UnsignedCapExceeded(SignerError):
    """Payments without a customer's own order would exceed their lower cap."""

    code = "cap.unsigned_exceeded"


class Frozen(SignerError):
    """A freeze is in force."""

    code = "freeze.in_force"


class LogNotConsistent(SignerError):
    """The log shown does not extend the one this signer last cosigned, or does not hold this intent."""

    code = "log.not_consistent"


class LogRolledBack(SignerError):
    """The log shown is smaller than the one this signer last cosigned."""

    code = "log.rolled_back"


class TransactionDiffers(SignerError):
    """The transaction is not what the intent says: base of the differences."""

    code = "transaction.differs"


class AssetDiffers(TransactionDiffers):
    """The intent's payments or its maximum fee are of another asset than the transaction moves."""

    code = "transaction.asset_differs"


class DestinationDiffers(TransactionDiffers):
    """An output of the right amount pays somebody else."""

    code = "transaction.destination_differs"


class AmountDiffers(TransactionDiffers):
    """An output to the right destination pays another amount."""

    code = "transaction.amount_differs"


class PaymentMissing(TransactionDiffers):
    """A payment of the intent has no output."""

    code = "transaction.payment_missing"


class OutputUnexpected(TransactionDiffers):
    """An output that is neither a payment nor the change."""

    code = "transaction.output_unexpected"


class ChangeForeign(TransactionDiffers):
    """The change does not come back to an address that this signer derives itself."""

    code = "transaction.change_foreign"


class ChangeOutOfRange(TransactionDiffers):
    """The change's path is not the vault's change chain, or is beyond the scan gap."""

    code = "transaction.change_out_of_range"


class FeeAboveMaximum(TransactionDiffers):
    """The transaction pays a higher fee than the intent allows."""

    code = "transaction.fee_above_maximum"


class ConflictKeyNotSpent(TransactionDiffers):
    """The transaction does not spend the intent's conflict key."""

    code = "transaction.conflict_key_not_spent"


class InputForeign(TransactionDiffers):
    """An input is not the vault's at the path that is claimed for it."""

    code = "transaction.input_foreign"


class TransactionFormForbidden(TransactionDiffers):
    """A version, lock time or witness that no transaction of ours has."""

    code = "transaction.form_forbidden"


class ListMissing(SignerError):
    """This signer has no sanctions list yet, so it cannot tell who is on one."""

    code = "screening.list_missing"


class SessionUnknown(SignerError):
    """No such session is open here: it was never begun, was finished, or its nonces were burned."""

    code = "signer.session_unknown"


class QuorumInvalid(SignerError):
    """The quorum named is not one of distinct members of the committee including this signer."""

    code = "signer.quorum_invalid"


class NonceReuse(SignerError):
    """A nonce was about to be used a second time; nothing was signed."""

    code = "signer.nonce_reuse"


class KeyAlreadyActive(SignerError):
    """The vault already has an active key in this epoch."""

    code = "key.already_active"


class KeyPending(SignerError):
    """The key is not confirmed by every member yet."""

    code = "key.pending"


class TranscriptDiffers(SignerError):
    """Members saw different broadcasts in the ceremony: somebody equivocated, or the relay altered one."""

    code = "key.transcript_differs"


class SealedForAnother(SignerError):
    """A sealed message that this signer's key does not open."""

    code = "key.sealed_for_another"


class EpochVenueForeign(SignerError):
    """A reserve epoch of another venue, or on another network than the vault's."""

    code = "epoch.venue_foreign"


class EpochTaken(SignerError):
    """Another super-root is bound to this reserve epoch here, for ever."""

    code = "epoch.taken"


class EpochTimeOff(SignerError):
    """A reserve epoch whose time is more than an hour from this signer's clock."""

    code = "epoch.time_off"
