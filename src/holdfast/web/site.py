"""What every page of the console is made from: the control plane, what is kept of it, sessions, templates."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, Template
from sqlalchemy import Connection

from holdfast.custody import ControlPlane
from holdfast.pages import Assets
from holdfast.store import snapshot
from holdfast.web.access import Sessions, SignIn, may_act
from holdfast.web.reading.kept import Kept
from holdfast.web.rendering import environment

LIVE_BLOCK = "live"
"""The block of a template that a page asks for again by itself."""

PAGE_ROWS = 50
"""The most rows of one page."""


class Site:
    """One console.

    :param origin: where it is, as browsers say it.
    :param reserves: the folder of published epochs, if this control plane publishes any.
    """

    def __init__(self, plane: ControlPlane, origin: str, assets: Assets, reserves: Path | None) -> None:
        self.plane = plane
        self.origin = origin
        self.reserves = reserves
        self.kept = Kept(plane)
        self.sessions = Sessions(plane.clock, self._roster)
        self.sign_in = SignIn(origin, plane.clock, self._roster, self.sessions)
        self._assets = assets
        self._templates: Environment = environment()

    def _roster(self) -> Any:
        return self.plane.roster

    @contextmanager
    def reading(self) -> Generator[Connection, None, None]:
        """One moment of the database, read only."""
        with snapshot(self.plane.engine) as connection:
            yield connection

    def page(self, request: Request, name: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
        """A template as a page; as its live part alone, where the page itself asks for that."""
        template = self._templates.get_template(name)
        context = {**self._common(request), **values}
        if "hx-request" in request.headers and LIVE_BLOCK in template.blocks:
            return HTMLResponse(_block(template, context), status_code)
        return HTMLResponse(template.render(context), status_code)

    def _common(self, request: Request) -> dict[str, Any]:
        session = getattr(request.state, "session", None)
        query = f"?{request.url.query}" if request.url.query else ""
        return {
            "genesis": self.plane.genesis,
            "policy": self.plane.policy,
            "roster": self.plane.roster,
            "plane_name": self.plane.name,
            "now_s": self.plane.clock.now_s(),
            "assets": self._assets,
            "session": session,
            "acts": session is not None and may_act(session.person),
            "path": request.url.path,
            "here": f"{request.url.path}{query}",
        }


def _block(template: Template, context: dict[str, Any]) -> str:
    made = template.new_context(context)
    render: Callable[..., Any] = template.blocks[LIVE_BLOCK]
    return "".join(render(made))
