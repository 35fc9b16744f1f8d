"""What the commands on signers and on freezes both need to know: the committees of the vaults."""

from dataclasses import dataclass

from holdfast.custody import ControlPlane, vault_certificate, vault_views
from holdfast.store import snapshot


@dataclass(frozen=True)
class Committee:
    """Who signs for a vault."""

    vault: str
    epoch: int
    threshold: int
    members: tuple[str, ...]


def committees(plane: ControlPlane) -> tuple[Committee, ...]:
    """The committee of each vault, in the order of names."""
    with snapshot(plane.engine) as connection:
        orders = [vault_certificate(connection, view.name).order for view in vault_views(connection)]
    return tuple(Committee(order.vault, order.committee_epoch, order.threshold, order.members) for order in orders)
