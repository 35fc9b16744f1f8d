"""What can be wrong with a right to move assets."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class AuthorityError(HoldfastError):
    """Base of this domain's refusals."""

    code: ClassVar[str] = "authority.refused"


class AuthorityMalformed(AuthorityError):
    """A field that no valid object of its kind could hold."""

    code = "authority.malformed"
    exit_status = 2


class EpochChainBroken(AuthorityError):
    """Reserve epochs that do not follow one another: in number, super-root, time or height."""

    code = "epoch.chain_broken"


class ConflictKeyMissing(AuthorityError):
    """The intent names no conflict key, or one that is not of a known form."""

    code = "intent.conflict_key_missing"


class IntentExpired(AuthorityError):
    """The intent's time has passed."""

    code = "intent.expired"


class AssertionMalformed(AuthorityError):
    """Client data or authenticator data that is not WebAuthn's."""

    code = "assertion.malformed"


class AssertionWrongOrigin(AuthorityError):
    """The assertion was made on a page that is not one of the pinned origins."""

    code = "assertion.wrong_origin"


class AssertionWrongRelyingParty(AuthorityError):
    """The authenticator signed for another relying party."""

    code = "assertion.wrong_relying_party"


class AssertionOfAnother(AuthorityError):
    """The assertion signs something else: another intent, another order. Replays end here."""

    code = "assertion.of_another"


class AssertionUserNotVerified(AuthorityError):
    """The authenticator did not verify its user."""

    code = "assertion.user_not_verified"


class AssertionSignatureInvalid(AuthorityError):
    """The signature is not the pinned credential's."""

    code = "assertion.signature_invalid"


class AssertionCredentialUnknown(AuthorityError):
    """The credential is not one that the roster, or the enrolment, names."""

    code = "assertion.credential_unknown"


class PageShared(AuthorityError):
    """Persons approved on one signer's page where each must use another's: one page could have fooled them all."""

    code = "approval.page_shared"


class RosterChangeExpired(AuthorityError):
    """The roster change's time has passed."""

    code = "roster.change_expired"


class RosterSignersFixed(AuthorityError):
    """A roster change would exchange signers or the relying party."""

    code = "roster.signers_fixed"


class RegistrationInvalid(AuthorityError):
    """What the authenticator answered is not the registration of one new credential."""

    code = "registration.invalid"


class PersonUnknown(AuthorityError):
    """The roster in force does not name this person."""

    code = "roster.person_unknown"


class PersonLacksRole(AuthorityError):
    """The person is in the roster, without the role that this needs."""

    code = "roster.person_lacks_role"


class SignerUnknown(AuthorityError):
    """The roster in force does not name this signer."""

    code = "roster.signer_unknown"


class RosterSuccessionInvalid(AuthorityError):
    """The proposed roster does not follow the one in force."""

    code = "roster.succession_invalid"


class QuorumNotReached(AuthorityError):
    """Fewer distinct persons approved than are required. Two devices of one person count once."""

    code = "approval.quorum_not_reached"


class AttestationInvalid(AuthorityError):
    """The risk attestation is not signed by a pinned risk engine, or is for another intent."""

    code = "attestation.invalid"


class AttestationStale(AuthorityError):
    """The risk attestation is too old, or from the future."""

    code = "attestation.stale"


class AttestationForbids(AuthorityError):
    """The risk engine decided against the movement."""

    code = "attestation.forbids"


class OrderMismatch(AuthorityError):
    """The customer's order says another amount, asset, destination, venue or customer."""

    code = "order.mismatch"


class OrderExpired(AuthorityError):
    """The customer's order is past its time."""

    code = "order.expired"


class StandingOrderExceeded(AuthorityError):
    """The movement is not within the standing order that it names."""

    code = "standing_order.exceeded"


class FreezeOrderInvalid(AuthorityError):
    """The freeze order does not follow the newest one known."""

    code = "freeze.order_invalid"


class KeyCertificateInvalid(AuthorityError):
    """Not every member of the committee confirmed this key."""

    code = "key.certificate_invalid"


class EnvelopeForged(AuthorityError):
    """A message whose signature is not the named sender's."""

    code = "envelope.forged"


class EnvelopeMisdirected(AuthorityError):
    """A message of another session, round, epoch or recipient: replayed, reordered or misrouted."""

    code = "envelope.misdirected"
