"""Key generation, the signer's side: two rounds, a confirmation, a test signature, then one atomic commit.

Until every member has confirmed the same public key over the same transcript and quorums that cover every member
have signed a test message, the key is pending: no signer signs a payment with it and no address is published.
Source: Komlo and Goldberg, FROST (2020), section 5.1; the echo check of Goldwasser and Lindell (2002).
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from holdfast.authority import (
    EVERYONE,
    OFFICER,
    Envelope,
    Genesis,
    Header,
    KeyCertificate,
    KeyOrder,
    KeyStatement,
    open_envelope,
    require_confirmed,
    require_quorum,
    seal_envelope,
)
from holdfast.clock import Clock
from holdfast.keys import DkgRound1Secret, DkgRound2Secret, dkg_begin, dkg_exchange, dkg_finish, seal_share, verify
from holdfast.signer import models
from holdfast.signer.errors import (
    GenesisMismatch,
    KeyAlreadyActive,
    KeyPending,
    QuorumInvalid,
    SealedForAnother,
    SessionUnknown,
    TranscriptDiffers,
)
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import (
    Commitments,
    Confirmed,
    KeygenActivate,
    KeygenBegin,
    KeygenExchange,
    KeygenFinish,
    KeygenTestBegin,
    Sealed,
)
from holdfast.signer.records import active_certificate
from holdfast.signer.rosters import Rosters
from holdfast.signer.signing import ROUND_COMMIT, Signings
from holdfast.signer.vaults import Vaults, share_context
from holdfast.store import transaction

ROUND_BROADCAST, ROUND_PACKAGE, ROUND_CONFIRM = 1, 2, 3

MAX_OPEN_CEREMONIES = 8

TEST_PATH: tuple[int, ...] = ()
"""Test messages are signed with the group key itself, which no address of the vault uses."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclass
class _Ceremony:
    order: KeyOrder
    first: DkgRound1Secret
    second: DkgRound2Secret | None = None
    broadcasts: dict[int, bytes] | None = None
    transcript: bytes = b""


