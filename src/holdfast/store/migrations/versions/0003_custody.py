"""Custody: vaults and addresses, coins and blocks, customers, withdrawals, payouts."""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER, amount_columns, run_sql_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, then what keeps signed bytes and intents as they are."""
    for create in (_create_registers, _create_chain, _create_payouts, _create_approvals_and_drafts):
        create()
    run_sql_file(op.get_bind(), __file__)


def _create_registers() -> None:
    # Vaults, customers and their addresses.
    op.create_table(
        "vault",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("committee_epoch", INTEGER, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
        sa.Column("active", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "customer",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("enrolment_sequence", INTEGER, nullable=False),
        sa.Column("enrolled_at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "address",
        sa.Column("script", sa.LargeBinary, primary_key=True),
        sa.Column("address", sa.Text, nullable=False, unique=True),
        sa.Column("vault", sa.Text, sa.ForeignKey("vault.name"), nullable=False),
        sa.Column("chain", INTEGER, nullable=False),
        sa.Column("position", INTEGER, nullable=False),
        sa.Column("customer", sa.Text, sa.ForeignKey("customer.name")),
        sa.UniqueConstraint("vault", "chain", "position"),
        sqlite_strict=True,
    )


def _create_chain() -> None:
    # The followed chain and its coins.
    op.create_table(
        "block",
        sa.Column("height", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "coin",
        sa.Column("txid", sa.Text, primary_key=True),
        sa.Column("vout", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("script", sa.LargeBinary, sa.ForeignKey("address.script"), nullable=False),
        sa.Column("value_sat", INTEGER, nullable=False),
        sa.Column("raw_transaction", sa.LargeBinary, nullable=False),
        sa.Column("height", INTEGER),
        sa.Column("spent_by", sa.Text),
        sa.Column("spent_height", INTEGER),
        sa.Column("deposit_entry", INTEGER),
        sa.Column("credited_at_s", INTEGER),
        sa.Column("orphaned_height", INTEGER),
        sa.Column("losses", INTEGER, nullable=False),
        sa.Column("burial", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("coin_height_index", "coin", ["height"])


def _create_payouts() -> None:
    # Payouts and what they pay.
    op.create_table(
        "failed_assertion",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("customer", sa.Text, sa.ForeignKey("customer.name"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("failed_assertion_customer_at_s_index", "failed_assertion", ["customer", "at_s"])
    op.create_table(
        "payout",
        sa.Column("intent", sa.LargeBinary, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("vault", sa.Text, sa.ForeignKey("vault.name"), nullable=False),
        sa.Column("conflict_key", sa.Text, nullable=False),
        sa.Column("log_sequence", INTEGER, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fence", INTEGER, nullable=False),
        sa.Column("fee_hold", INTEGER),
        sa.Column("asked", INTEGER, nullable=False),
        sa.Column("attestation", sa.LargeBinary),
        sa.Column("code", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("created_at_s", INTEGER, nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_at_s", INTEGER),
        sqlite_strict=True,
    )
    op.create_index("payout_state_index", "payout", ["state"])
    op.create_table(
        "withdrawal",
        sa.Column("reference", sa.Text, primary_key=True),
        sa.Column("customer", sa.Text, sa.ForeignKey("customer.name"), nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        *amount_columns("amount"),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("signed_order", sa.LargeBinary, nullable=False),
        sa.Column("order_digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("hold", INTEGER),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("intent", sa.LargeBinary, sa.ForeignKey("payout.intent")),
        sa.Column("code", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("requested_at_s", INTEGER, nullable=False),
        sa.Column("ended_at_s", INTEGER),
        sqlite_strict=True,
    )
    op.create_index("withdrawal_state_index", "withdrawal", ["state"])


def _create_approvals_and_drafts() -> None:
    # Approvals, versions of transactions, reservations, refusals.
    op.create_table(
        "approval",
        sa.Column("intent", sa.LargeBinary, sa.ForeignKey("payout.intent"), primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("approval", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "draft",
        sa.Column("intent", sa.LargeBinary, sa.ForeignKey("payout.intent"), primary_key=True),
        sa.Column("txid", sa.Text, primary_key=True),
        sa.Column("unsigned", sa.LargeBinary, nullable=False),
        sa.Column("change_position", INTEGER),
        sa.Column("fee_sat", INTEGER, nullable=False),
        sa.Column("signed", sa.LargeBinary),
        sa.Column("signed_at_s", INTEGER),
        sa.Column("height", INTEGER),
        sqlite_strict=True,
    )
    op.create_index("draft_txid_index", "draft", ["txid"])
    op.create_table(
        "draft_input",
        sa.Column("intent", sa.LargeBinary, primary_key=True),
        sa.Column("draft", sa.Text, primary_key=True),
        sa.Column("position", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("txid", sa.Text, nullable=False),
        sa.Column("vout", INTEGER, nullable=False),
        sa.ForeignKeyConstraint(["intent", "draft"], ["draft.intent", "draft.txid"]),
        sa.ForeignKeyConstraint(["txid", "vout"], ["coin.txid", "coin.vout"]),
        sqlite_strict=True,
    )
    op.create_table(
        "reservation",
        sa.Column("txid", sa.Text, primary_key=True),
        sa.Column("vout", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("intent", sa.LargeBinary, sa.ForeignKey("payout.intent"), nullable=False),
        sa.ForeignKeyConstraint(["txid", "vout"], ["coin.txid", "coin.vout"]),
        sqlite_strict=True,
    )
    op.create_index("reservation_intent_index", "reservation", ["intent"])
    op.create_table(
        "signer_refusal",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("intent", sa.LargeBinary, nullable=False),
        sa.Column("signer", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
