"""What may stand in an address or a form: bounded, and malformed for anything else."""

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Path as InPath
from fastapi import Query, Request

from holdfast.custody import WithdrawalState
from holdfast.pages import NO_NUL
from holdfast.web.errors import RequestMalformed

MAX_FIELDS = 10

Sequence = Annotated[int | None, Query(ge=0, le=2**62)]
Reference = Annotated[str, Query(min_length=1, max_length=200, pattern=NO_NUL)]
OptionalReference = Annotated[str | None, Query(min_length=1, max_length=200, pattern=NO_NUL)]
Words = Annotated[str, Query(max_length=200, pattern=NO_NUL)]
Digest = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")]
Intent = Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]
EntryNumber = Annotated[int, InPath(ge=0, le=2**62)]
EpochNumber = Annotated[int, InPath(ge=0, le=2**31)]
State = Annotated[str, Query(pattern=f"^({'|'.join(WithdrawalState)})?$")]
"""A withdrawal's state; empty for any, as a form sends it."""


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a submitted form; its size is bounded by the perimeter.

    :raises RequestMalformed: not a form, a field given twice, or too many.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise RequestMalformed("a form is expected")
    try:
        pairs = parse_qsl(
            (await request.body()).decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=False,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise RequestMalformed("the form cannot be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise RequestMalformed("a field is given twice")
    return fields


async def json_document(request: Request) -> dict[str, Any]:
    """The object that a page's script has sent.

    :raises RequestMalformed: not a JSON object.
    """
    try:
        document = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise RequestMalformed("a JSON object is expected") from None
    if not isinstance(document, dict):
        raise RequestMalformed("a JSON object is expected")
    return document
