"""Driving Chromium as people do: a browser, a visitor with a page of their own, and what went wrong on it.

Nothing is downloaded: Playwright drives the machine's own Chromium. Each visitor has one context and one page, for a
virtual authenticator belongs to the page that it was made for, and a second one would wait for it for ever.
"""

import contextlib
import os
import shutil
from collections.abc import Generator, Mapping
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebError, sync_playwright
from playwright.sync_api import Error as BrowserFault

from browser.passkeys import Passkeys

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Scheme = Literal["light", "dark"]

HEIGHT = 900

# The console tells of violations in words that differ from version to version; this says which directive it was.
_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.effectiveDirective} by ${event.blockedURI || "inline"}`));
"""

# A page that is left while it still loads, or listens for news, aborts that: no fault of its own.
_LEFT = "net::ERR_ABORTED"


class ChromiumMissing(Exception):
    """There is no Chromium here, or none that starts."""


def find_chromium() -> str:
    """The path of the machine's Chromium.

    :raises ChromiumMissing: there is none.
    """
    found = (os.environ.get("HOLDFAST_CHROMIUM"), *map(shutil.which, EXECUTABLES))
    path = next((path for path in found if path), None)
    if path is None:
        raise ChromiumMissing("no Chromium here: install Debian's package chromium, or name one in HOLDFAST_CHROMIUM")
    return path


@contextlib.contextmanager
def chromium(ports: Mapping[int, int] | None = None) -> Generator[Browser]:
    """A headless Chromium, until the end of the block.

    :param ports: where to find what listens elsewhere: ``{8411: 40123}`` takes ``http://localhost:8411`` to port
        40123. Pages keep the origins that signers pin, and tests need no port of the machine for themselves.
    :raises ChromiumMissing: there is none, or it does not start.
    """
    path = find_chromium()
    rules = ", ".join(f"MAP localhost:{origin} 127.0.0.1:{port}" for origin, port in (ports or {}).items())
    switches = ["--disable-dev-shm-usage", *([f"--host-resolver-rules={rules}"] if rules else [])]
    if os.geteuid() == 0:
        # Chromium's sandbox does not start as root; all that it opens here is ours.
        switches.append("--no-sandbox")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=switches)
        except BrowserFault as fault:
            raise ChromiumMissing(f"{path} does not start: {str(fault).splitlines()[0]}") from None
        with browser:
            yield browser


class Visitor:
    """One person at a browser: a page, the passkeys that they carry, and everything that went wrong so far."""

    def __init__(self, browser: Browser, *, width: int = 1280, scheme: Scheme = "light") -> None:
        self.problems: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
        )
        self.context.add_init_script(_REPORT_VIOLATIONS)
        self.context.on("console", self._heed)
        self.context.on("weberror", self._note_error)
        self.context.on("requestfailed", self._note_failure)
        self.page: Page = self.context.new_page()
        # The only one of its page: a second that is detached takes the virtual authenticators along.
        self.devtools = self.context.new_cdp_session(self.page)
        self.passkeys = Passkeys(self.page, self.devtools)

    def _heed(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _note_error(self, fault: WebError) -> None:
        self.problems.append(f"uncaught: {fault.error}")

    def _note_failure(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.problems.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def resize(self, width: int, scheme: Scheme) -> None:
        """Look from a window of another width, with another wish for light or dark."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme)

    def require_clean(self, *expected: str) -> None:
        """Require that nothing went wrong since the last call.

        :param expected: a problem with one of these words in it is what the test is about.
        """
        # What happened before this call may still be on its way here.
        self.page.evaluate("0")
        problems, self.problems = self.problems, []
        unexpected = [problem for problem in problems if not any(words in problem for words in expected)]
        assert not unexpected, "\n".join([self.page.url, *unexpected])

    def leave(self) -> None:
        """Close the window."""
        self.context.close()


@contextlib.contextmanager
def visitor(browser: Browser, *, width: int = 1280, scheme: Scheme = "light") -> Generator[Visitor]:
    """A visitor, until the end of the block."""
    person = Visitor(browser, width=width, scheme=scheme)
    try:
        yield person
    finally:
        person.leave()
