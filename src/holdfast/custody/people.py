"""Inviting people to register a device on a signer's page, and seeing what they registered."""

import hashlib
import os
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from holdfast.audit import AuthenticatorRegistered, PersonInvited, append
from holdfast.authority import EVERYONE, Credential, Header, device_words, open_envelope
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.errors import HoldfastError
from holdfast.signer import (
    CODE_BYTES,
    CandidatesRequest,
    CandidatesShown,
    InvitationRequest,
)
from holdfast.store import transaction

INVITATION_LIFE_S = 86_400
"""How long somebody has to register."""


@dataclass(frozen=True)
class InvitationView:
    """An invitation; with ``credential`` and its ``words`` once somebody has registered with it."""

    code_hash: bytes
    name: str
    signer: str
    created_by: str
    created_at_s: int
    expires_at_s: int
    credential: Credential | None
    words: str | None
    registered_at_s: int | None


def invite_person(plane: ControlPlane, name: str, signer: str, created_by: str) -> str:
    """Invite somebody to register a device on a signer's page; the address to give them, good for a day.

    The code in it is not kept here: whoever has the address can register, once, under this name.

    :raises SignerUnavailable, SignerRefused: the signer is away, or does not take the invitation.
    """
    code, now_s = os.urandom(CODE_BYTES), plane.clock.now_s()
    code_hash = hashlib.sha256(code).digest()
    identity = plane.roster.signer(signer)
    plane.signer(signer).call(InvitationRequest(code_hash, name, now_s + INVITATION_LIFE_S))
    with transaction(plane.engine) as connection:
        append(connection, PersonInvited(name, signer, created_by), now_s)
        connection.execute(
            insert(models.invitations).values(
                code_hash=code_hash,
                name=name,
                signer=signer,
                created_by=created_by,
                created_at_s=now_s,
                expires_at_s=now_s + INVITATION_LIFE_S,
            )
        )
    return f"{identity.origin}/enrol/{code.hex()}"


def collect_candidates(plane: ControlPlane) -> int:
    """Ask signers what was registered by open invitations; returns how many devices were new."""
    table, now_s, new = models.invitations, plane.clock.now_s(), 0
    waiting = select(table.c.code_hash, table.c.signer).where(
        table.c.credential_id.is_(None), table.c.expires_at_s > now_s - INVITATION_LIFE_S
    )
    with transaction(plane.engine) as connection:
        rows = connection.execute(waiting.limit(200)).all()
    by_signer: dict[str, list[bytes]] = {}
    for row in rows:
        by_signer.setdefault(row.signer, []).append(bytes(row.code_hash))
    for signer, code_hashes in by_signer.items():
        asked = CandidatesRequest(tuple(code_hashes))
        try:
            (letter,) = plane.signer(signer).call(asked)
            body = open_envelope(letter, plane.roster, Header(signer, EVERYONE, asked.digest(), 0, 0))
            shown = CandidatesShown.decoded(body)
        except (HoldfastError, KeyError, ValueError):
            continue
        # The first for each invitation that was asked about: whatever else a signer shows is left.
        first = {candidate.code_hash: candidate for candidate in reversed(shown.candidates)}
        for code_hash in code_hashes:
            candidate = first.get(code_hash)
            new += candidate is not None and _record(plane, signer, code_hash, candidate.credential)
    return new


def _record(plane: ControlPlane, signer: str, code_hash: bytes, credential: Credential) -> bool:
    table, now_s = models.invitations, plane.clock.now_s()
    with transaction(plane.engine) as connection:
        changed = connection.execute(
            update(table)
            .where(table.c.code_hash == code_hash, table.c.credential_id.is_(None))
            .values(credential_id=credential.credential_id, public_key=credential.public_key, registered_at_s=now_s)
        ).rowcount
        if changed:
            name = connection.execute(select(table.c.name).where(table.c.code_hash == code_hash)).scalar_one()
            event = AuthenticatorRegistered(name, signer, credential.credential_id, credential.public_key)
            append(connection, event, now_s)
    return bool(changed)


def invitation_views(connection: Connection, limit: int = 50) -> list[InvitationView]:
    """The newest invitations."""
    table = models.invitations
    rows = connection.execute(select(table).order_by(table.c.created_at_s.desc(), table.c.code_hash).limit(limit)).all()
    found = []
    for row in rows:
        credential = None if row.credential_id is None else Credential(bytes(row.credential_id), bytes(row.public_key))
        found.append(
            InvitationView(
                code_hash=bytes(row.code_hash),
                name=row.name,
                signer=row.signer,
                created_by=row.created_by,
                created_at_s=row.created_at_s,
                expires_at_s=row.expires_at_s,
                credential=credential,
                words=None if credential is None else device_words(credential),
                registered_at_s=row.registered_at_s,
            )
        )
    return found
