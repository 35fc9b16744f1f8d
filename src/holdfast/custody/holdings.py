"""What the vaults hold as of a block: the coins that a reserve epoch counts."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from holdfast.authority import KeyCertificate
from holdfast.chains import BlockRef
from holdfast.chains.bitcoin import Outpoint
from holdfast.custody import models
from holdfast.custody.errors import BlockNotFollowed


@dataclass(frozen=True)
class HeldCoin:
    """A confirmed coin: where it is, its value in satoshi, and chain and position of its key."""

    outpoint: Outpoint
    value: int
    path: tuple[int, int]


@dataclass(frozen=True)
class VaultHoldings:
    """A vault's certified key, and its coins in the order of their outpoints."""

    certificate: KeyCertificate
    coins: tuple[HeldCoin, ...]


@dataclass(frozen=True)
class Holdings:
    """All vaults in use, as of a block."""

    block: BlockRef
    vaults: tuple[VaultHoldings, ...]


def holdings_at(connection: Connection, height: int) -> Holdings:
    """What the vaults held when the followed chain's block at this height was its tip.

    :raises BlockNotFollowed: the followed chain has no such block.
    """
    block_hash = connection.execute(select(models.blocks.c.hash).where(models.blocks.c.height == height)).scalar()
    if block_hash is None:
        raise BlockNotFollowed(f"the followed chain has no block at height {height}")
    vaults = connection.execute(
        select(models.vaults.c.name, models.vaults.c.certificate)
        .where(models.vaults.c.active == 1)
        .order_by(models.vaults.c.name)
    ).all()
    held = (
        VaultHoldings(KeyCertificate.decoded(bytes(row.certificate)), _coins(connection, row.name, height))
        for row in vaults
    )
    return Holdings(BlockRef(height, str(block_hash)), tuple(held))


def counted_height(connection: Connection, confirmations: int) -> int:
    """The height of the newest block that is deep enough for its deposits and payouts to be in the books.

    :raises BlockNotFollowed: the followed chain is not that long.
    """
    tip = connection.execute(select(func.max(models.blocks.c.height))).scalar()
    if tip is None or tip < confirmations - 1:
        raise BlockNotFollowed(f"the followed chain has no block of {confirmations} confirmations")
    return int(tip) - confirmations + 1


def _coins(connection: Connection, vault: str, height: int) -> tuple[HeldCoin, ...]:
    coins, addresses = models.coins, models.addresses
    query = (
        select(coins.c.txid, coins.c.vout, coins.c.value_sat, addresses.c.chain, addresses.c.position)
        .join(addresses, addresses.c.script == coins.c.script)
        .where(
            addresses.c.vault == vault,
            coins.c.height + coins.c.burial <= height,
            coins.c.spent_height.is_(None) | (coins.c.spent_height > height),
        )
    )
    held = [
        HeldCoin(Outpoint(row.txid, row.vout), row.value_sat, (row.chain, row.position))
        for row in connection.execute(query)
    ]
    return tuple(sorted(held, key=lambda coin: (coin.outpoint.txid, coin.outpoint.vout)))
