"""Pictures of every page, wide and on a phone, light and dark; run by ``scripts/screenshots``."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from browser.furnishing import furnish
from browser.house import served_house
from browser.pages import PAGES, Shown
from browser.quality import screenshot
from browser.rig import ChromiumMissing, Scheme, Visitor, chromium

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDTHS = (1280, 390)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def shoot(pages: list[Shown], folder: Path, *, whole: bool) -> int:
    """Write a picture of each page into the folder, ``NAME-WIDTH-SCHEME.webp``; the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    with tempfile.TemporaryDirectory(prefix="holdfast-") as temporary:
        directory = Path(temporary) / "house"
        furniture = furnish(directory)
        with served_house(directory) as house, chromium(house.ports) as browser:
            # Each signs in once: the console counts sign-ins.
            people = {shown.person: Visitor(browser) for shown in pages}
            for shown in pages:
                shown.visit(people[shown.person], house, furniture)
                written += sum(path.stat().st_size for path in _shoot(shown, people[shown.person], folder, whole=whole))
                print(shown.name)  # noqa: T201 -- progress
    return written


def _shoot(shown: Shown, person: Visitor, folder: Path, *, whole: bool) -> Iterator[Path]:
    for width in WIDTHS:
        for scheme in SCHEMES:
            person.resize(width, scheme)
            path = folder / f"{shown.name}-{width}-{scheme}.webp"
            screenshot(person.devtools, path, whole=whole)
            yield path


def _is_wanted(shown: Shown, names: list[str], *, every: bool) -> bool:
    return shown.name in names or (not names and (every or shown.documented))


def main(words: list[str]) -> int:
    """Shoot the named pages, or the documentation's; the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description="Pictures of the pages.")
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=IMAGES)
    parser.add_argument("--whole", action="store_true", help="whole pages instead of what a window shows")
    parser.add_argument("name", nargs="*", help="a page; those of the documentation when none is named")
    parser.add_argument("--every", action="store_true", help="every page, not only those of the documentation")
    wanted = parser.parse_args(words)
    names = {shown.name for shown in PAGES}
    if not names.issuperset(wanted.name):
        parser.error(f"the pages are: {' '.join(sorted(names))}")
    try:
        chosen = [shown for shown in PAGES if _is_wanted(shown, wanted.name, every=wanted.every)]
        written = shoot(chosen, wanted.to, whole=wanted.whole)
    except ChromiumMissing as missing:
        parser.exit(3, f"{missing}\n")
    print(f"{written // 1024} KiB in {wanted.to}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
