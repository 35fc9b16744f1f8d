"""Vaults as the control plane knows them: public keys only, and the addresses derived from them."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, insert, select, update

from holdfast.amounts import Amount
from holdfast.authority import KeyCertificate
from holdfast.chains.bitcoin import script_to_address
from holdfast.custody import models
from holdfast.custody.books import open_vault_accounts
from holdfast.custody.errors import VaultExists, VaultPending, VaultUnknown
from holdfast.custody.types import PayoutState, VaultView
from holdfast.keys import GroupKey
from holdfast.signer import CHANGE_CHAIN, CHANGE_WINDOW, P2TR_PREFIX, RECEIVE_CHAIN


def record_vault(connection: Connection, certificate: KeyCertificate) -> None:
    """Keep a certified key, to be handed to its members and then activated; the same certificate again changes nothing.

    :raises VaultExists: the vault has another key.
    """
    order = certificate.order
    row = connection.execute(select(models.vaults).where(models.vaults.c.name == order.vault)).one_or_none()
    if row is not None:
        if bytes(row.certificate) != certificate.encoded():
            raise VaultExists(f"{order.vault} has another key")
        return
    connection.execute(
        insert(models.vaults).values(
            name=order.vault,
            committee_epoch=order.committee_epoch,
            asset=order.asset,
            network=order.network,
            certificate=certificate.encoded(),
            active=0,
        )
    )


def activate_vault(connection: Connection, certificate: KeyCertificate) -> bool:
    """Take a key into use that every member has activated, and open its accounts; False if it was in use before."""
    order, table = certificate.order, models.vaults
    changed = connection.execute(
        update(table).where(table.c.name == order.vault, table.c.active == 0).values(active=1)
    ).rowcount
    if changed:
        open_vault_accounts(connection, order.vault, order.asset)
    return bool(changed)


def vault_certificate(connection: Connection, vault: str) -> KeyCertificate:
    """The certificate of the vault's key, or :class:`VaultUnknown`."""
    row = connection.execute(select(models.vaults.c.certificate).where(models.vaults.c.name == vault)).one_or_none()
    if row is None:
        raise VaultUnknown(f"no vault {vault[:60]!r}")
    return KeyCertificate.decoded(bytes(row.certificate))


def require_active(connection: Connection, vault: str) -> None:
    """Require that the vault's key is in use at every member.

    :raises VaultPending: it is not yet.
    """
    query = select(models.vaults.c.active).where(models.vaults.c.name == vault)
    if not connection.execute(query).scalar():
        raise VaultPending(f"the key of {vault} is not in use at every member of its committee yet")


def derive_script(certificate: KeyCertificate, chain: int, position: int) -> bytes:
    """The scriptPubKey at ``(chain, position)``, from the public key alone."""
    return P2TR_PREFIX + GroupKey.decoded(certificate.statement.group_key).output_key([chain, position])


def new_address(connection: Connection, vault: str, chain: int, customer: str | None) -> str:
    """A fresh address on a chain of the vault: 0 receives, 1 takes change."""
    certificate = vault_certificate(connection, vault)
    require_active(connection, vault)
    table = models.addresses
    highest = connection.execute(
        select(func.max(table.c.position)).where(table.c.vault == vault, table.c.chain == chain)
    ).scalar()
    position = 0 if highest is None else int(highest) + 1
    script = derive_script(certificate, chain, position)
    address = script_to_address(script, certificate.order.network)
    connection.execute(
        insert(table).values(
            script=script, address=address, vault=vault, chain=chain, position=position, customer=customer
        )
    )
    return address


def deposit_address(connection: Connection, vault: str, customer: str | None) -> str:
    """The customer's own deposit address in the vault (without a customer: the house's), made when first asked for."""
    table = models.addresses
    row = connection.execute(
        select(table.c.address)
        .where(table.c.vault == vault, table.c.chain == RECEIVE_CHAIN, table.c.customer.is_not_distinct_from(customer))
        .order_by(table.c.position)
        .limit(1)
    ).one_or_none()
    return str(row.address) if row else new_address(connection, vault, RECEIVE_CHAIN, customer)


def change_address(connection: Connection, vault: str) -> str:
    """The lowest change address that no live payout uses: signers allow no gap that a restored wallet would miss."""
    table, drafts, payouts = models.addresses, models.drafts, models.payouts
    dead = (PayoutState.REFUSED.value, PayoutState.EXPIRED.value)
    used = (
        select(drafts.c.change_position)
        .join(payouts, payouts.c.intent == drafts.c.intent)
        .where(payouts.c.vault == vault, payouts.c.state.not_in(dead), drafts.c.change_position.is_not(None))
    )
    row = connection.execute(
        select(table.c.address)
        .where(table.c.vault == vault, table.c.chain == CHANGE_CHAIN, table.c.position.not_in(used))
        .order_by(table.c.position)
        .limit(1)
    ).one_or_none()
    if row is not None:
        return str(row.address)
    count = select(func.count()).where(table.c.vault == vault, table.c.chain == CHANGE_CHAIN)
    if connection.execute(count).scalar_one() < CHANGE_WINDOW:
        return new_address(connection, vault, CHANGE_CHAIN, None)
    # All are used: go round. Signers let change go nowhere else, so that whoever restores the vault finds it.
    turn = int(connection.execute(select(func.count()).select_from(drafts)).scalar_one()) % CHANGE_WINDOW
    again = select(table.c.address).where(
        table.c.vault == vault, table.c.chain == CHANGE_CHAIN, table.c.position == turn
    )
    return str(connection.execute(again).scalar_one())


def vault_views(connection: Connection) -> Iterator[VaultView]:
    """Every vault with what the followed chain says it holds."""
    coins, addresses, reserved = models.coins, models.addresses, models.reservations
    for row in connection.execute(select(models.vaults).order_by(models.vaults.c.name)).all():
        certificate = KeyCertificate.decoded(bytes(row.certificate))
        order = certificate.order
        unspent = (
            select(func.coalesce(func.sum(coins.c.value_sat), 0))
            .join(addresses, addresses.c.script == coins.c.script)
            .where(addresses.c.vault == row.name, coins.c.height.is_not(None), coins.c.spent_height.is_(None))
        )
        kept = unspent.join(reserved, (reserved.c.txid == coins.c.txid) & (reserved.c.vout == coins.c.vout))
        yield VaultView(
            name=row.name,
            asset=row.asset,
            network=row.network,
            committee=f"{order.threshold} of {len(order.members)}",
            certificate=certificate.digest(),
            confirmed=Amount(row.asset, int(connection.execute(unspent).scalar_one())),
            reserved=Amount(row.asset, int(connection.execute(kept).scalar_one())),
        )
