"""Looking things up: indexes for lists that are read a page at a time, for searches, and for courses of events."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PATTERN = "text_pattern_ops"
"""On PostgreSQL the beginning of a text is found by an index that compares characters, whatever the collation."""


def upgrade() -> None:
    """Create the indexes; the one on a withdrawal's state alone is a part of another now."""
    op.drop_index("withdrawal_state_index", "withdrawal")
    op.create_index("withdrawal_requested_at_s_index", "withdrawal", ["requested_at_s", "reference"])
    op.create_index("withdrawal_state_requested_at_s_index", "withdrawal", ["state", "requested_at_s", "reference"])
    op.create_index(
        "withdrawal_customer_requested_at_s_index", "withdrawal", ["customer", "requested_at_s", "reference"]
    )
    op.create_index("withdrawal_reference_index", "withdrawal", ["reference"], postgresql_ops={"reference": PATTERN})
    op.create_index(
        "withdrawal_destination_index", "withdrawal", ["destination"], postgresql_ops={"destination": PATTERN}
    )
    op.create_index("withdrawal_intent_index", "withdrawal", ["intent"])
    op.create_index("withdrawal_ended_at_s_index", "withdrawal", ["ended_at_s"])
    op.create_index("payout_created_at_s_index", "payout", ["created_at_s", "intent"])
    op.create_index("address_customer_index", "address", ["customer"])
    op.create_index("coin_script_index", "coin", ["script"])
    op.create_index("coin_credited_at_s_index", "coin", ["credited_at_s"])
    op.create_index("draft_signed_at_s_index", "draft", ["signed_at_s"])
    op.create_index("signer_refusal_intent_index", "signer_refusal", ["intent"])
    op.create_index("audit_entry_domain_at_s_index", "audit_entry", ["domain", "at_s", "sequence"])
    op.create_index("audit_entry_leaf_hash_index", "audit_entry", ["leaf_hash"])
