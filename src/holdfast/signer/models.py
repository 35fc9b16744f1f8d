"""The tables of one signer's own database. Rows are only ever added: what was bound, burned or seen stays so."""

from sqlalchemy import CheckConstraint, Column, LargeBinary, MetaData, Table, Text

from holdfast.store import INTEGER, NAMING

metadata = MetaData(naming_convention=NAMING)

pins = Table(
    "pins",
    metadata,
    Column("id", INTEGER, CheckConstraint("id = 1", name="id"), primary_key=True, autoincrement=False),
    Column("genesis", LargeBinary, nullable=False),
    Column("policy", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""The genesis and policy that this signer was given once; the row can never change."""

keys = Table(
    "keys",
    metadata,
    Column("session", LargeBinary, primary_key=True),
    Column("vault", Text, nullable=False),
    Column("committee_epoch", INTEGER, nullable=False),
    Column("key_order", LargeBinary, nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("sealed_share", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""Shares that a ceremony gave, sealed under this signer's key-encryption key; pending until certified."""

certificates = Table(
    "certificates",
    metadata,
    Column("vault", Text, primary_key=True),
    Column("committee_epoch", INTEGER, primary_key=True, autoincrement=False),
    Column("session", LargeBinary, nullable=False, unique=True),
    Column("certificate", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""What makes a pending key active: at most one for a vault and epoch."""

conflict_keys = Table(
    "conflict_keys",
    metadata,
    Column("conflict_key", Text, primary_key=True),
    Column("intent", LargeBinary, nullable=False, unique=True),
    sqlite_strict=True,
)
"""Which intent a conflict key is bound to, for ever, one to one."""

settled_orders = Table(
    "settled_orders",
    metadata,
    Column("order_digest", LargeBinary, primary_key=True),
    Column("intent", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""Which intent settles a customer's order, for ever."""

customers = Table(
    "customers",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""The passkey with which each customer first signed an order that this signer saw."""

movements = Table(
    "movements",
    metadata,
    Column("intent", LargeBinary, primary_key=True),
    Column("at_s", INTEGER, primary_key=True, autoincrement=False, index=True),
    Column("vault", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("total", Text, nullable=False),
    Column("unsigned_total", Text, nullable=False),
    Column("maximum_fee", Text, nullable=False),
    Column("standing_order", LargeBinary),
    sqlite_strict=True,
)
"""What this signer let through, and each time it did, for its caps. Units as decimal text: they exceed 64 bits."""

authenticator_counters = Table(
    "authenticator_counters",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("sign_count", INTEGER, primary_key=True, autoincrement=False),
    Column("subject", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""Which digest an authenticator's counter value approved: the same value for two digests is a clone."""

nonces = Table(
    "nonces",
    metadata,
    Column("commitment", LargeBinary, primary_key=True),
    Column("session", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Every commitment that ever left this signer. The secret nonces live in memory only: a crash burns them."""

nonce_uses = Table(
    "nonce_uses",
    metadata,
    Column("commitment", LargeBinary, primary_key=True),
    Column("message", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The one message each used nonce signed, written before the share leaves."""

cosigned = Table(
    "cosigned",
    metadata,
    Column("size", INTEGER, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The audit log's checkpoints that this signer vouched for."""

freezes = Table(
    "freezes",
    metadata,
    Column("freeze", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The freezes known here by digest, each with its approval, so that a peer can check it too."""

lifted_freezes = Table(
    "lifted_freezes",
    metadata,
    Column("freeze", LargeBinary, primary_key=True),
    Column("lift", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The freezes that a quorum has lifted, for ever, whether or not they were known here."""

sanctions_lists = Table(
    "sanctions_lists",
    metadata,
    Column("number", INTEGER, primary_key=True, autoincrement=False),
    Column("snapshot", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The sanctions lists adopted; the highest number is in force."""

rosters = Table(
    "rosters",
    metadata,
    Column("version", INTEGER, primary_key=True, autoincrement=False),
    Column("roster", LargeBinary, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The rosters adopted after the genesis's, each with what put it in force; the highest version is in force."""

roster_readies = Table(
    "roster_readies",
    metadata,
    Column("version", INTEGER, primary_key=True, autoincrement=False),
    Column("roster", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The one roster of each version, by digest, that this signer vouched for, for ever."""

destinations = Table(
    "destinations",
    metadata,
    Column("intent", LargeBinary, primary_key=True),
    Column("script", LargeBinary, primary_key=True, index=True),
    Column("value_sat", INTEGER, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""What each intent that this signer released a share for pays, and where: in all, for each script."""

proposals = Table(
    "proposals",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", INTEGER, nullable=False),
    Column("persons", INTEGER, nullable=False),
    Column("entry", INTEGER),
    Column("delay_s", INTEGER, nullable=False),
    Column("headline", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    Column("expires_at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""What waits for people on this signer's page, by the digest that they approve; removed some time after it expired.

``version`` is of the roster or freeze order that it is about, ``persons`` how many it takes (0: the roster's quorum),
``entry`` where the log holds it, ``delay_s`` how long it then waits even once it is approved; with ``headline`` and
``detail`` the lists of all that waits are shown without decoding any of it.
"""

page_approvals = Table(
    "page_approvals",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("approval", LargeBinary, nullable=False),
    Column("origin", Text, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Approvals of what waits here: given on this page, or shown by the control plane; each verified before it is kept."""

set_aside = Table(
    "set_aside",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("person", Text, primary_key=True),
    sqlite_strict=True,
)
"""Whose approval of what waits here does not count, and of whom no other one is kept: somebody else is asked."""

invitations = Table(
    "invitations",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    Column("expires_at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Who may register an authenticator on this signer's page, by the SHA-256 of a code that only they were given."""

candidates = Table(
    "candidates",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Authenticators registered on this page. They count for nothing until officers put them into a roster."""

attested_epochs = Table(
    "attested_epochs",
    metadata,
    Column("epoch", INTEGER, primary_key=True, autoincrement=False),
    Column("super_root", LargeBinary, nullable=False, unique=True),
    Column("header", LargeBinary, nullable=False),
    Column("at_s", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The venue's reserve epochs that this signer has attested, or seen on the way: one super-root each, for ever."""
