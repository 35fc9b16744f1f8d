"""The control plane's tables: one registry that every domain's ``models.py`` adds to.

Column types are chosen so that one declaration is strict on both databases: SQLite's ``STRICT`` tables know
only ``INTEGER``, ``TEXT`` and ``BLOB``, so text is :class:`sqlalchemy.Text` and integers are :data:`INTEGER`.
"""

from sqlalchemy import BigInteger, Integer, MetaData

NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}
"""Constraint names, so that a migration and a model agree on them without spelling them out."""

INTEGER = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer on both databases; as an only primary key, one that the database counts up."""

metadata = MetaData(naming_convention=NAMING)
"""Every table of the control plane's database."""
