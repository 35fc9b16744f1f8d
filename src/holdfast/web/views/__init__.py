"""The pages, one module a group: each adds its own addresses to the console."""

from holdfast.web.views import (
    actions,
    customers,
    log,
    overview,
    payouts,
    people,
    reserves,
    rules,
    search,
    sign_in,
    vaults,
    withdrawals,
)

PAGES = (
    sign_in,
    overview,
    withdrawals,
    payouts,
    actions,
    vaults,
    customers,
    reserves,
    people,
    rules,
    log,
    search,
)
"""Every group, each with ``add(app, site)``."""

__all__ = ["PAGES"]
