"""What the page's own scripts send, read at the edge; nothing else is let in."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from holdfast.pages import NO_NUL

MAX_TEXT = 128
"""The longest name or reference that is looked up."""

Base64Url = Annotated[str, Field(min_length=1, max_length=6_000, pattern="^[A-Za-z0-9_-]+$")]
Challenge = Annotated[str, Field(min_length=43, max_length=43, pattern="^[A-Za-z0-9_-]{43}$")]
Epoch = Annotated[int, Path(ge=1, lt=2**53)]
Reference = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=NO_NUL)]


class Form(BaseModel):
    """Base: exactly these fields, and no conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NameForm(Form):
    """The name that somebody wants for an account."""

    name: Annotated[str, Field(max_length=200)]


class OpeningForm(Form):
    """An account's name, its passkey's registration, and the 128-bit nonce that this customer's page chose."""

    name: Annotated[str, Field(max_length=200)]
    challenge: Challenge
    credential: dict[str, Base64Url]
    nonce: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class SignInForm(Form):
    """A passkey's answer."""

    challenge: Challenge
    assertion: dict[str, Base64Url]


class OrderForm(Form):
    """What the customer typed."""

    amount: Annotated[str, Field(max_length=80)]
    destination: Annotated[str, Field(max_length=200)]


class SignedForm(Form):
    """The passkey's answer to a drafted order."""

    reference: Reference
    assertion: dict[str, Base64Url]


class ReferenceForm(Form):
    """One withdrawal, or one drafted order."""

    reference: Reference


class ApproveForm(Form):
    """A stand-in person and the payout that they shall approve."""

    person: Annotated[str, Field(max_length=MAX_TEXT, pattern=NO_NUL)]
    intent: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class StandInForm(Form):
    """A stand-in customer."""

    customer: Annotated[str, Field(max_length=MAX_TEXT, pattern=NO_NUL)]


class NothingForm(Form):
    """A request that says nothing beyond its address."""


Document = dict[str, Any]
"""What the page's scripts are answered, in types that JSON has."""
