"""The rig sees what it is there to see, and takes a page without faults for one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from browser.quality import axe, overflow, screenshot, timing
from browser.rig import ChromiumMissing, Visitor, find_chromium
from browser.serving import served
from holdfast.pages import LOOPBACK_HOSTS, TRUSTED, Perimeter

GOOD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Good</title>
<link rel="icon" href="/mark"><main><h1>Good</h1><p>A page without faults.</p></main>"""
PAGES = {
    "good": GOOD,
    "wide": GOOD.replace("faults.", f"faults: {'x' * 500}"),
    "unreadable": GOOD.replace("</h1>", '</h1><img src="/mark"><button></button>'),
    "inline": GOOD.replace("<h1>", '<h1 style="color: red">'),
    "markup": GOOD + '<script src="/markup.js"></script>',
    "loud": GOOD + '<script src="/loud.js"></script>',
    "broken": GOOD + '<script src="/broken.js"></script>',
    "missing": GOOD + '<script src="/nowhere.js"></script>',
}

SCRIPTS = {
    "/markup.js": 'document.querySelector("h1").innerHTML = "<b>x</b>";',
    "/loud.js": 'console.warn("careful");',
    "/broken.js": "nothing.like.it();",
}


def answering(body: str, media_type: str) -> Callable[[object], Response]:
    """An endpoint that always answers the same."""
    return lambda _request: Response(body, media_type=media_type)


@pytest.fixture(scope="module")
def ports() -> dict[int, int]:
    """No house here, and no address but the server's own."""
    return {}


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Serves each of the pages above under its name."""
    routes = [Route(f"/{name}", lambda _, body=body: HTMLResponse(body)) for name, body in PAGES.items()]
    routes += [Route(path, answering(script, "text/javascript")) for path, script in SCRIPTS.items()]
    routes.append(Route("/mark", answering('<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")))
    with served(Perimeter(Starlette(routes=routes), LOOPBACK_HOSTS, csp=TRUSTED)) as port:
        yield f"http://localhost:{port}"


def test_a_good_page_is_clean(person: Visitor, origin: str, tmp_path: Path) -> None:
    person.page.goto(f"{origin}/good")
    person.require_clean()
    assert overflow(person.page) == axe(person.page) == []
    took = timing(person.page)
    assert 0 < took.response_ms <= took.load_ms
    screenshot(person.devtools, tmp_path / "good.webp")
    assert (tmp_path / "good.webp").read_bytes()[8:12] == b"WEBP"


def test_a_page_that_scrolls_sideways_is_seen(person: Visitor, origin: str) -> None:
    person.page.goto(f"{origin}/wide")
    assert "px: A page without faults: xxx" in overflow(person.page)[-1]


def test_what_keeps_people_out_is_seen_in_spite_of_the_policy(person: Visitor, origin: str) -> None:
    person.page.goto(f"{origin}/unreadable")
    found = "\n".join(axe(person.page))
    assert "critical: image-alt" in found
    assert "critical: button-name" in found
    person.require_clean()


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("inline", "content security policy: style-src-attr by inline"),
        ("markup", "content security policy: require-trusted-types-for by trusted-types-sink"),
        ("loud", "console warning: careful"),
        ("broken", "uncaught: nothing is not defined"),
        ("missing", "status of 404"),
    ],
)
def test_what_goes_wrong_is_seen(person: Visitor, origin: str, page: str, problem: str) -> None:
    person.page.goto(f"{origin}/{page}")
    with pytest.raises(AssertionError, match=problem):
        person.require_clean()
    person.require_clean()  # told once


def test_an_expected_problem_does_not_hide_another(person: Visitor, origin: str) -> None:
    person.page.goto(f"{origin}/missing")
    person.require_clean("status of 404", "MIME type")
    person.page.goto(f"{origin}/missing")
    person.page.goto(f"{origin}/loud")
    with pytest.raises(AssertionError, match="careful"):
        person.require_clean("status of 404", "MIME type")


def test_a_request_that_reaches_nobody_is_seen(person: Visitor, origin: str) -> None:
    person.page.goto(f"{origin}/good")
    person.page.route("**/away", lambda route: route.abort("connectionrefused"))
    person.page.evaluate("() => fetch('/away').catch(() => null)")
    with pytest.raises(AssertionError, match=r"request failed: GET .*/away: net::ERR_CONNECTION_REFUSED"):
        person.require_clean()


def test_light_and_dark_reach_the_page(person: Visitor, origin: str) -> None:
    person.page.goto(f"{origin}/good")
    person.resize(390, "dark")
    assert person.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert person.page.evaluate("innerWidth") == 390


def test_a_machine_without_chromium_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("HOLDFAST_CHROMIUM", raising=False)
    with pytest.raises(ChromiumMissing, match="install Debian's package chromium"):
        find_chromium()
