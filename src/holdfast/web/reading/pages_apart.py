"""Which signer's page each person is sent to: different persons to different signers, as far as there are enough.

A person who approves on one signer's page shows the others nothing; a signer that lies to one person is found out by
the next, on another's. Signers themselves require it; this only sends people where they will be taken.
"""

from collections.abc import Collection, Iterator, Sequence

from holdfast.authority import Person, Roster, SignerIdentity


def signers_for(
    persons: Sequence[Person], roster: Roster, subject: bytes, used: Collection[str] = ()
) -> Iterator[tuple[Person, SignerIdentity]]:
    """A signer for each person, none of those whose names are ``used`` while there are others.

    The start differs from subject to subject, so that nobody is always sent to the same signer.
    """
    signers = [signer for signer in roster.signers if signer.name not in used] or list(roster.signers)
    for number, person in enumerate(persons):
        yield person, signers[(subject[0] + number) % len(signers)]
