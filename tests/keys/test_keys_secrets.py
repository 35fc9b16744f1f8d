"""Secrets are opaque: nothing prints, copies or pickles them."""

import copy
import pickle
from collections.abc import Callable

import pytest

from holdfast import keys
from keys.key_rigs import committee


def secrets() -> list[object]:
    """One of each secret."""
    round1, _ = keys.dkg_begin(1, 2, 2)
    other, hello = keys.dkg_begin(2, 2, 2)
    round2, _ = keys.dkg_exchange(keys.dkg_begin(1, 2, 2)[0], {2: hello})
    share = committee()[1]
    nonces, _ = keys.commit(share)
    return [share, nonces, round1, other, round2]


@pytest.mark.parametrize("escape", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_secret_cannot_be_copied_or_pickled(escape: Callable[[object], object]) -> None:
    for secret in secrets():
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            escape(secret)


def test_a_secret_shows_nothing() -> None:
    for secret in secrets():
        shown = f"<{type(secret).__name__} redacted>"
        assert repr(secret) == str(secret) == f"{secret}" == shown
        assert not hasattr(secret, "__dict__")
        with pytest.raises(TypeError):
            type(secret)()


def test_a_share_gives_out_public_values_only() -> None:
    public = {name for name in dir(committee()[1]) if not name.startswith("_")}
    assert public == {"group_key", "identifier", "seal", "unseal"}
    for kind in (keys.SigningNonces, keys.DkgRound1Secret, keys.DkgRound2Secret):
        assert {name for name in dir(kind) if not name.startswith("_")} == set()
