"""Others' files: exactly those that their note names. Our colours: readable, in light and in dark."""

import hashlib
import importlib.resources
import itertools
import re

import pytest

VENDORS = {
    package: importlib.resources.files(package).joinpath("vendor") for package in ("holdfast.pages", "holdfast.web")
}
LICENCES = {
    "holdfast.pages": {"inter.txt", "jetbrains-mono.txt"},
    "holdfast.web": {"htmx.txt", "uplot.txt"},
}

AA_TEXT, AA_LARGE = 4.5, 3.0
"""Web Content Accessibility Guidelines 2.2, success criteria 1.4.3 and 1.4.11."""

GROUNDS = ("ground", "surface")
TONES = ("good", "bad", "watch", "wait")
PAIRS = (
    *itertools.product(("ink", "quiet", "accent"), GROUNDS, [AA_TEXT]),
    *((tone, f"{tone}-ground", AA_TEXT) for tone in TONES),
    *((tone, "surface", AA_LARGE) for tone in TONES),
    ("ink", "plain-ground", AA_TEXT),
    ("accent-strong", "accent-ground", AA_TEXT),
    ("on-accent", "accent", AA_TEXT),
    ("on-accent", "accent-strong", AA_TEXT),
    ("line-strong", "surface", AA_LARGE),
    ("line-strong", "ground", AA_LARGE),
)


def noted(package: str) -> dict[str, str]:
    """The digests of the package's note, by file."""
    note = VENDORS[package].joinpath("ORIGIN.txt").read_text()
    return dict(re.findall(r"^(static/\S+) .* ([0-9a-f]{64})$", note, re.MULTILINE))


@pytest.mark.parametrize("package", VENDORS)
def test_every_file_of_others_is_the_one_that_is_noted(package: str) -> None:
    files = {f"static/{file.name}": file.read_bytes() for file in VENDORS[package].joinpath("static").iterdir()}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in files.items()} == noted(package)


@pytest.mark.parametrize("package", VENDORS)
def test_every_one_has_its_licence(package: str) -> None:
    assert {file.name for file in VENDORS[package].joinpath("licences").iterdir()} == LICENCES[package]


def schemes() -> dict[str, dict[str, str]]:
    """The colours of the shared style sheet, light and dark."""
    sheet = importlib.resources.files("holdfast.pages").joinpath("static", "holdfast.css").read_text()
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", sheet, re.DOTALL)[:2]
    found = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
    return {"light": dict(found.findall(light)), "dark": dict(found.findall(dark))}


def luminance(colour: str) -> float:
    """The relative luminance of an sRGB colour."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_contrast(scheme: str, text: str, ground: str, least: float) -> None:
    colours = schemes()[scheme]
    lighter, darker = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least
