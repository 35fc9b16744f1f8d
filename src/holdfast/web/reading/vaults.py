"""Vaults and what all of them hold together, against what customers are owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.amounts import Amount
from holdfast.authority import KeyCertificate
from holdfast.custody import (
    CoinView,
    ControlPlane,
    FreezeStanding,
    SignerHealth,
    VaultCounts,
    VaultUnknown,
    VaultView,
    able_members,
    freeze_standing,
    paid_since,
    vault_certificate,
    vault_coins,
    vault_counts,
    vault_views,
)
from holdfast.ledger import OwnerClass, OwnerTotals, owner_totals
from holdfast.policy import VaultLimit, signer_cap

MAX_COINS_SHOWN = 50

PER_MYRIAD = 10_000


@dataclass(frozen=True)
class ShownVault:
    """A vault, and how many of its committee can sign now."""

    view: VaultView
    members: int
    threshold: int
    able: int
    freeze: FreezeStanding

    @property
    def free(self) -> Amount:
        """What no payout has reserved."""
        return self.view.confirmed - self.view.reserved


@dataclass(frozen=True)
class UsedLimit:
    """A policy's limit on a vault, what these books say was used of it, and what each signer alone lets through."""

    limit: VaultLimit
    used: Amount
    each_signer: Amount

    @property
    def used_percent(self) -> int:
        """How much of the cap is used, 0 to 100."""
        return min(100, self.used.units * 100 // self.limit.cap.units) if self.limit.cap.units else 100


@dataclass(frozen=True)
class VaultPage:
    """All that one vault's page shows."""

    vault: ShownVault
    certificate: KeyCertificate
    counts: VaultCounts
    coins: tuple[CoinView, ...]
    limits: tuple[UsedLimit, ...]


@dataclass(frozen=True)
class ShownAsset:
    """One asset over all vaults: the chain's side, the books' side, and how they compare.

    ``unbooked_units`` is what the chain holds beyond the books: deposits that are not deep enough yet, less payments
    that are on the chain and not booked yet. It may be negative, and is small or soon gone.
    """

    asset: str
    on_chain: Amount
    customers: Amount
    held: Amount
    house: Amount
    cold: Amount

    @property
    def unbooked_units(self) -> int:
        """The chain's side less the books' side, in base units."""
        return self.on_chain.units - self.customers.units - self.house.units

    @property
    def covered(self) -> bool:
        """Whether the chain holds at least what customers are owed."""
        return self.customers <= self.on_chain

    @property
    def coverage_per_myriad(self) -> int | None:
        """What the chain holds for each 10,000 that customers are owed; none while they are owed nothing."""
        return self.on_chain.units * PER_MYRIAD // self.customers.units if self.customers.units else None

    @property
    def cold_per_myriad(self) -> int:
        """The cold part of each 10,000 that the chain holds."""
        return self.cold.units * PER_MYRIAD // self.on_chain.units if self.on_chain.units else 0


def shown_vaults(connection: Connection, signers: Sequence[SignerHealth]) -> list[ShownVault]:
    """Every vault."""
    return [_shown(connection, view, signers) for view in vault_views(connection)]


def _shown(connection: Connection, view: VaultView, signers: Sequence[SignerHealth]) -> ShownVault:
    order = vault_certificate(connection, view.name).order
    return ShownVault(
        view=view,
        members=len(order.members),
        threshold=order.threshold,
        able=able_members(signers, order.vault, order.committee_epoch),
        freeze=freeze_standing(signers, order.members, order.threshold),
    )


def vault_page(plane: ControlPlane, connection: Connection, name: str, signers: Sequence[SignerHealth]) -> VaultPage:
    """One vault.

    :raises VaultUnknown: there is none of this name.
    """
    vault = next((each for each in shown_vaults(connection, signers) if each.view.name == name), None)
    if vault is None:
        raise VaultUnknown(f"no vault {name[:60]!r}")
    return VaultPage(
        vault=vault,
        certificate=vault_certificate(connection, name),
        counts=vault_counts(connection, name),
        coins=vault_coins(connection, name, MAX_COINS_SHOWN),
        limits=tuple(_used(plane, connection, vault, limit) for limit in plane.policy.limits if limit.vault == name),
    )


def _used(plane: ControlPlane, connection: Connection, vault: ShownVault, limit: VaultLimit) -> UsedLimit:
    used = paid_since(connection, limit.vault, limit.asset, plane.clock.now_s() - limit.window_s)
    each = Amount(limit.asset, signer_cap(limit.cap.units, vault.members, vault.threshold))
    return UsedLimit(limit, used, each)


def shown_assets(connection: Connection, vaults: Sequence[ShownVault]) -> list[ShownAsset]:
    """Every asset that a vault holds or somebody is owed."""
    totals = {(each.total.asset, each.owner_class): each for each in owner_totals(connection)}
    assets = {vault.view.asset for vault in vaults} | {asset for asset, _ in totals}
    return [_asset(asset, vaults, totals) for asset in sorted(assets)]


def _asset(
    asset: str, vaults: Sequence[ShownVault], totals: Mapping[tuple[str, OwnerClass], OwnerTotals]
) -> ShownAsset:
    nothing = Amount(asset, 0)
    customers, house = totals.get((asset, OwnerClass.CUSTOMER)), totals.get((asset, OwnerClass.HOUSE))
    return ShownAsset(
        asset=asset,
        on_chain=sum((vault.view.confirmed for vault in vaults if vault.view.asset == asset), nothing),
        customers=customers.total if customers else nothing,
        held=customers.held if customers else nothing,
        house=house.total if house else nothing,
        # Every key of this release signs online: none of its vaults is cold.
        cold=nothing,
    )
