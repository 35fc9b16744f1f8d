"""``holdfast policy``: reading a policy file, and trying movements against it before anybody depends on it."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import UsageInvalid
from holdfast.cli.options import Home, Json
from holdfast.cli.output import amount, print_document, print_fields, print_table

if TYPE_CHECKING:
    from holdfast.amounts import Amount
    from holdfast.authority import Genesis
    from holdfast.policy import Movement, Policy, SimulatedRow

app = typer.Typer(help="The policy: what may move, and who must agree.")

Amounts = Annotated[
    list[str],
    typer.Option("--amount", metavar="'0.5 BTC'", help="What would move; may be given again.", show_default=False),
]
PolicyFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="A policy file; without it, the deployment's own.", show_default=False),
]


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy file.", show_default=False)],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Read a policy file strictly; with --home, also say whether it is the one that the genesis pins."""
    from holdfast.policy import read_policy

    policy = read_policy(file)
    pinned = None if home is None else _genesis(home).policy == policy.digest()
    found = {
        "version": policy.version,
        "digest": policy.digest().hex(),
        "rules": [rule.name for rule in policy.rules],
        "limits": len(policy.limits),
        "pinned": pinned,
    }
    if as_json:
        print_document(found)
        return
    fields: dict[str, object] = {
        "policy": f"version {policy.version}, valid",
        "digest": found["digest"],
        "rules": f"{len(policy.rules)}: {'; '.join(rule.name for rule in policy.rules)}",
        "limits": len(policy.limits),
    }
    if pinned is not None:
        fields["in force"] = "yes: the genesis pins it" if pinned else "no: the genesis pins another one"
    print_fields(fields)


@app.command("simulate")
def simulate(  # noqa: PLR0917 -- each is an option, given by name
    amounts: Amounts,
    file: PolicyFile = None,
    vault: Annotated[str, typer.Option(metavar="NAME", help="The vault it would leave.")] = "hot",
    customer_signed: Annotated[
        bool, typer.Option("--customer-signed/--unsigned", help="Whether customers' own orders stand behind it.")
    ] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say what a policy would make of movements, changing nothing. Limits over time are not counted."""
    from holdfast.policy import Movement
    from holdfast.policy import simulate as simulated

    if file is None and home is None:
        raise UsageInvalid("name a policy file, or a deployment with --home DIR")
    genesis = None if home is None else _genesis(home)
    totals = [_amount(text) for text in amounts]
    movements = [Movement(vault, total.asset, total, customer_signed) for total in totals]
    rows = simulated(_policy(file, home), movements)
    if as_json:
        print_document({"movements": [_document(row, genesis) for row in rows]})
        return
    table = [
        (row.movement.total, row.outcome, row.rule or "-", _persons(row, genesis) or "-", row.reason) for row in rows
    ]
    print_table(("AMOUNT", "OUTCOME", "RULE", "PERSONS", "REASON"), table)


def _policy(file: Path | None, home: Path | None) -> "Policy":
    from holdfast.cli.homes import home_policy
    from holdfast.policy import read_policy

    return home_policy(home) if file is None else read_policy(file)


def _genesis(home: Path) -> "Genesis":
    from holdfast.cli.homes import home_genesis

    return home_genesis(home)


def _amount(text: str) -> "Amount":
    from holdfast.amounts import Amount

    number, _, asset = text.strip().partition(" ")
    return Amount.from_text(number, asset.strip())


def _persons(row: "SimulatedRow", genesis: "Genesis | None") -> int:
    """How many persons it takes, with the genesis's floors where a deployment was named."""
    from holdfast.policy import ALLOW, require_floors

    if row.outcome != ALLOW or genesis is None:
        return row.approvals
    return require_floors(genesis.floors, row.movement.total, row.approvals)


def _document(row: "SimulatedRow", genesis: "Genesis | None") -> dict[str, Any]:
    movement: Movement = row.movement
    return {
        "vault": movement.vault,
        "amount": amount(movement.total),
        "customer_signed": movement.customer_signed,
        "outcome": row.outcome,
        "rule": row.rule,
        "persons": _persons(row, genesis),
        "role": row.role or None,
        "delay_s": row.delay_s,
        "reason": row.reason,
    }