class Ceremonies:
    """The key ceremonies of one signer. Rounds live in memory: after a crash a ceremony starts anew."""

    def __init__(  # noqa: PLR0917 - one signer's parts
        self,
        home: SignerHome,
        genesis: Genesis,
        rosters: Rosters,
        vaults: Vaults,
        signings: Signings,
        clock: Clock,
    ) -> None:
        self._home = home
        self._genesis = genesis
        self._rosters = rosters
        self._vaults = vaults
        self._signings = signings
        self._clock = clock
        self._open: dict[bytes, _Ceremony] = {}

    @property
    def _name(self) -> str:
        return self._home.identity.name

    def begin(self, request: KeygenBegin) -> tuple[Envelope, ...]:
        """Round 1: check the officers' order and broadcast this signer's commitment."""
        order, roster = request.order, self._rosters.current
        if order.genesis != self._genesis.digest() or order.network != self._genesis.network:
            raise GenesisMismatch("the key order is for another genesis or network")
        require_quorum(request.approvals, roster, order.digest(), OFFICER, roster.change_quorum)
        if self._name not in order.members:
            raise QuorumInvalid(f"{self._name} is no member of this committee")
        with transaction(self._home.engine) as connection:
            self._require_not_active(connection, order)
        secret, package = dkg_begin(order.identifier(self._name), len(order.members), order.threshold)
        # One at a time for a vault and epoch: so all members who finish two ceremonies finish them in one order.
        self._open = {
            session: other
            for session, other in self._open.items()
            if (other.order.vault, other.order.committee_epoch) != (order.vault, order.committee_epoch)
        }
        while len(self._open) >= MAX_OPEN_CEREMONIES:
            self._open.pop(next(iter(self._open)))
        session = request.session()
        self._open[session] = _Ceremony(order, secret)
        return (self._letter(package, session, EVERYONE, ROUND_BROADCAST, order.committee_epoch),)

    @staticmethod
    def _require_not_active(connection: Connection, order: KeyOrder) -> None:
        if active_certificate(connection, order.vault, order.committee_epoch) is not None:
            raise KeyAlreadyActive(f"{order.vault} has an active key in epoch {order.committee_epoch}")

    def exchange(self, request: KeygenExchange) -> tuple[Envelope, ...]:
        """Round 2: from everyone's broadcasts, a sealed package for each other member."""
        ceremony = self._ceremony(request.session)
        order = ceremony.order
        packages = self._opened(request.broadcasts, request.session, EVERYONE, ROUND_BROADCAST, order)
        if len(packages) != len(order.members):
            raise QuorumInvalid("a ceremony needs every member's broadcast")
        others = {index: body for index, body in packages.items() if index != order.identifier(self._name)}
        # Nothing is kept before this: a second exchange fails here and must not replace what the first was made of.
        second, sealed_for = dkg_exchange(ceremony.first, others)
        ceremony.second, ceremony.broadcasts = second, others
        ceremony.transcript = ceremony_transcript(request.session, request.broadcasts)
        letters = []
        for index, package in sealed_for.items():
            recipient = self._rosters.current.signer(order.members[index - 1])
            public = X25519PublicKey.from_public_bytes(recipient.sealing_key)
            info = _package_info(request.session, self._name, recipient.name)
            body = Sealed(ceremony.transcript, _SUITE.encrypt(package, public, info)).encoded()
            letters.append(self._letter(body, request.session, recipient.name, ROUND_PACKAGE, order.committee_epoch))
        return tuple(letters)

    def finish(self, request: KeygenFinish) -> tuple[Envelope, ...]:
        """Round 3: open the packages, store the share as pending, confirm the public key over the transcript."""
        ceremony = self._ceremony(request.session)
        self._open.pop(request.session)
        order = ceremony.order
        if ceremony.second is None or ceremony.broadcasts is None:
            raise SessionUnknown("the ceremony's second round has not happened here")
        opened = self._opened(request.packages, request.session, self._name, ROUND_PACKAGE, order)
        packages = {index: self._unseal(ceremony, request.session, index, body) for index, body in opened.items()}
        share, group_key = dkg_finish(ceremony.second, ceremony.broadcasts, packages)
        statement = KeyStatement(order.digest(), ceremony.transcript, group_key.encoded())
        context = share_context(self._genesis, order, request.session, self._name)
        with transaction(self._home.engine) as connection:
            self._require_not_active(connection, order)
            connection.execute(
                insert(models.keys).values(
                    session=request.session,
                    vault=order.vault,
                    committee_epoch=order.committee_epoch,
                    key_order=order.encoded(),
                    statement=statement.encoded(),
                    sealed_share=seal_share(self._home.sealer, share, context),
                )
            )
        signature = self._home.keys.signing.sign(statement.encoded())
        body = Confirmed(ceremony.transcript, group_key.encoded(), signature).encoded()
        return (self._letter(body, request.session, EVERYONE, ROUND_CONFIRM, order.committee_epoch),)

    def test(self, request: KeygenTestBegin) -> tuple[Envelope, ...]:
        """Commit to signing the ceremony's own test message with the pending key; shares follow as usual."""
        now_s = self._clock.now_s()
        with transaction(self._home.engine) as connection:
            order, statement = self._pending(connection, request.session)
            self._require_not_active(connection, order)
            distinct = set(request.quorum)
            if not len(request.quorum) == len(distinct) == order.threshold or not distinct <= set(order.members):
                raise QuorumInvalid(f"a test needs {order.threshold} distinct members")
            if self._name not in request.quorum:
                raise QuorumInvalid(f"{self._name} is not in this quorum")
            session = self._signings.open_session(
                connection,
                request.test_session(),
                self._vaults.pending_share(connection, request.session),
                quorum=request.quorum,
                order=order,
                hashes=(statement.test_message(),),
                paths=(TEST_PATH,),
                request=None,
                now_s=now_s,
            )
        self._signings.keep(request.test_session(), session)
        body = Commitments(session.commitments, None).encoded()
        return (self._signings.letter(body, request.test_session(), ROUND_COMMIT, order.committee_epoch),)

    def activate(self, request: KeygenActivate) -> None:
        """Make the pending key active once its certificate holds; the same certificate again changes nothing.

        :raises KeyCertificateInvalid: a member is missing or did not sign.
        :raises KeyPending: the certificate is for another key than any pending one.
        :raises SignatureInvalid: a test signature does not verify.
        """
        certificate = request.certificate
        require_confirmed(certificate, self._rosters.current)
        with transaction(self._home.engine) as connection:
            session, order, statement = self._certified(connection, certificate)
            active = active_certificate(connection, order.vault, order.committee_epoch)
            if active == certificate:
                return
            if active is not None:
                raise KeyAlreadyActive(f"{order.vault} has another active key in epoch {order.committee_epoch}")
            share = self._vaults.pending_share(connection, session)
            output_key = share.group_key.output_key(list(TEST_PATH))
            for signature in certificate.test_signatures:
                verify(output_key, statement.test_message(), signature)
            try:
                connection.execute(
                    insert(models.certificates).values(
                        vault=order.vault,
                        committee_epoch=order.committee_epoch,
                        session=session,
                        certificate=certificate.encoded(),
                    )
                )
            except IntegrityError:
                raise KeyAlreadyActive(f"{order.vault} has an active key already") from None

    @staticmethod
    def _certified(connection: Connection, certificate: KeyCertificate) -> tuple[bytes, KeyOrder, KeyStatement]:
        """The ceremony whose pending key a certificate is of; a statement is of one ceremony, by its transcript."""
        table, order, statement = models.keys, certificate.order, certificate.statement
        session = connection.execute(
            select(table.c.session).where(
                table.c.key_order == order.encoded(), table.c.statement == statement.encoded()
            )
        ).scalar()
        if session is None:
            raise KeyPending("the certificate is for no key that is pending here")
        newest = connection.execute(
            select(table.c.session)
            .where(table.c.vault == order.vault, table.c.committee_epoch == order.committee_epoch)
            .order_by(text("rowid DESC"))
            .limit(1)
        ).scalar_one()
        # Were an older certificate good for ever, a relay could bring one key into use here and another one there.
        if newest != session:
            raise KeyPending("a later ceremony for this vault and epoch took this one's place")
        return bytes(session), order, statement

    def _pending(self, connection: Connection, session: bytes) -> tuple[KeyOrder, KeyStatement]:
        table = models.keys
        row = connection.execute(
            select(table.c.key_order, table.c.statement).where(table.c.session == session)
        ).one_or_none()
        if row is None:
            raise SessionUnknown("no key of this ceremony is stored here")
        return KeyOrder.decoded(row.key_order), KeyStatement.decoded(row.statement)

    def _ceremony(self, session: bytes) -> _Ceremony:
        ceremony = self._open.get(session)
        if ceremony is None:
            raise SessionUnknown("no such ceremony is open here; begin a new one")
        return ceremony

    def _opened(
        self, envelopes: tuple[Envelope, ...], session: bytes, recipient: str, round_: int, order: KeyOrder
    ) -> dict[int, bytes]:
        """Each member's body by FROST identifier, every letter its sender's own and of this place."""
        opened: dict[int, bytes] = {}
        for envelope in envelopes:
            sender = envelope.letter.header.sender
            if sender not in order.members or order.identifier(sender) in opened:
                raise QuorumInvalid(f"a letter of {sender[:40]!r}, who is no member or wrote twice")
            expected = Header(sender, recipient, session, round_, order.committee_epoch)
            opened[order.identifier(sender)] = open_envelope(envelope, self._rosters.current, expected)
        return opened

    def _unseal(self, ceremony: _Ceremony, session: bytes, index: int, body: bytes) -> bytes:
        sealed = Sealed.decoded(body)
        sender = ceremony.order.members[index - 1]
        if sealed.transcript != ceremony.transcript:
            raise TranscriptDiffers(f"{sender} saw other broadcasts than this signer")
        try:
            return _SUITE.decrypt(
                sealed.ciphertext, self._home.keys.sealing, _package_info(session, sender, self._name)
            )
        except (InvalidTag, ValueError):
            raise SealedForAnother(f"the package of {sender} does not open here") from None

    def _letter(self, body: bytes, session: bytes, recipient: str, round_: int, epoch: int) -> Envelope:
        return seal_envelope(Header(self._name, recipient, session, round_, epoch), body, self._home.keys.signing)


def ceremony_transcript(session: bytes, broadcasts: tuple[Envelope, ...]) -> bytes:
    """What every member must have seen in the first round, 32 bytes: the broadcasts in the order of their senders."""
    ordered = sorted(broadcasts, key=lambda envelope: envelope.letter.header.sender)
    return hashlib.sha256(session + b"".join(envelope.letter.digest() for envelope in ordered)).digest()


def _package_info(session: bytes, sender: str, recipient: str) -> bytes:
    return b"/".join((b"holdfast/key-package", session, sender.encode(), recipient.encode()))
