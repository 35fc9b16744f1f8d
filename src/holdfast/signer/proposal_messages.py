"""What is asked of a signer for people's sake: show this, keep their approvals, let somebody register a device."""

from dataclasses import dataclass

from holdfast.authority import Approval, Credential, Envelope, FreezeLift, Intent, RosterChange
from holdfast.encoding import Canonical
from holdfast.signer.messages import EnrolledOrder, LogEvidence, SigningRequest, require_counts


@dataclass(frozen=True)
class IntentProposal(Canonical):
    """Show this intent to people: as a signing request, without what only comes after they have approved."""

    DOMAIN = "holdfast/request/propose-intent"

    intent: Intent
    transaction: bytes
    previous_transactions: tuple[bytes, ...]
    input_paths: tuple[tuple[int, ...], ...]
    change_path: tuple[int, ...] | None
    orders: tuple[EnrolledOrder, ...]
    log: LogEvidence

    @classmethod
    def of(cls, request: SigningRequest) -> "IntentProposal":
        """The proposal that a signing request comes from: without approvals, attestation and quorum."""
        return cls(
            intent=request.intent,
            transaction=request.transaction,
            previous_transactions=request.previous_transactions,
            input_paths=request.input_paths,
            change_path=request.change_path,
            orders=request.orders,
            log=request.log,
        )

    def subject(self) -> bytes:
        """What people approve, 32 bytes."""
        return self.intent.digest()

    def until_s(self) -> int:
        """Until when it can be approved."""
        return self.intent.expires_at_s

    def signing_request(self) -> SigningRequest:
        """The request that this could become, for the checks that both have in common; nobody signs this one."""
        return SigningRequest(
            intent=self.intent,
            transaction=self.transaction,
            previous_transactions=self.previous_transactions,
            input_paths=self.input_paths,
            change_path=self.change_path,
            approvals=(),
            orders=self.orders,
            standing=None,
            attestation=None,
            log=self.log,
            quorum=(),
            attempt=b"",
        )


@dataclass(frozen=True)
class RosterProposal(Canonical):
    """Show this roster change to officers; the log holds it."""

    DOMAIN = "holdfast/request/propose-roster"

    change: RosterChange
    log: LogEvidence

    def subject(self) -> bytes:
        """What officers approve, 32 bytes."""
        return self.change.digest()

    def until_s(self) -> int:
        """Until when it can be approved."""
        return self.change.expires_at_s


@dataclass(frozen=True)
class LiftProposal(Canonical):
    """Show this lift of freezes to officers, until a time."""

    DOMAIN = "holdfast/request/propose-lift"

    lift: FreezeLift
    expires_at_s: int

    def subject(self) -> bytes:
        """What officers approve, 32 bytes."""
        return self.lift.digest()

    def until_s(self) -> int:
        """Until when it can be approved."""
        return self.expires_at_s


Proposal = IntentProposal | RosterProposal | LiftProposal


@dataclass(frozen=True)
class RosterRequest(Canonical):
    """A roster change with its officers' approvals: vouch for it. ``ready``: letters of signers that did already."""

    DOMAIN = "holdfast/request/roster"

    proposal: RosterProposal
    approvals: tuple[Approval, ...]
    ready: tuple[Envelope, ...]


@dataclass(frozen=True)
class RosterReady(Canonical):
    """A signer's word that this roster, by digest, is the only one of its version that it is ready for."""

    DOMAIN = "holdfast/roster-ready"

    roster: bytes
    version: int

    def __post_init__(self) -> None:
        """Refuse a version that no roster has."""
        require_counts(self.version)


@dataclass(frozen=True)
class RosterAdoption(Canonical):
    """A roster change for which enough signers are ready: put it in force."""

    DOMAIN = "holdfast/request/adopt-roster"

    change: RosterChange
    ready: tuple[Envelope, ...]


@dataclass(frozen=True)
class SubjectApprovals:
    """The approvals of one subject that somebody holds."""

    subject: bytes
    approvals: tuple[Approval, ...]


@dataclass(frozen=True)
class KnownApprovals:
    """What the control plane holds of a subject; ``set_aside``: whose approvals of it count no more, now or later."""

    subject: bytes
    approvals: tuple[Approval, ...]
    set_aside: tuple[str, ...]


@dataclass(frozen=True)
class ApprovalsRequest(Canonical):
    """What the control plane holds of these subjects' approvals: keep them, and show all that you hold."""

    DOMAIN = "holdfast/request/approvals"

    known: tuple[KnownApprovals, ...]


@dataclass(frozen=True)
class ApprovalsHeld(Canonical):
    """What this signer holds of the subjects asked for; ``unknown``: those that were not proposed here."""

    DOMAIN = "holdfast/approvals-held"

    held: tuple[SubjectApprovals, ...]
    unknown: tuple[bytes, ...]


@dataclass(frozen=True)
class InvitationRequest(Canonical):
    """Let whoever has the code with this SHA-256 register an authenticator under this name on your page."""

    DOMAIN = "holdfast/request/invite"

    code_hash: bytes
    name: str
    expires_at_s: int


@dataclass(frozen=True)
class CandidatesRequest(Canonical):
    """Show what was registered on your page for these invitations."""

    DOMAIN = "holdfast/request/candidates"

    code_hashes: tuple[bytes, ...]


@dataclass(frozen=True)
class Candidate:
    """An authenticator that somebody registered; it counts for nothing until a roster names it."""

    code_hash: bytes
    name: str
    credential: Credential
    at_s: int

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        require_counts(self.at_s)


@dataclass(frozen=True)
class CandidatesShown(Canonical):
    """What was registered here for the invitations asked for."""

    DOMAIN = "holdfast/candidates"

    candidates: tuple[Candidate, ...]
