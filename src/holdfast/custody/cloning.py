"""Approvals that signers do not count, because an authenticator answered two things with one counter.

That is the fault of whoever approved so, not of the payout: their approval is set aside, and somebody else is asked.
"""

import contextlib
from collections import Counter

from sqlalchemy import Connection, update

from holdfast.custody import models
from holdfast.custody.asking import ask_approvals
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.payouts import SET_ASIDE, stored_approvals
from holdfast.signer import ApprovalsRequest, KnownApprovals, SignerRefused, SignerUnavailable
from holdfast.store import transaction


def uncounted_persons(plane: ControlPlane, intent_digest: bytes, needed: int) -> set[str]:
    """Whose approvals of an intent at least ``needed`` signers do not keep, though they were shown them."""
    with transaction(plane.engine) as connection:
        given = stored_approvals(connection, intent_digest)
    lacking: Counter[str] = Counter()
    asked = ApprovalsRequest((KnownApprovals(intent_digest, given, ()),))
    for name in plane.transports:
        with contextlib.suppress(SignerUnavailable, SignerRefused):
            for found in ask_approvals(plane, name, asked).held[:1]:
                # Another approval by the same person is not the one that they are shown when they sign.
                lacking.update(approval.person for approval in given if approval not in found.approvals)
    return {person for person, signers in lacking.items() if signers >= needed}


def set_approvals_aside(connection: Connection, intent_digest: bytes, persons: set[str]) -> None:
    """Stop counting these persons' approvals of an intent, and take no other of theirs for it."""
    table = models.approvals
    theirs = (table.c.intent == intent_digest) & table.c.person.in_(persons)
    connection.execute(update(table).where(theirs).values(approval=SET_ASIDE))
