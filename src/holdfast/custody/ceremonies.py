"""Key ceremonies, the relay's side: carrying rounds between signers until the key's certificate stands."""

import os
from collections.abc import Iterator

from holdfast.audit import KeyActivated, append
from holdfast.authority import (
    EVERYONE,
    Approval,
    Confirmation,
    Envelope,
    Header,
    KeyCertificate,
    KeyOrder,
    KeyStatement,
    open_envelope,
    require_confirmed,
)
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import CeremonyFailed
from holdfast.custody.vaults import record_vault
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
)
from holdfast.store import transaction


def generate_key(plane: ControlPlane, order: KeyOrder, approvals: tuple[Approval, ...]) -> KeyCertificate:
    """Run a whole ceremony; on any fault no key is in use and the ceremony can be run again.

    :raises CeremonyFailed: a member is away, refuses or cheats; the message says who and why.
    """
    clients = plane.signers(order.members)
    if set(clients) != set(order.members):
        raise CeremonyFailed("a key ceremony needs a way to every member")
    begin = KeygenBegin(order, approvals, os.urandom(16))
    try:
        certificate = _certify(plane, order, begin, clients)
        for client in clients.values():
            client.call(KeygenActivate(begin.session(), certificate))
    except CeremonyFailed:
        raise
    except HoldfastError as fault:
        raise CeremonyFailed(f"the ceremony stopped: {fault}") from fault
    with transaction(plane.engine) as connection:
        record_vault(connection, certificate)
        append(
            connection,
            KeyActivated(order.vault, order.committee_epoch, certificate.statement.group_key, certificate.encoded()),
            plane.clock.now_s(),
        )
    return certificate


def _certify(
    plane: ControlPlane, order: KeyOrder, begin: KeygenBegin, clients: dict[str, SignerClient]
) -> KeyCertificate:
    session = begin.session()
    broadcasts = tuple(_one(client, begin) for client in clients.values())
    packages: dict[str, list[Envelope]] = {name: [] for name in order.members}
    for client in clients.values():
        for letter in client.call(KeygenExchange(session, broadcasts)):
            packages.setdefault(letter.letter.header.recipient, []).append(letter)
    confirmed: dict[str, Confirmed] = {}
    for name, client in clients.items():
        letter = _one(client, KeygenFinish(session, tuple(packages[name])))
        place = Header(name, EVERYONE, session, ROUND_CONFIRM, order.committee_epoch)
        confirmed[name] = Confirmed.decoded(open_envelope(letter, plane.roster, place))
    first = confirmed[order.members[0]]
    statement = KeyStatement(order.digest(), first.transcript, first.group_key)
    certificate = KeyCertificate(
        order=order,
        statement=statement,
        confirmations=tuple(Confirmation(name, body.signature) for name, body in confirmed.items()),
        test_signatures=tuple(
            _test_signature(plane, order, session, statement, {name: clients[name] for name in quorum})
            for quorum in covering_quorums(order)
        ),
    )
    require_confirmed(certificate, plane.roster)
    return certificate


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
