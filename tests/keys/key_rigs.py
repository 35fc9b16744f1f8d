"""Real committees for tests: every round through the public names."""

import functools
from collections.abc import Iterable, Mapping, Sequence

from holdfast import keys


@functools.cache
def committee(signers: int = 5, threshold: int = 3, nth: int = 0) -> Mapping[int, keys.KeyShare]:
    """The shares of a new key; the same one for the same arguments, to keep tests fast."""
    begun = {own: keys.dkg_begin(own, signers, threshold) for own in range(1, signers + 1)}
    hellos = {own: hello for own, (_, hello) in begun.items()}
    exchanged = {own: keys.dkg_exchange(secret, without(hellos, own)) for own, (secret, _) in begun.items()}
    letters = {own: {sender: sent[own] for sender, (_, sent) in exchanged.items() if sender != own} for own in begun}
    return {
        own: keys.dkg_finish(secret, without(hellos, own), letters[own])[0] for own, (secret, _) in exchanged.items()
    }


def without(sent: Mapping[int, bytes], own: int) -> dict[int, bytes]:
    """What a signer is given: everything but its own message."""
    return {sender: message for sender, message in sent.items() if sender != own}


def partial_signatures(
    shares: Mapping[int, keys.KeyShare], signers: Iterable[int], message: bytes, path: Sequence[int] = ()
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Commitments and signature shares of these signers."""
    committed = {signer: keys.commit(shares[signer]) for signer in signers}
    commitments = {signer: sent for signer, (_, sent) in committed.items()}
    parts = {
        signer: keys.sign(shares[signer], nonces, message, commitments, path)
        for signer, (nonces, _) in committed.items()
    }
    return commitments, parts


def signature(
    shares: Mapping[int, keys.KeyShare], signers: Sequence[int], message: bytes, path: Sequence[int] = ()
) -> bytes:
    """One signature by these signers."""
    commitments, parts = partial_signatures(shares, signers, message, path)
    return keys.aggregate(shares[signers[0]].group_key, message, commitments, parts, path)
