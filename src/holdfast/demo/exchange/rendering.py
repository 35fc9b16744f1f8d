"""Templates to pages: everything escaped, nothing undefined."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

import holdfast
from holdfast.custody import ControlPlane
from holdfast.pages import machine_moment, moment, printed, short


def renderer(plane: ControlPlane, assets: Mapping[str, str]) -> Callable[..., HTMLResponse]:
    """A function that renders a template's name and values as a page of this exchange."""
    templates = Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(moment=moment, machine_moment=machine_moment, short=short)
    templates.globals.update(
        assets=assets,
        venue=plane.genesis.venue,
        network=plane.genesis.network,
        rp_id=plane.genesis.customer_relying_party,
        confirmations=plane.confirmations,
        version=holdfast.__version__,
    )

    def render(name: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
        values = {"session": None, "page": name.removesuffix(".html")} | values
        return HTMLResponse(templates.get_template(name).render(**values), status_code)

    return render
