"""The console: a plain page for treasury teams, rendered on the server, that changes nothing."""

from holdfast.web.app import create_app

__all__ = ["create_app"]
