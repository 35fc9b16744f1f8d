"""Key ceremonies, the relay's side: carrying rounds between signers until the key's certificate stands."""

import os
from collections import Counter
from collections.abc import Iterator

from holdfast.audit import KeyActivated, append
from holdfast.authority import (
    EVERYONE,
    Approval,
    Confirmation,
    Envelope,
    Header,
    KeyCertificate,
    KeyCertificateInvalid,
    KeyOrder,
    KeyStatement,
    open_envelope,
    require_confirmation,
)
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import CeremonyFailed, VaultExists, VaultUnknown
from holdfast.custody.vaults import activate_vault, record_vault, vault_certificate
from holdfast.encoding import Canonical
from holdfast.errors import HoldfastError
from holdfast.keys import GroupKey, aggregate
from holdfast.signer import (
    ROUND_COMMIT,
    ROUND_CONFIRM,
    ROUND_SHARE,
    TEST_PATH,
    Commitments,
    Confirmed,
    KeygenActivate,
    KeygenBegin,
    KeygenExchange,
    KeygenFinish,
    KeygenTestBegin,
    Shares,
    SignerClient,
    SigningFinish,
    ceremony_transcript,
)
from holdfast.store import transaction


def generate_key(plane: ControlPlane, order: KeyOrder, approvals: tuple[Approval, ...]) -> KeyCertificate:
    """Run a whole ceremony, or finish one: its certificate is on record before any member takes the key into use.

    A fault before the certificate leaves no key in use, and the ceremony can be run again. A fault after it leaves
    the key pending at some members; the same order again hands them the certificate.

    :raises CeremonyFailed: a member is away, refuses or cheats; the message says who and why.
    :raises VaultExists: the vault has a key of another order.
    """
    clients = plane.signers(order.members)
    if set(clients) != set(order.members):
        raise CeremonyFailed("a key ceremony needs a way to every member")
    certificate = _recorded(plane, order)
    try:
        if certificate is None:
            certificate = _certify(plane, order, KeygenBegin(order, approvals, os.urandom(16)), clients)
            with transaction(plane.engine) as connection:
                record_vault(connection, certificate)
        for client in clients.values():
            client.call(KeygenActivate(certificate))
    except CeremonyFailed:
        raise
    except HoldfastError as fault:
        raise CeremonyFailed(f"the ceremony stopped: {fault}") from fault
    _take_into_use(plane, certificate)
    return certificate


def _recorded(plane: ControlPlane, order: KeyOrder) -> KeyCertificate | None:
    """The certificate of an earlier ceremony by this very order."""
    try:
        with transaction(plane.engine) as connection:
            certificate = vault_certificate(connection, order.vault)
    except VaultUnknown:
        return None
    if certificate.order != order:
        raise VaultExists(f"{order.vault} has another key")
    return certificate


def _take_into_use(plane: ControlPlane, certificate: KeyCertificate) -> None:
    order, group_key = certificate.order, certificate.statement.group_key
    with transaction(plane.engine) as connection:
        if not activate_vault(connection, certificate):
            return
        event = KeyActivated(order.vault, order.committee_epoch, group_key, certificate.encoded())
        append(connection, event, plane.clock.now_s())


def _certify(
    plane: ControlPlane, order: KeyOrder, begin: KeygenBegin, clients: dict[str, SignerClient]
) -> KeyCertificate:
    session = begin.session()
    broadcasts = tuple(_one(client, begin) for client in clients.values())
    packages: dict[str, list[Envelope]] = {name: [] for name in order.members}
    for client in clients.values():
        for letter in client.call(KeygenExchange(session, broadcasts)):
            packages.setdefault(letter.letter.header.recipient, []).append(letter)
    transcript = ceremony_transcript(session, broadcasts)
    confirmed: dict[str, Confirmed] = {}
    for name, client in clients.items():
        letter = _one(client, KeygenFinish(session, tuple(packages[name])))
        place = Header(name, EVERYONE, session, ROUND_CONFIRM, order.committee_epoch)
        confirmed[name] = Confirmed.decoded(open_envelope(letter, plane.roster, place))
    confirmations = tuple(Confirmation(name, body.signature) for name, body in confirmed.items())
    group_keys = Counter(body.group_key for body in confirmed.values())
    statement = KeyStatement(order.digest(), transcript, group_keys.most_common(1)[0][0])
    _require_agreed(plane, statement, confirmations)
    return KeyCertificate(
        order=order,
        statement=statement,
        confirmations=confirmations,
        test_signatures=tuple(
            _test_signature(plane, order, session, statement, {name: clients[name] for name in quorum})
            for quorum in covering_quorums(order)
        ),
    )


def _require_agreed(plane: ControlPlane, statement: KeyStatement, confirmations: tuple[Confirmation, ...]) -> None:
    """Require that all members signed one statement; whoever signed another, or signed badly, is named."""
    strayed = []
    for confirmation in confirmations:
        try:
            require_confirmation(confirmation, statement, plane.roster)
        except KeyCertificateInvalid:
            strayed.append(confirmation.signer)
    if strayed:
        raise CeremonyFailed(f"{', '.join(strayed)} did not confirm what the others did")


def covering_quorums(order: KeyOrder) -> Iterator[tuple[str, ...]]:
    """Quorums that together hold every member, so that each has shown once that its share works."""
    members, threshold = order.members, order.threshold
    for start in range(0, len(members), threshold):
        # The last one is filled up from the end: every quorum has exactly as many as the threshold.
        yield members[min(start, len(members) - threshold) :][:threshold]


def _one(client: SignerClient, request: Canonical) -> Envelope:
    letters = client.call(request)
    if len(letters) != 1:
        raise CeremonyFailed(f"{client.name} answered {len(letters)} letters where one is due")
    return letters[0]


def _test_signature(
    plane: ControlPlane,
    order: KeyOrder,
    session: bytes,
    statement: KeyStatement,
    clients: dict[str, SignerClient],
) -> bytes:
    begin = KeygenTestBegin(session, tuple(clients), os.urandom(16))
    test_session, epoch = begin.test_session(), order.committee_epoch
    letters = {name: _one(client, begin) for name, client in clients.items()}
    commitments, shares = {}, {}
    for name, letter in letters.items():
        place = Header(name, EVERYONE, test_session, ROUND_COMMIT, epoch)
        body = Commitments.decoded(open_envelope(letter, plane.roster, place))
        (commitments[order.identifier(name)],) = body.commitments
    finish = SigningFinish(test_session, tuple(letters.values()))
    for name, client in clients.items():
        place = Header(name, EVERYONE, test_session, ROUND_SHARE, epoch)
        answer = Shares.decoded(open_envelope(_one(client, finish), plane.roster, place))
        (shares[order.identifier(name)],) = answer.shares
    group_key = GroupKey.decoded(statement.group_key)
    return aggregate(group_key, statement.test_message(), commitments, shares, list(TEST_PATH))
