"""The tables of reserves in the control plane's database."""

from sqlalchemy import Column, LargeBinary, Table, Text

from holdfast.store import INTEGER, metadata

nonces = Table(
    "reserve_nonce",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""The nonce that each customer's page last chose."""

epochs = Table(
    "reserve_epoch",
    metadata,
    Column("epoch", INTEGER, primary_key=True, autoincrement=False),
    Column("header", LargeBinary, nullable=False),
    Column("super_root", LargeBinary, nullable=False, unique=True),
    Column("prepared_at_s", INTEGER, nullable=False),
    Column("published_at_s", INTEGER),
    Column("log_sequence", INTEGER),
    sqlite_strict=True,
)
"""Every epoch that signers were asked to attest, written before they were. A number is used once."""
