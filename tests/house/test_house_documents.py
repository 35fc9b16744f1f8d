"""Documents: their commands exist, their links lead somewhere, and the promises name their limits."""

import re
from pathlib import Path

import pytest
import typer.main

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if not {"_build", "api"} & set(path.relative_to(ROOT).parts)
)
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)\s#]*)(#[^)\s]+)?\)")


def shell_commands() -> list[str]:
    """Every command line in a shell block of a page, without its comment."""
    blocks = (block for page in PAGES for block in SHELL_BLOCK.findall(page.read_text(encoding="utf-8")))
    lines = (line.split("#")[0].strip() for block in blocks for line in block.splitlines())
    return sorted({line for line in lines if line})


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("line", [line for line in shell_commands() if line.startswith("scripts/")])
def test_documented_script_exists(line: str) -> None:
    assert (ROOT / line.split(maxsplit=1)[0]).is_file()


@pytest.mark.parametrize("line", [line for line in shell_commands() if line.startswith("holdfast ")])
def test_documented_command_exists(line: str) -> None:
    cli = pytest.importorskip("holdfast.cli", reason="the command line is not there yet")
    command = typer.main.get_command(cli.app)
    for word in line.split(">", maxsplit=1)[0].split()[1:]:
        children = getattr(command, "commands", None)
        if children is None:
            break
        assert word in children, f"{line}: no command {word!r}"
        command = children[word]


def test_every_shell_command_is_one_of_ours() -> None:
    assert all(line.startswith(("scripts/", "holdfast ")) for line in shell_commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), f"{target} is not there"
        if anchor:
            assert anchor[1:] in anchors(linked), f"{target} has no {anchor}"


def test_every_promise_names_its_limits() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("| promise |")[1].split("\n\n")[0].splitlines()[2:]
    assert len(table) == 9
    assert all("docs/limitations.md" in row for row in table)


def test_nothing_claims_an_audit() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "not audited" in readme
    for page in PAGES:
        assert not re.search(r"\b(?:has been|was|is|fully) (?:audited|certified)\b", page.read_text(encoding="utf-8"))
