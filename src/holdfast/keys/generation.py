"""Distributed key generation: Pedersen's, with proofs of knowledge (Komlo and Goldberg, "FROST", 2020, figure 1).

Three steps for each signer. Each consumes the secret of the one before, also when it fails: a failed generation
begins again, so that nobody can probe one secret twice.
"""

from collections.abc import Mapping

from holdfast import _core
from holdfast._core import DkgRound1Secret, DkgRound2Secret, GroupKey, KeyShare


def dkg_begin(identifier: int, signers: int, threshold: int) -> tuple[DkgRound1Secret, bytes]:
    """Start: the secret of round 1, and the public message to broadcast.

    ``identifier`` is this signer's number, from 1 to 65,535, and 2 <= ``threshold`` <= ``signers`` <= 32.

    :raises ParametersInvalid: other numbers.
    """
    return _core.dkg_begin(identifier, signers, threshold)


def dkg_exchange(secret: DkgRound1Secret, round1: Mapping[int, bytes]) -> tuple[DkgRound2Secret, dict[int, bytes]]:
    """Check the public messages of all *other* signers, by sender; one secret message for each, by recipient.

    :raises CheaterFound: a message that is malformed, of another threshold, or without a valid proof that its
        sender knows the secret behind it (which stops a signer from choosing its key after seeing the others').
    :raises ParametersInvalid: not one message of each other signer.
    :raises SecretAlreadyConsumed: this secret was used before.
    """
    return _core.dkg_exchange(secret, dict(round1))


def dkg_finish(
    secret: DkgRound2Secret, round1: Mapping[int, bytes], round2: Mapping[int, bytes]
) -> tuple[KeyShare, GroupKey]:
    """Given round 1 again, and the secret messages *for this signer*, by sender: its share and the group key.

    The group key is already committed to an unspendable script path (BIP-341), so its x-coordinate is a taproot
    output key. It is not to be used before every signer has confirmed the same :meth:`GroupKey.encoded`.

    :raises CheaterFound: a secret message that is malformed, or does not fit its sender's public one.
    :raises TranscriptMismatch: round 1 is not what :func:`dkg_exchange` was given.
    :raises ParametersInvalid: not one message of each other signer.
    :raises SecretAlreadyConsumed: this secret was used before.
    """
    return _core.dkg_finish(secret, dict(round1), dict(round2))
