"""The reserves' pages: the published epochs, their files, and nothing else of the folder they are in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reserves_rig import House, build_house, copy_house
from web_rig import Browser, console, text_of


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a published epoch."""
    directory = tmp_path_factory.mktemp("reserves")
    opened = copy_house(build_house(directory / "template"), directory / "house")
    yield opened
    opened.world.close()


@pytest.fixture(scope="module")
def page(house: House) -> Browser:
    """Its console."""
    return console(house.world, reserves=house.directory)


def test_the_newest_epoch_with_what_is_owed_and_held(page: Browser) -> None:
    shown = text_of(page, "/reserves")
    assert "Epoch 1 the newest" in shown
    assert "covers customers" in shown
    assert "Owed to customers" in shown


def test_an_epoch_with_root_block_and_files(house: House, page: Browser) -> None:
    answer = page.get("/reserves/1")
    assert answer.status_code == 200
    assert 'href="/reserves/1/manifest.json" download' in answer.text
    assert "this is the first" in answer.text
    assert "verify_reserves.py" in answer.text


def test_each_public_file_is_handed_out_as_it_is(house: House, page: Browser) -> None:
    public = house.directory / "1" / "public"
    names = sorted(path.name for path in public.iterdir())
    assert "manifest.json" in names
    for name in names:
        answer = page.get(f"/reserves/1/{name}")
        assert answer.content == (public / name).read_bytes()
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fmanifest.json", "%2e%2e", "nothing.json", "manifest.json%00", "../1/public"]
)
def test_no_name_leads_out_of_the_public_folder(page: Browser, name: str) -> None:
    assert page.get(f"/reserves/1/{name}").status_code == 404


@pytest.mark.parametrize(("path", "status"), [("/reserves/2", 404), ("/reserves/x", 400), ("/reserves/-1", 400)])
def test_epochs_that_are_not_there(page: Browser, path: str, status: int) -> None:
    assert page.get(path).status_code == status


def test_before_the_first_epoch(house: House, tmp_path: Path) -> None:
    assert "No epoch is published yet" in text_of(console(house.world, reserves=tmp_path / "none"), "/reserves")
    assert "No epoch is published yet" in text_of(console(house.world), "/reserves")


def test_a_damaged_epoch_is_said_without_its_place(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "reserves" / "1" / "public"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    answer = console(house.world, reserves=tmp_path / "reserves").get("/reserves")
    assert answer.status_code in (404, 503)
    assert str(tmp_path) not in answer.text
