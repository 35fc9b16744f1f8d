"""The log's tables. Triggers make all but ``audit_head`` append-only; the head only counts up.

They stop accidents and an attacker who may only write rows. One who owns the database can drop them: that is what
the cosigned checkpoints are for.
"""

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Table, Text

from holdfast.store import INTEGER, metadata

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", INTEGER, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("size", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""One row: how many entries there are. Whoever has updated it in a transaction is the only writer."""

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("sequence", INTEGER, primary_key=True, autoincrement=False),
    Column("at_s", INTEGER, nullable=False),
    Column("domain", Text, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("audit_entry_domain_at_s_index", "domain", "at_s", "sequence"),
    Index("audit_entry_leaf_hash_index", "leaf_hash"),
    sqlite_strict=True,
)
"""The leaves; ``data`` is the canonical bytes, the other columns are read from it."""

audit_node = Table(
    "audit_node",
    metadata,
    Column("level", INTEGER, primary_key=True, autoincrement=False),
    Column("position", INTEGER, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""Complete subtrees from level 1 up; level 0 is ``audit_entry.leaf_hash``."""

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", INTEGER, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)
"""Every checkpoint that the log has signed, as a note without cosignatures."""

audit_cosignature = Table(
    "audit_cosignature",
    metadata,
    Column("size", INTEGER, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("line", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""A cosigner's line for the checkpoint of this size."""
