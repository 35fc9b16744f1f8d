"""Refusals and states in the words of somebody who has never heard of custody. The code always stands beside them."""

from dataclasses import dataclass

from holdfast.errors import HoldfastError

_OWN_WORDS = ("amount.", "exchange.", "customer.exists", "chains.payment_below_dust")
"""Codes, or beginnings of codes, whose own line is plain, and names nothing of this machine."""

REFUSALS = {
    "assertion.user_not_verified": "Your device did not check that it is you. Use its fingerprint, face or PIN.",
    "assertion.wrong_origin": "This was signed on another page than this one.",
    "assertion.wrong_relying_party": "This was signed for another site than this one.",
    "assertion.of_another": "What your passkey signed is not what was shown here. Nothing was done.",
    "assertion.signature_invalid": "The signature is not your passkey's.",
    "assertion.credential_unknown": "This is not the passkey that the account was opened with.",
    "registration.invalid": "Your device made no passkey of the kind that is needed here.",
    "authority.malformed": "This is not an address that bitcoin can be sent to.",
    "chains.address_malformed": "This is not a bitcoin address. Please check every character.",
    "chains.address_of_other_network": "This address belongs to another network than this exchange's.",
    "customer.unknown": "No account here has this passkey. Open one first.",
    "ledger.insufficient_funds": "This is more than your available balance.",
    "policy.denied": "This is more than may leave at once. Ask for less.",
    "policy.velocity_exceeded": "More has left today than may leave in a day. Try again tomorrow.",
    "screening.destination_sanctioned": "This address is on a sanctions list. Nothing can be sent to it.",
    "screening.snapshot_stale": "The sanctions list here is too old to check against. Please try again later.",
    "attestation.forbids": "The risk check did not allow it.",
    "order.expired": "Your order was not settled in time. Nothing left your account; you can ask again.",
    "intent.expired": "It was not approved in time. Nothing left your account; you can ask again.",
    "withdrawal.final": "It is being paid already and can no longer be cancelled.",
    "withdrawal.unknown": "You have no such withdrawal.",
    "payout.not_awaited": "This payout no longer waits for approvals.",
    "reserves.epoch_unknown": "There is no such publication.",
    "reserves.customer_not_in_epoch": "This publication does not count you.",
    "reserves.busy": "The reserves are being published this very moment. Wait a little.",
}

NOT_NOW = "This is not possible just now. Nothing was changed; please try again."
REFUSED = "This was refused. Nothing was changed."

STATUS_OF = {
    "exchange.not_signed_in": 401,
    "withdrawal.unknown": 404,
    "reserves.epoch_unknown": 404,
    "reserves.customer_not_in_epoch": 404,
}
_STATUSES = {1: 409, 2: 400, 3: 503}


@dataclass(frozen=True)
class Said:
    """What a person is told of a refusal, and the HTTP status that goes with it."""

    status: int
    words: str
    code: str


def said(fault: HoldfastError) -> Said:
    """A refusal for people. Its own line is shown only where nothing of this machine can be in it."""
    status = STATUS_OF.get(fault.code, _STATUSES[fault.exit_status])
    if fault.code.startswith(_OWN_WORDS) and fault.exit_status != 3:
        return Said(status, _sentence(str(fault)), fault.code)
    return Said(status, words_of(fault.code, NOT_NOW if fault.exit_status == 3 else REFUSED), fault.code)


def words_of(code: str, otherwise: str = REFUSED) -> str:
    """The words for a stable code."""
    return REFUSALS.get(code, otherwise)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
