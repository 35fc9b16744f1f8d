"""Approvals: persons saying yes to a digest, counted by person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.authority.assertion import Assertion, AssertionFacts, verify_assertion
from holdfast.authority.errors import AssertionCredentialUnknown, PageShared, PersonLacksRole, QuorumNotReached
from holdfast.authority.roster import Roster
from holdfast.encoding import Canonical

MAX_APPROVALS = 64
"""The most approvals that are looked at for one subject."""


@dataclass(frozen=True)
class Approval(Canonical):
    """One person's assertion over the digest of an intent, a ceremony's order or a change."""

    DOMAIN = "holdfast/approval"

    person: str
    assertion: Assertion


@dataclass(frozen=True)
class ApprovalFacts:
    """A verified approval: who, with which credential, where, and the authenticator's counter."""

    person: str
    credential_id: bytes
    origin: str
    sign_count: int


def verify_approval(approval: Approval, roster: Roster, subject: bytes, role: str) -> ApprovalFacts:
    """Require that a person of ``roster`` with ``role`` approved ``subject`` (a 32-byte digest).

    :raises AuthorityError: the person, role, credential, origin, user verification or signature is wrong.
    """
    person = roster.person(approval.person)
    if role not in person.roles:
        raise PersonLacksRole(f"{person.name} is not {role} in roster {roster.version}")
    for credential in person.credentials:
        if credential.credential_id == approval.assertion.credential_id:
            facts: AssertionFacts = verify_assertion(approval.assertion, credential, roster.approval_pages(), subject)
            return ApprovalFacts(person.name, credential.credential_id, facts.origin, facts.sign_count)
    raise AssertionCredentialUnknown(f"the credential is not one of {person.name}'s in roster {roster.version}")


def require_quorum(
    approvals: Iterable[Approval], roster: Roster, subject: bytes, role: str, persons: int
) -> tuple[ApprovalFacts, ...]:
    """Require ``persons`` distinct persons' approvals of ``subject``; a single bad approval refuses all.

    They must have come from as many distinct signers' pages (or from every signer's, where more persons are asked for
    than there are signers): a page that lies fools one of them at most.

    :raises QuorumNotReached: too few distinct persons, or more approvals than are looked at.
    :raises PageShared: enough persons, but on too few pages.
    """
    given = tuple(approvals)
    if len(given) > MAX_APPROVALS:
        raise QuorumNotReached(f"{len(given)} approvals; at most {MAX_APPROVALS} are looked at")
    facts = tuple(verify_approval(approval, roster, subject, role) for approval in given)
    # A person counts once, on the page of their first approval.
    page_of: dict[str, str] = {}
    for fact in facts:
        page_of.setdefault(fact.person, fact.origin)
    if len(page_of) < persons:
        raise QuorumNotReached(
            f"{len(page_of)} of {persons} persons approved: {', '.join(sorted(page_of)) or 'nobody'}"
        )
    require_pages_apart(page_of, roster, persons)
    return facts


def require_pages_apart(page_of: Mapping[str, str], roster: Roster, persons: int) -> None:
    """Require that the approvals of ``persons`` among those given came from as many signers' pages as there can be.

    :param page_of: the origin on which each person approved.
    :raises PageShared: too few pages.
    """
    pages, needed = len(set(page_of.values())), min(persons, len(roster.signers))
    if pages < needed:
        raise PageShared(f"{len(page_of)} persons approved on {pages} signers' pages; each of {needed} uses another's")
