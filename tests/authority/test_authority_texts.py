"""Texts that people read before they approve: one reading each, and all of it seen."""

import dataclasses

import pytest

from authority_rig import Venue, intent, venue
from holdfast.amounts import Amount
from holdfast.authority import AuthorityMalformed, Credential, Person, WithdrawalOrder, require_text
from holdfast.demo.authenticator import SoftwareAuthenticator

GOOD = [
    "a",
    "ada",
    "Ada Lovelace",
    "Žofie Ähren",
    "O'Brien-Smith",
    "李小龍",
    "ست",
    "treasury (2)",
    "x" * 60,
    "Nguyễn",
    "שָׁלוֹם",
    "ปู่ทิ้ง",
]
BAD = [
    "",
    "x" * 61,
    " ada",
    "ada ",
    "ada  l",
    "ada\n",
    "ada\t",
    "a\u00a0da",
    "ada\u200b",
    "ada\u202e",
    "\u2066ada",
    "ada\u00ad",
    "ada\ufe0f",
    "ada\u3164",
    "ada\u2800",
    "\ufb01",
    "e\u0301",
    "\ud800",
    "x\U0001d159",
    "\U00016fe4x",
    "\u0301a",
    "\u1cd0x",
    "ben \u0301",
    "a\u0310\u0310\u0310",
    "a" + "\u20de\u0489" * 20,
]


@pytest.mark.parametrize("text", GOOD)
def test_what_reads_as_it_is_spelt(text: str) -> None:
    require_text(text, "a name", 60)


@pytest.mark.parametrize("text", BAD)
def test_what_reads_as_something_else(text: str) -> None:
    with pytest.raises(AuthorityMalformed, match="a name"):
        require_text(text, "a name", 60)


@pytest.fixture(scope="module")
def house() -> Venue:
    """Persons with their devices."""
    return venue()


@pytest.mark.parametrize("text", ["ada ", "ada\u200b", "ada\u202e", "x" * 61])
def test_where_such_texts_are_refused(text: str) -> None:
    for make in (
        lambda: Person(text, (), ()),
        lambda: Person("ada", (text,), ()),
        lambda: dataclasses.replace(intent(), created_by=text + "x" * 68 if len(text) > 60 else text),
    ):
        with pytest.raises(AuthorityMalformed):
            make()


@pytest.mark.parametrize("customer", ["alice ", " alice", "al  ice", "ålice", "alice\x7f"])
def test_a_customer_s_name_reads_as_one(customer: str) -> None:
    with pytest.raises(AuthorityMalformed):
        WithdrawalOrder("v", customer, "w1", Amount("BTC", 1_000), "bcrt1q", 1)


def test_a_roster_is_of_a_size_that_people_look_through(house: Venue) -> None:
    roster = house.roster()
    crowd = tuple(Person(f"p{number}", (), ()) for number in range(200 - len(roster.persons)))
    full = dataclasses.replace(roster, persons=(*roster.persons, *crowd))
    with pytest.raises(AuthorityMalformed, match="200 persons"):
        dataclasses.replace(full, persons=(*full.persons, Person("one more", (), ())))
    device = SoftwareAuthenticator("localhost", "x").credential
    many = tuple(Credential(bytes([number]), device.public_key) for number in range(11))
    with pytest.raises(AuthorityMalformed, match="10 devices"):
        Person("ada", (), many)
