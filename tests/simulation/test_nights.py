from __future__ import annotations

import pytest

from tests.simulation.night import night
from tests.simulation.play import failing, play

NIGHTS = 2000
CHUNK = 250


@pytest.mark.parametrize("first", range(0, NIGHTS, CHUNK))
def test_the_laws_hold_in_every_night(first: int) -> None:
    assert failing(range(first, first + CHUNK)) == []


def test_the_same_seed_is_the_same_night() -> None:
    def told(seed: int) -> list[str]:
        lines: list[str] = []
        play(night(seed), lines.append)
        return lines

    assert [told(seed) for seed in range(20)] == [told(seed) for seed in range(20)]
