"""A second valid signature is made from the first, without the key: (r, s) becomes (r, n - s).

ECDSA signatures are malleable (SEC 1 v2, section 4.1; compare Bitcoin's BIP-62). The second is as valid as the
first, and verifiers that count signatures instead of persons would count it.
"""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from authority_rig import Venue, intent
from holdfast.authority import APPROVER, Approval, QuorumNotReached, Roster, require_quorum, verify_approval

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SUBJECT = intent().digest()


def malleated(approval: Approval) -> Approval:
    """The same approval with the other signature of the pair."""
    r, s = decode_dss_signature(approval.assertion.signature)
    other = encode_dss_signature(r, P256_ORDER - s)
    return dataclasses.replace(approval, assertion=dataclasses.replace(approval.assertion, signature=other))


def test_the_second_signature_is_valid_and_still_the_same_person(house: Venue, roster: Roster) -> None:
    approval = house.approve("anna", SUBJECT)
    twin = malleated(approval)
    assert twin.assertion.signature != approval.assertion.signature
    assert verify_approval(twin, roster, SUBJECT, APPROVER) == verify_approval(approval, roster, SUBJECT, APPROVER)
    with pytest.raises(QuorumNotReached, match="1 of 2 persons"):
        require_quorum([approval, twin], roster, SUBJECT, APPROVER, 2)
