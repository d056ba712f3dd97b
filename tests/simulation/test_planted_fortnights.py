"""Each law of fortnights is seen to bite: a bug is planted, and the law that is meant finds it."""

from __future__ import annotations

import pytest

import shared.domain.timetable
from tests.simulation.fortnight import fortnight
from tests.simulation.fortnights import broken_in
from tests.simulation.planted_fortnights import BUGS, Planted

MOST = 30
"""Seeds to look through, from that on in which a bug is known to show."""


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = shared.domain.timetable._state_at  # noqa: SLF001  # what is right is remembered
    remembered.cache_clear()
    bug.plant(monkeypatch)
    try:
        laws = _broken_with(bug)
    finally:
        remembered.cache_clear()  # and what was wrong

    assert bug.law in laws
    if bug.alone:
        assert laws == {bug.law}


def _broken_with(bug: Planted) -> set[int]:
    """The laws that are broken in the first fortnight in which the one that is meant is."""
    for seed in range(bug.seed, bug.seed + MOST):
        laws = {int(said.split(":")[0].removeprefix("law ")) for said in broken_in(fortnight(seed))}
        if bug.law in laws:
            return laws
    return set()
