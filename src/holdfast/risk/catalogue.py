"""The parameters that the risk engine's core reads off each event: declared in Rust, told here."""

from dataclasses import dataclass

from holdfast._core import risk_parameters


@dataclass(frozen=True)
class StateParameter:
    """One parameter of an event: what a state says just before it.

    ``entity`` is whose state it is; ``window`` how far back it looks, in words, and ``half_life_s`` its half-life in
    seconds where it fades. ``missing`` is its value where nothing is known, and ``gamed_by`` who could bring it into
    their favour and how.
    """

    identifier: str
    meaning: str
    entity: str
    window: str
    half_life_s: int | None
    unit: str
    missing: str
    gamed_by: str


def catalogue() -> tuple[StateParameter, ...]:
    """Every parameter, in the order of a row."""
    return tuple(
        StateParameter(identifier, meaning, entity, window, half_life_s or None, unit, missing, gamed_by)
        for identifier, meaning, entity, window, half_life_s, unit, missing, gamed_by in risk_parameters()
    )
