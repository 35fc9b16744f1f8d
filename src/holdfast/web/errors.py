"""What the console refuses: sign-ins, sessions, and actions that a role does not have."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class WebError(HoldfastError):
    """Base of the console's refusals; ``status`` is the HTTP answer's."""

    code: ClassVar[str] = "web.error"
    exit_status: ClassVar[int] = 1
    status: ClassVar[int] = 403


class ChallengeUnknown(WebError):
    """The challenge was not given out here, was used before, or was left lying for longer than it is good for."""

    code = "web.challenge_unknown"
    status = 401


class SignInRefused(WebError):
    """No person of the roster in force signed in with that passkey; which part was wrong is not told apart."""

    code = "web.sign_in_refused"
    status = 401


class TooManyAttempts(WebError):
    """Sign-ins fail faster than people can try them."""

    code = "web.too_many_attempts"
    status = 429


class SessionRequired(WebError):
    """Nobody is signed in, or no longer."""

    code = "web.session_required"
    status = 401


class RoleMissing(WebError):
    """The person is signed in, and the action takes a role that they do not have."""

    code = "web.role_missing"


class RequestMalformed(WebError):
    """What was sent is not what the page sends."""

    code = "web.request_malformed"
    exit_status = 2
    status = 400
