"""Each invariant is seen to bite: a bug is planted, and the one that is there for it finds it."""

from __future__ import annotations

import pytest

from tests.simulation.planted import Planted
from tests.simulation.planted_days import DAYS
from tests.simulation.planted_narrowing import NARROWING
from tests.simulation.planted_reports import REPORTS
from tests.simulation.planted_schedules import SCHEDULES
from tests.simulation.planted_writes import WRITES
from tests.simulation.scenario import Scenario, scenario
from tests.simulation.simulate import failure_of

MOST = 20_000
"""Seeds to look through; the bugs show in far fewer."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "bug", [*WRITES, *NARROWING, *DAYS, *SCHEDULES, *REPORTS], ids=lambda bug: bug.name
)
def test_a_planted_bug_is_found(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)

    assert _found_in(bug) is not None


def _found_in(bug: Planted) -> Scenario | None:
    """The first scenario in which the invariant that is meant finds the bug."""
    scenarios = (one for one in map(bug.scenarios, map(scenario, range(MOST))) if one is not None)
    return next((one for one in scenarios if (said := failure_of(one)) and bug.says in said), None)
