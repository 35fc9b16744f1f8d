"""Alembic's entry into the control plane's tree; see :func:`holdfast.store.run_environment`."""

from holdfast.store import run_environment

run_environment()
