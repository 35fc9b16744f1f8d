"""A hostile page frames the approval page, or looks like it, and has the approver touch their authenticator.

Web Authentication Level 3, sections 5.8.1 (``crossOrigin``, ``topOrigin``) and 13.4.2 (visibility in frames). The
Bybit theft (February 2025) showed approvers a page that was not the signers' own.
"""

import pytest

from authority_rig import Venue, intent, origin
from holdfast.authority import APPROVER, Approval, AssertionWrongOrigin, Roster, verify_approval

SUBJECT = intent().digest()


@pytest.mark.parametrize(
    ("cross_origin", "top_origin"),
    [(True, "https://evil.example"), (True, None), (False, "https://evil.example"), (True, origin(2))],
)
def test_an_approval_inside_a_frame_is_refused(
    house: Venue, roster: Roster, cross_origin: bool, top_origin: str | None
) -> None:
    assertion = house.devices["anna"][0].assertion(SUBJECT, origin(1), cross_origin=cross_origin, top_origin=top_origin)
    with pytest.raises(AssertionWrongOrigin, match="frame"):
        verify_approval(Approval("anna", assertion), roster, SUBJECT, APPROVER)


@pytest.mark.parametrize(
    "elsewhere", ["https://console.exchange.example", "http://localhost:9000", "http://127.0.0.1:8801", "null", ""]
)
def test_an_approval_on_a_page_that_is_no_signer_s_is_refused(house: Venue, roster: Roster, elsewhere: str) -> None:
    assertion = house.devices["anna"][0].assertion(SUBJECT, elsewhere)
    with pytest.raises(AssertionWrongOrigin, match="pinned"):
        verify_approval(Approval("anna", assertion), roster, SUBJECT, APPROVER)
