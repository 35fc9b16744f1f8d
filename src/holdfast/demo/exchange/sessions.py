"""Who is signed in: a random cookie that means something to this process only."""

import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from holdfast.clock import Clock
from holdfast.demo.exchange.errors import NotSignedIn
from holdfast.pages import Expiring

COOKIE = "exchange_session"
"""Cookies know no ports: the name keeps it apart from those of other pages on this host."""

SESSION_LASTS_S = 4 * 3_600
MAX_SESSIONS = 1_000

_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Session:
    """A signed-in customer. ``stand_in``: the simulation answers for the customer's passkey."""

    customer: str
    stand_in: bool = False


class Sessions:
    """The sessions of one process; all end with it."""

    def __init__(self, clock: Clock) -> None:
        self._sessions: Expiring[Session] = Expiring(clock, lifetime_s=SESSION_LASTS_S, limit=MAX_SESSIONS)

    def begin(self, response: Response, session: Session) -> None:
        """Give the browser a new session."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._sessions.put(token, session)
        # Not Secure: the demonstration is served without TLS, on this machine only.
        response.set_cookie(COOKIE, token, max_age=SESSION_LASTS_S, httponly=True, samesite="strict", path="/")

    def find(self, request: Request) -> Session | None:
        """The session that the browser shows, if it is one."""
        return self._sessions.get(request.cookies.get(COOKIE, ""))

    def require(self, request: Request) -> Session:
        """The session that the browser shows.

        :raises NotSignedIn: none, or it has ended.
        """
        session = self.find(request)
        if session is None:
            raise NotSignedIn("sign in first")
        return session

    def end(self, request: Request, response: Response) -> None:
        """Forget the session, here and in the browser."""
        self._sessions.take(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
