"""``holdfast vault``: the vaults, what they hold and who holds their keys."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.options import Home, Json
from holdfast.cli.output import amount, print_document, print_fields, print_table

if TYPE_CHECKING:
    from holdfast.custody import VaultView

app = typer.Typer(help="Vaults: what they hold, whose signatures move it.")

Name = Annotated[str, typer.Argument(metavar="VAULT", help="The vault's name.", show_default=False)]


@app.command("list")
def list_vaults(home: Home = None, as_json: Json = False) -> None:
    """List every vault with what it holds on the followed chain."""
    from holdfast.cli.homes import opened_books
    from holdfast.custody import vault_views
    from holdfast.store import snapshot

    with opened_books(home) as engine, snapshot(engine) as connection:
        views = list(vault_views(connection))
    if as_json:
        print_document({"vaults": [_document(view) for view in views]})
        return
    rows = [(view.name, view.network, view.committee, view.confirmed, view.reserved) for view in views]
    print_table(("VAULT", "NETWORK", "COMMITTEE", "HOLDS", "KEPT FOR PAYOUTS"), rows, "no vault has a key yet")


@app.command("show")
def show_vault(name: Name, home: Home = None, as_json: Json = False) -> None:
    """Show one vault: its holdings, its committee and its public key."""
    from holdfast.cli.homes import opened_books
    from holdfast.custody import vault_certificate, vault_views
    from holdfast.keys import GroupKey
    from holdfast.store import snapshot

    with opened_books(home) as engine, snapshot(engine) as connection:
        certificate = vault_certificate(connection, name)
        (view,) = (view for view in vault_views(connection) if view.name == name)
    order, group_key = certificate.order, GroupKey.decoded(certificate.statement.group_key)
    committee = {
        "suite": order.suite,
        "threshold": order.threshold,
        "members": list(order.members),
        "committee_epoch": order.committee_epoch,
        "group_key": group_key.verifying_key.hex(),
        "extended_public_key": group_key.extended_public_key(order.network),
    }
    if as_json:
        print_document(_document(view) | committee)
        return
    print_fields(
        {
            "vault": view.name,
            "network": view.network,
            "holds": view.confirmed,
            "kept for payouts": view.reserved,
            "committee": f"{view.committee}: {', '.join(order.members)}",
            "committee epoch": order.committee_epoch,
            "suite": order.suite,
            "group key": committee["group_key"],
            "extended public key": committee["extended_public_key"],
            "certificate": view.certificate.hex(),
        }
    )


def _document(view: "VaultView") -> dict[str, Any]:
    return {
        "name": view.name,
        "asset": view.asset,
        "network": view.network,
        "committee": view.committee,
        "confirmed": amount(view.confirmed),
        "reserved": amount(view.reserved),
        "certificate": view.certificate.hex(),
    }
