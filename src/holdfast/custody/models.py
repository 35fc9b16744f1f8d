"""The tables of custody: vaults and addresses, coins and blocks, customers, withdrawals, payouts.

Two facts here decide that nothing is paid twice, and the database keeps both: a coin is reserved by at most one
payout, and a payout changes state only from the state and fence that the writer last saw.
"""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, Table, Text, UniqueConstraint

from holdfast.store import INTEGER, amount_columns, metadata

vaults = Table(
    "vault",
    metadata,
    Column("name", Text, primary_key=True),
    Column("committee_epoch", INTEGER, nullable=False),
    Column("asset", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("active", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Vaults with the certificate of their key; addresses derive from it alone, once it is ``active`` at every member."""

customers = Table(
    "customer",
    metadata,
    Column("name", Text, primary_key=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("enrolment_sequence", INTEGER, nullable=False),
    Column("enrolled_at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Customers with their passkey and where the audit log enrolled it."""

addresses = Table(
    "address",
    metadata,
    Column("script", LargeBinary, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("vault", Text, ForeignKey("vault.name"), nullable=False),
    Column("chain", INTEGER, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("customer", Text, ForeignKey("customer.name")),
    UniqueConstraint("vault", "chain", "position"),
    Index("address_customer_index", "customer"),
    sqlite_strict=True,
)
"""Every address given out: chain 0 receives (a customer's, or the house's own), chain 1 takes change."""

blocks = Table(
    "block",
    metadata,
    Column("height", INTEGER, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False, unique=True),
    sqlite_strict=True,
)
"""The chain as followed so far; rows above a fork are removed when it is followed."""

coins = Table(
    "coin",
    metadata,
    Column("txid", Text, primary_key=True),
    Column("vout", INTEGER, primary_key=True, autoincrement=False),
    Column("script", LargeBinary, ForeignKey("address.script"), nullable=False),
    Column("value_sat", INTEGER, nullable=False),
    Column("raw_transaction", LargeBinary, nullable=False),
    Column("height", INTEGER),
    Column("spent_by", Text),
    Column("spent_height", INTEGER),
    Column("deposit_entry", INTEGER),
    Column("credited_at_s", INTEGER),
    Column("orphaned_height", INTEGER),
    Column("losses", INTEGER, nullable=False),
    Column("burial", INTEGER, nullable=False),
    Index("coin_height_index", "height"),
    Index("coin_script_index", "script"),
    Index("coin_credited_at_s_index", "credited_at_s"),
    sqlite_strict=True,
)
"""Outputs to our addresses. ``height`` is empty while the output is in no block of the followed chain.

``deposit_entry`` is the ledger's entry that credited it; ``orphaned_height`` the height at which a reorg took it
out, and ``losses`` how often it stayed out. ``burial`` is how many further blocks a coinbase's output needs (else 0).
"""

failed_assertions = Table(
    "failed_assertion",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("customer", Text, ForeignKey("customer.name"), nullable=False),
    Column("code", Text, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    Index("failed_assertion_customer_at_s_index", "customer", "at_s"),
    sqlite_strict=True,
)
"""Orders in a customer's name that their passkey had not signed: what the risk engine is told of."""

withdrawals = Table(
    "withdrawal",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("customer", Text, ForeignKey("customer.name"), nullable=False),
    Column("asset", Text, nullable=False),
    *amount_columns("amount"),
    Column("destination", Text, nullable=False),
    Column("signed_order", LargeBinary, nullable=False),
    Column("order_digest", LargeBinary, nullable=False, unique=True),
    Column("hold", INTEGER),
    Column("state", Text, nullable=False),
    Column("intent", LargeBinary, ForeignKey("payout.intent")),
    Column("code", Text),
    Column("reason", Text),
    Column("requested_at_s", INTEGER, nullable=False),
    Column("ended_at_s", INTEGER),
    Index("withdrawal_requested_at_s_index", "requested_at_s", "reference"),
    Index("withdrawal_state_requested_at_s_index", "state", "requested_at_s", "reference"),
    Index("withdrawal_customer_requested_at_s_index", "customer", "requested_at_s", "reference"),
    Index("withdrawal_reference_index", "reference", postgresql_ops={"reference": "text_pattern_ops"}),
    Index("withdrawal_destination_index", "destination", postgresql_ops={"destination": "text_pattern_ops"}),
    Index("withdrawal_intent_index", "intent"),
    Index("withdrawal_ended_at_s_index", "ended_at_s"),
    sqlite_strict=True,
)
"""Customers' withdrawals. States: screened, batched, paid; or refused or cancelled, with code and reason."""

payouts = Table(
    "payout",
    metadata,
    Column("intent", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("vault", Text, ForeignKey("vault.name"), nullable=False),
    Column("conflict_key", Text, nullable=False),
    Column("log_sequence", INTEGER, nullable=False),
    Column("state", Text, nullable=False),
    Column("fence", INTEGER, nullable=False),
    Column("fee_hold", INTEGER),
    Column("asked", INTEGER, nullable=False),
    Column("attestation", LargeBinary),
    Column("code", Text),
    Column("reason", Text),
    Column("created_at_s", INTEGER, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_at_s", INTEGER),
    Index("payout_state_index", "state"),
    Index("payout_created_at_s_index", "created_at_s", "intent"),
    sqlite_strict=True,
)
"""Intents on their way; ``asked`` is 1 once a signer may have bound the conflict key.

States: awaiting, approved, signed, broadcast, confirmed; or refused or expired."""

approvals = Table(
    "approval",
    metadata,
    Column("intent", LargeBinary, ForeignKey("payout.intent"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("approval", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""One approval a person and intent, as first given."""

drafts = Table(
    "draft",
    metadata,
    Column("intent", LargeBinary, ForeignKey("payout.intent"), primary_key=True),
    Column("txid", Text, primary_key=True),
    Column("unsigned", LargeBinary, nullable=False),
    Column("change_position", INTEGER),
    Column("fee_sat", INTEGER, nullable=False),
    Column("signed", LargeBinary),
    Column("signed_at_s", INTEGER),
    Column("height", INTEGER),
    Index("draft_txid_index", "txid"),
    Index("draft_signed_at_s_index", "signed_at_s"),
    sqlite_strict=True,
)
"""Every version of an intent's transaction (fee bumps add one). ``signed`` is committed before any broadcast.

The very same transaction may be drafted again for another intent, once the first one has ended unsigned.
"""

draft_inputs = Table(
    "draft_input",
    metadata,
    Column("intent", LargeBinary, primary_key=True),
    Column("draft", Text, primary_key=True),
    Column("position", INTEGER, primary_key=True, autoincrement=False),
    Column("txid", Text, nullable=False),
    Column("vout", INTEGER, nullable=False),
    ForeignKeyConstraint(["intent", "draft"], ["draft.intent", "draft.txid"]),
    ForeignKeyConstraint(["txid", "vout"], ["coin.txid", "coin.vout"]),
    sqlite_strict=True,
)
"""Which coins a version spends, in the order of its inputs."""

reservations = Table(
    "reservation",
    metadata,
    Column("txid", Text, primary_key=True),
    Column("vout", INTEGER, primary_key=True, autoincrement=False),
    Column("intent", LargeBinary, ForeignKey("payout.intent"), nullable=False),
    ForeignKeyConstraint(["txid", "vout"], ["coin.txid", "coin.vout"]),
    Index("reservation_intent_index", "intent"),
    sqlite_strict=True,
)
"""Which payout a coin is kept for: at most one, by the primary key."""

signer_refusals = Table(
    "signer_refusal",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("intent", LargeBinary, nullable=False),
    Column("signer", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    Index("signer_refusal_intent_index", "intent"),
    sqlite_strict=True,
)
"""Signers' signed refusals, kept as evidence."""

rosters = Table(
    "roster",
    metadata,
    Column("version", INTEGER, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("adoption", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The rosters after the genesis's, each with the signers' letters that put it in force; the highest version is."""

freezes = Table(
    "freeze",
    metadata,
    Column("freeze", LargeBinary, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The freezes that a signer has shown, by digest, each in the log once."""

lifted_freezes = Table(
    "lifted_freeze",
    metadata,
    Column("freeze", LargeBinary, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The freezes that a quorum has lifted, each with the lift and its approvals."""

subjects = Table(
    "subject",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("log_sequence", INTEGER),
    Column("state", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at_s", INTEGER, nullable=False),
    Column("expires_at_s", INTEGER, nullable=False),
    Column("offered_at_s", INTEGER),
    Column("code", Text),
    Column("reason", Text),
    Index("subject_state_index", "state"),
    sqlite_strict=True,
)
"""What officers are asked to approve besides payouts: a roster change, the lift of a freeze.

``offered_at_s``: since when signers may be ready for a roster change, so that no other is offered."""

subject_approvals = Table(
    "subject_approval",
    metadata,
    Column("subject", LargeBinary, ForeignKey("subject.digest"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("approval", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""One officer's approval of such a subject, as first given."""

invitations = Table(
    "invitation",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at_s", INTEGER, nullable=False),
    Column("expires_at_s", INTEGER, nullable=False),
    Column("credential_id", LargeBinary),
    Column("public_key", LargeBinary),
    Column("registered_at_s", INTEGER),
    sqlite_strict=True,
)
"""Who was asked to register an authenticator, on which signer's page, and what they registered there."""
