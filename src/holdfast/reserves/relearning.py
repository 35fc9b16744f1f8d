"""What a control plane that lost some of its records learns again: from its folders, and from the signers.

A signer that has attested a number attests no other content for it, ever. So a database that was restored from a backup
must go on from where the signers are, not from where it was.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from holdfast.authority import EVERYONE, EpochChainBroken, EpochHeader, Header, KeyCertificate, open_envelope
from holdfast.errors import HoldfastError
from holdfast.reserves.archive import opened_archive
from holdfast.reserves.manifest import Manifest
from holdfast.reserves.numbers import known_epochs, record_published, replace_unpublished
from holdfast.reserves.preparation import ABANDONED, PREPARED, PRIVATE
from holdfast.reserves.types import House
from holdfast.reserves.views import epoch_numbers, read_manifest
from holdfast.signer import EpochShown, EpochsShow, SignerClient
from holdfast.store import snapshot, transaction

log = structlog.get_logger()

MAX_LETTERS = 100
"""How many letters one signer is asked for; one that goes on for ever is not listened to."""


@dataclass(frozen=True)
class _Evidence:
    """What may follow the newest published epoch that the database knows, by where it was found."""

    published: dict[EpochHeader, Manifest]
    blocking: frozenset[EpochHeader]
    own: frozenset[EpochHeader]
    folders: frozenset[EpochHeader]

    def next_after(self, newest: EpochHeader | None) -> EpochHeader | None:
        """The epoch to go on from after ``newest``: the published one, or one that too many signers are bound to."""
        for found in (self.published, self.blocking, self.own, self.folders):
            for header in sorted(found, key=EpochHeader.super_root):
                if _follows(header, newest):
                    return header
        return None


def relearn(house: House, directory: Path) -> None:
    """Bring the database's numbers up to what folders and signers know; what is published stays as it is."""
    with snapshot(house.engine) as connection:
        known = known_epochs(connection)
        certificates = [vault.certificate for vault in house.holdings(connection).vaults]
    evidence = _Evidence(
        published=_published(directory, known.published),
        blocking=_blocking(house, certificates, known.published),
        own=frozenset(known.skipped),
        folders=frozenset(_in_folders(directory)),
    )
    newest, learned = (known.headers[known.published - 1] if known.published else None), list[EpochHeader]()
    while (following := evidence.next_after(newest)) is not None:
        learned.append(following)
        newest = following
    if learned and tuple(learned) != known.skipped:
        with transaction(house.engine) as connection:
            replace_unpublished(connection, tuple(learned), house.clock.now_s())
        log.warning("reserves.epochs_relearned", first=learned[0].epoch, last=learned[-1].epoch)
    for header in learned:
        if header in evidence.published:
            record_published(house, header, evidence.published[header].before[0])


def _follows(header: EpochHeader, newest: EpochHeader | None) -> bool:
    if newest is None:
        return header.epoch == 1
    try:
        header.require_follows(newest)
    except EpochChainBroken:
        return False
    return True


def _published(directory: Path, after: int) -> dict[EpochHeader, Manifest]:
    """The manifests in the folders of higher numbers, as far as their own signers attest them."""
    manifests = {}
    for number in epoch_numbers(directory):
        try:
            if number > after:
                manifest = Manifest.decoded(read_manifest(directory / str(number)))
                manifest.require_consistent()
                manifests[manifest.header] = manifest
        except HoldfastError as fault:
            log.warning("reserves.folder_ignored", epoch=number, code=fault.code)
    return manifests


def _in_folders(directory: Path) -> Iterator[EpochHeader]:
    """The epochs that were prepared here, those that were given up included."""
    for number in epoch_numbers(directory):
        try:
            yield from Manifest.decoded(read_manifest(directory / str(number))).skipped
        except HoldfastError:
            continue
    for folder in (*directory.glob(f"*{PREPARED}"), *directory.glob(f"*{ABANDONED}*")):
        try:
            with opened_archive(folder / PRIVATE) as archive:
                yield archive.header
        except HoldfastError:
            continue


def _blocking(house: House, certificates: list[KeyCertificate], after: int) -> frozenset[EpochHeader]:
    """The epochs that so many of a vault's signers are bound to that no quorum attests another in their place.

    Fewer than that may be lying, and can be done without.
    """
    names = dict.fromkeys(name for certificate in certificates for name in certificate.order.members)
    bound = {name: _bound(house, client, after) for name, client in house.signers(tuple(names)).items()}
    found: set[EpochHeader] = set()
    for certificate in certificates:
        order = certificate.order
        votes = Counter(header for name in order.members for header in bound.get(name, ()))
        found |= {header for header, count in votes.items() if count > len(order.members) - order.threshold}
    return frozenset(found)


def _bound(house: House, client: SignerClient, after: int) -> set[EpochHeader]:
    """The epochs after a number that one signer says it is bound to, as far as it answers."""
    headers: set[EpochHeader] = set()
    for _ in range(MAX_LETTERS):
        asked = EpochsShow(os.urandom(16), after)
        place = Header(client.name, EVERYONE, asked.digest(), 0, 0)
        try:
            (letter,) = client.call(asked)
            shown = EpochShown.decoded(open_envelope(letter, house.roster, place)).headers
        except (HoldfastError, ValueError):
            break
        if not shown or shown[-1].epoch <= after:
            break
        headers.update(shown)
        after = shown[-1].epoch
    return headers
