"""The policy file: TOML that people write and review, read once into a :class:`~holdfast.policy.Policy`."""

import importlib.resources
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from holdfast.amounts import Amount, AmountError
from holdfast.policy.errors import PolicyDenied, PolicyMalformed
from holdfast.policy.evaluate import evaluate
from holdfast.policy.types import ALLOW, DENY, Movement, Policy, Rule, VaultLimit

MAX_FILE_BYTES = 200_000
"""The largest policy file that is read."""


class _Table(BaseModel):
    # A misspelt key would be a rule that silently says something else.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _RuleTable(_Table):
    name: str
    vault: str
    asset: str
    above: str | None = None
    up_to: str | None = None
    customer_signed: bool = False
    outcome: str
    approvals: int = 0
    role: str = ""
    delay_s: int = 0


class _LimitTable(_Table):
    vault: str
    asset: str
    window_s: int
    cap: str
    unsigned_cap: str


class _PolicyFile(_Table):
    version: int
    attestation_max_age_s: int
    screening_max_age_s: int
    intent_lifetime_s: int
    rules: list[_RuleTable]
    limits: list[_LimitTable]


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    :raises PolicyMalformed: the file cannot be read, or as :func:`policy_from_text`.
    """
    try:
        # A pipe would have us wait for ever.
        if path.exists() and not path.is_file():
            raise PolicyMalformed(f"the policy file {path} is no regular file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        return policy_from_text(content.decode("utf-8"))
    except OSError as fault:
        raise PolicyMalformed(f"the policy file {path} cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyMalformed(f"the policy file {path} is not UTF-8 text") from None


def policy_from_text(text: str) -> Policy:
    """The policy that a TOML text says. Amounts are text with their asset, such as ``"0.5 BTC"``.

    :raises PolicyMalformed: too large, no TOML, an unknown or missing key, or values that cannot be meant; one
        line that names the rule or limit.
    """
    if len(text.encode()) > MAX_FILE_BYTES:
        raise PolicyMalformed(f"a policy file has at most {MAX_FILE_BYTES} bytes")
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise PolicyMalformed(f"the policy is not TOML: {' '.join(str(fault).split())}") from None
    try:
        file = _PolicyFile.model_validate(tables)
    except ValidationError as fault:
        raise PolicyMalformed(_first_fault(fault, tables)) from None
    return Policy(
        file.version,
        tuple(_rule(table) for table in file.rules),
        tuple(_limit(table) for table in file.limits),
        file.attestation_max_age_s,
        file.screening_max_age_s,
        file.intent_lifetime_s,
    )


def _first_fault(fault: ValidationError, tables: dict[str, object]) -> str:
    first = fault.errors(include_url=False, include_input=False)[0]
    message = {"extra_forbidden": "unknown key", "missing": "missing"}.get(first["type"], first["msg"].lower())
    where = list(first["loc"])
    listed = tables.get(str(where[0]))
    if len(where) > 1 and isinstance(listed, list) and isinstance(where[1], int):
        where[:2] = [_label(str(where[0]).removesuffix("s"), listed[where[1]], where[1])]
    return ": ".join([*map(str, where), message])


def _label(kind: str, table: object, position: int) -> str:
    named = table.get("name") or table.get("vault") if isinstance(table, dict) else None
    return f"{kind} {str(named)[:80]!r}" if named else f"{kind} number {position + 1}"


def _amount(text: str | None, where: str) -> Amount | None:
    if text is None:
        return None
    number, blank, asset = text.partition(" ")
    if not blank:
        raise PolicyMalformed(f"{where}: {text[:40]!r} is no amount; write it like '0.5 BTC'")
    try:
        return Amount.from_text(number, asset)
    except AmountError as fault:
        raise PolicyMalformed(f"{where}: {fault}") from None


def _rule(table: _RuleTable) -> Rule:
    where = f"rule {table.name[:80]!r}"
    above, up_to = _amount(table.above, f"{where}: above"), _amount(table.up_to, f"{where}: up_to")
    try:
        return Rule(**{**table.model_dump(), "above": above, "up_to": up_to})
    except AmountError as fault:
        raise PolicyMalformed(f"{where}: {fault}") from None


def _limit(table: _LimitTable) -> VaultLimit:
    where = f"limit {table.vault[:80]!r}"
    cap, unsigned_cap = _amount(table.cap, f"{where}: cap"), _amount(table.unsigned_cap, f"{where}: unsigned_cap")
    try:
        return VaultLimit(**{**table.model_dump(), "cap": cap, "unsigned_cap": unsigned_cap})
    except AmountError as fault:
        raise PolicyMalformed(f"{where}: {fault}") from None


def policy_to_text(policy: Policy) -> str:
    """The TOML text that :func:`policy_from_text` reads back as the same policy."""
    lines = [
        f"{name} = {getattr(policy, name)}"
        for name in ("version", "attestation_max_age_s", "screening_max_age_s", "intent_lifetime_s")
    ]
    for heading, tables, model in (("rules", policy.rules, _RuleTable), ("limits", policy.limits, _LimitTable)):
        if not tables:
            lines.insert(0, f"{heading} = []")
        for table in tables:
            values = {name: getattr(table, name) for name in model.model_fields}
            lines += [
                "",
                f"[[{heading}]]",
                *(f"{name} = {_toml(value)}" for name, value in values.items() if value is not None),
            ]
    return "\n".join(lines) + "\n"


def _toml(value: str | int | bool | Amount) -> str:
    if isinstance(value, Amount):
        return f'"{str(value).replace(",", "")}"'
    # JSON's spelling of printable text, whole numbers and truth values is TOML's as well.
    return json.dumps(value, ensure_ascii=False)


def default_policy() -> Policy:
    """The commented example that comes with the package, ``default.toml``."""
    text = importlib.resources.files("holdfast.policy").joinpath("default.toml").read_text("utf-8")
    return policy_from_text(text)


@dataclass(frozen=True)
class SimulatedRow:
    """What would become of one movement: ``outcome``, the rule that decided (if any), and what it asks for."""

    movement: Movement
    outcome: str
    rule: str | None
    approvals: int
    role: str
    delay_s: int
    reason: str


def simulate(policy: Policy, movements: Iterable[Movement]) -> tuple[SimulatedRow, ...]:
    """Try movements against the rules, changing nothing. Limits are not counted: they depend on what moved before."""
    return tuple(_simulated(policy, movement) for movement in movements)


def _simulated(policy: Policy, movement: Movement) -> SimulatedRow:
    try:
        verdict = evaluate(policy, movement)
    except PolicyDenied as denial:
        return SimulatedRow(movement, DENY, denial.rule, 0, "", 0, str(denial))
    persons = "person" if verdict.approvals == 1 else "persons"
    reason = f"rule {verdict.rule!r} asks for {verdict.approvals} {persons} with role {verdict.role}"
    return SimulatedRow(movement, ALLOW, verdict.rule, verdict.approvals, verdict.role, verdict.delay_s, reason)
