"""Who may look: sign-in by passkey, sessions that end, roles, and the gate in front of every page."""

from holdfast.web.access.gate import Gate, session_of
from holdfast.web.access.roles import ACTING_ROLES, may_act, require_may_act
from holdfast.web.access.sessions import Session, Sessions
from holdfast.web.access.sign_in import SignIn

__all__ = [
    "ACTING_ROLES",
    "Gate",
    "Session",
    "Sessions",
    "SignIn",
    "may_act",
    "require_may_act",
    "session_of",
]
