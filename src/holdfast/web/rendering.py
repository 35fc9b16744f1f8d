"""Templates to pages: everything escaped, nothing undefined."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

import holdfast
from holdfast.custody import ControlPlane
from holdfast.pages import age, machine_moment, moment, short

PAGES = {"overview.html": "/", "withdrawals.html": "/withdrawals", "payouts.html": "/payouts", "log.html": "/log"}

STATE_TONES = {
    "screened": "wait",
    "batched": "wait",
    "awaiting": "watch",
    "approved": "wait",
    "signed": "wait",
    "broadcast": "wait",
    "paid": "good",
    "confirmed": "good",
    "refused": "bad",
    "expired": "bad",
    "cancelled": "plain",
}
"""How a state looks; the word itself always stands beside it."""


def environment() -> Environment:
    """The templates of this package."""
    templates = Environment(
        loader=PackageLoader("holdfast.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(moment=moment, machine_moment=machine_moment, age=age, short=short)
    templates.globals.update(state_tones=STATE_TONES, version=holdfast.__version__)
    return templates


def renderer(plane: ControlPlane, assets: Mapping[str, str]) -> Callable[..., HTMLResponse]:
    """A function that renders a template's name and values as a page of this control plane."""
    templates = environment()

    def render(name: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
        page = templates.get_template(name).render(
            genesis=plane.genesis,
            genesis_digest=plane.genesis.digest(),
            policy=plane.policy,
            roster=plane.roster,
            plane_name=plane.name,
            now_s=plane.clock.now_s(),
            assets=assets,
            current=PAGES.get(name),
            **values,
        )
        return HTMLResponse(page, status_code)

    return render
