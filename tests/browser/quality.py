"""What every page is held to: nothing wider than the window, readable by everybody, quick; and pictures of it."""

import base64
import functools
import importlib.resources
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page

WIDTHS = (390, 768, 1280, 1920)

_WORST = ("serious", "critical")

_OVERFLOWING = """() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const reaches = (element) => element.getBoundingClientRect().left + element.scrollWidth;
  const words = (element) => element.textContent.trim().replace(/\\s+/g, " ").slice(0, 40);
  return [...document.querySelectorAll("body *")]
    .filter((element) => reaches(element) > clientWidth + 1)
    .map((element) => `${element.localName}.${element.className} to ${reaches(element)} px: ${words(element)}`);
}"""

# What shows its own scroll bar, or shortens itself on purpose, reaches no further than it shows.
_SPILLING = """() => [...document.querySelectorAll(".card, .card *")]
  .filter((element) => !element.closest("svg, canvas, .visually-hidden") && element.clientWidth > 1
    && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === "visible")
  .map((element) => `${element.localName}.${element.className} by ${element.scrollWidth - element.clientWidth} px: `
    + element.textContent.trim().replace(/\\s+/g, " ").slice(0, 40))"""

_AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => [impact, `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`]));
}"""

_TIMING = """() => {
  const [navigation] = performance.getEntriesByType("navigation");
  return [navigation.responseEnd - navigation.requestStart, navigation.loadEventEnd];
}"""

# Sharp enough to read; whole pages are for people who look for faults, and windows for the documentation.
_WEBP_QUALITY = 55


@functools.cache
def _axe_source() -> str:
    # A trailing value: the result of the script itself cannot be handed over to here.
    return importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8") + ";0"


def overflow(page: Page) -> list[str]:
    """What makes a page scroll sideways, from the outermost element inwards."""
    found: list[str] = page.evaluate(_OVERFLOWING)
    return found


def spilling(page: Page) -> list[str]:
    """What reaches out of the card that it is in, from the outermost element inwards."""
    found: list[str] = page.evaluate(_SPILLING)
    return found


def axe(page: Page) -> list[str]:
    """What axe-core finds that keeps people out, serious or worse.

    Evaluated by the debugger, which the page's content security policy does not bind: adding a script would be
    refused, and a browser that ignores the policy would show another page than people see.
    """
    page.evaluate(_axe_source())
    found: list[tuple[str, str]] = page.evaluate(_AXE)
    return [f"{impact}: {words}" for impact, words in found if impact in _WORST]


@dataclass(frozen=True)
class Timing:
    """How long the last navigation took, in milliseconds."""

    response_ms: float
    load_ms: float


def timing(page: Page) -> Timing:
    """From the request to the last byte of the page's own answer, and until everything on it had loaded."""
    page.wait_for_load_state("load")
    return Timing(*page.evaluate(_TIMING))


def screenshot(devtools: CDPSession, path: Path, *, whole: bool = False) -> None:
    """What a page's window shows, or the whole page, as WebP: a third of PNG's size where there is much text."""
    devtools.send("Runtime.evaluate", {"expression": "document.fonts.ready.then(() => 1)", "awaitPromise": True})
    shot: dict[str, object] = {"format": "webp", "quality": _WEBP_QUALITY}
    if whole:
        size = devtools.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot |= {"captureBeyondViewport": True, "clip": clip}
    path.write_bytes(base64.b64decode(devtools.send("Page.captureScreenshot", shot)["data"]))
