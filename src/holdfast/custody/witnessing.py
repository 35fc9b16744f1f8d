"""Asking the signers to cosign the log, so that all of them know its newest state and not only the last quorum."""

from holdfast.audit import add_cosignature, checkpoint, consistency_proof, open_checkpoint
from holdfast.authority import EVERYONE, Header, open_envelope
from holdfast.custody.control_plane import ControlPlane
from holdfast.errors import HoldfastError
from holdfast.signer import Cosigned, CosignRequest, SignerRefused, SignerUnavailable
from holdfast.store import transaction


def cosign_log(plane: ControlPlane) -> dict[str, str]:
    """Have every signer that answers vouch for the newest checkpoint.

    :returns: for each signer that did not, why: its refusal's code, or the fault's.
    """
    with transaction(plane.engine) as connection:
        note = checkpoint(connection, plane.log_signer)
    size = open_checkpoint(note, plane.genesis.log_name, plane.genesis.log_key).size
    missing: dict[str, str] = {}
    for name in plane.transports:
        client = plane.signer(name)
        try:
            known = client.status().log_size
            with transaction(plane.engine) as connection:
                proof = consistency_proof(connection, known, size) if 0 < known <= size else ()
            request = CosignRequest(note, tuple(proof))
            (letter,) = client.call(request)
            body = open_envelope(letter, plane.roster, Header(name, EVERYONE, request.digest(), 0, 0))
            line = Cosigned.decoded(body).cosignature
            with transaction(plane.engine) as connection:
                add_cosignature(connection, size, line, plane.roster.signer(name).signing_key)
        except SignerRefused as refused:
            missing[name] = refused.refusal.code
        except (HoldfastError, ValueError) as fault:
            missing[name] = getattr(fault, "code", SignerUnavailable.code)
    return missing
