"""Every page of a house with 100,000 withdrawals behind it, loaded in Chromium: how long until it is there.

A page's time is from the request to the end of its load event, styles and scripts included, by the browser's own
clock (Navigation Timing Level 2); the median of a few loads counts, and the worst page decides. There is no peer.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from browser.furnishing import Furniture, furnish
from browser.house import House, served_house
from browser.pages import PAGES, Shown
from browser.quality import Timing, timing
from browser.rig import ChromiumMissing, Visitor, chromium
from bulk import fill
from world import NOW_S, World

PROMISED_MS = 200


def populated(directory: Path, withdrawals: int) -> Furniture:
    """Found a house in an empty folder that has paid so many withdrawals."""
    furniture = furnish(directory)
    world = World.open(directory, NOW_S)
    fill(world, withdrawals)
    world.close()
    return furniture


def loads(shown: Shown, visitor: Visitor, house: House, furniture: Furniture, times: int) -> list[Timing]:
    """So many loads of one page, after one that is not counted: it signs in, and fills the browser's cache."""
    shown.visit(visitor, house, furniture)
    taken = []
    for _ in range(times):
        visitor.page.reload(wait_until="load")
        taken.append(timing(visitor.page))
    return taken


def measured(withdrawals: int, times: int) -> list[dict[str, Any]]:
    """Each page with its medians, slowest first."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="holdfast-") as temporary:
        directory = Path(temporary) / "house"
        furniture = populated(directory, withdrawals)
        with served_house(directory) as house, chromium(house.ports) as browser:
            people = {shown.person: Visitor(browser) for shown in PAGES}
            for shown in PAGES:
                taken = loads(shown, people[shown.person], house, furniture, times)
                rows.append(
                    {
                        "page": shown.name,
                        "response_ms": round(statistics.median(each.response_ms for each in taken), 1),
                        "load_ms": round(statistics.median(each.load_ms for each in taken), 1),
                        "worst_load_ms": round(max(each.load_ms for each in taken), 1),
                    }
                )
    return sorted(rows, key=lambda row: -float(row["load_ms"]))


def main() -> int:
    """Measure and print; 1 if a page takes longer than promised."""
    parser = argparse.ArgumentParser(prog="scripts/bench pages")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--withdrawals", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5)
    wanted = parser.parse_args()
    try:
        rows = measured(wanted.withdrawals, wanted.times)
    except ChromiumMissing as missing:
        parser.exit(3, f"{missing}\n")
    kept = all(row["load_ms"] < PROMISED_MS for row in rows)
    result = {
        "bench": "pages",
        "unit": "median milliseconds",
        "withdrawals": wanted.withdrawals,
        "promised_ms": PROMISED_MS,
        "kept": kept,
        "pages": rows,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {"holdfast": importlib.metadata.version("holdfast"), "python": platform.python_version()},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    if wanted.as_json:
        print(json.dumps(result))
    else:
        _print(result)
    return 0 if kept else 1


def _print(result: dict[str, Any]) -> None:
    print(f"{result['withdrawals']:,} withdrawals; {result['machine']}; {result['date']}")
    print(f"{'page':28}{'response':>10}{'loaded':>10}{'worst':>10}   ms")
    for row in result["pages"]:
        print(f"{row['page']:28}{row['response_ms']:>10}{row['load_ms']:>10}{row['worst_load_ms']:>10}")
    print(f"each within {result['promised_ms']} ms: {'yes' if result['kept'] else 'NO'}")


if __name__ == "__main__":
    sys.exit(main())
