"""Alembic's entry into a signer's tree; see :func:`holdfast.store.run_environment`."""

from holdfast.store import run_environment

run_environment()
