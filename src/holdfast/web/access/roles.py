"""What a role may do here: everybody in the roster looks, two roles act."""

from holdfast.authority import OFFICER, OPERATOR, Person
from holdfast.web.errors import RoleMissing

ACTING_ROLES = (OFFICER, OPERATOR)


def may_act(person: Person) -> bool:
    """Whether the person may plan a payout or cancel a withdrawal here."""
    return any(role in person.roles for role in ACTING_ROLES)


def require_may_act(person: Person) -> None:
    """Require a role that acts.

    :raises RoleMissing: the person has none.
    """
    if not may_act(person):
        raise RoleMissing(f"this takes the role {' or '.join(ACTING_ROLES)}, and {person.name} has neither")
