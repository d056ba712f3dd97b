from __future__ import annotations

import pytest

from shared.domain.guards import Harm
from tests.harness.actions import ACTIONS
from tests.simulation.contract import HARMFUL
from tests.simulation.invariants_of_writes import OPERATIONS
from tests.simulation.scenario import scenario
from tests.simulation.simulate import failing, simulate

SCENARIOS = 2000
CHUNK = 125
LATER = range(CHUNK, SCENARIOS, CHUNK)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in LATER)]
)
def test_the_invariants_hold_in_every_scenario(first: int) -> None:
    assert failing(range(first, first + CHUNK)) == []


def test_the_same_seed_is_the_same_scenario() -> None:
    def told(seed: int) -> list[str]:
        lines: list[str] = []
        simulate(scenario(seed), lines.append)
        return lines

    assert [told(seed) for seed in range(20)] == [told(seed) for seed in range(20)]


def test_the_invariants_know_every_function_and_the_harm_that_it_can_do() -> None:
    guarded = {name for name, action in ACTIONS.items() if action.harm is not Harm.NONE}

    assert OPERATIONS.keys() == ACTIONS.keys(), "say in OPERATIONS what it sends"
    assert {*HARMFUL, "apply_schedule", "start"} == guarded, "add to HARMFUL what stops or releases"
