"""Each law is seen to bite: a bug is planted, and the law that is there for it finds it."""

from __future__ import annotations

import pytest

from tests.simulation.night import Night, night
from tests.simulation.planted import Planted
from tests.simulation.planted_reports import REPORTS
from tests.simulation.planted_writes import WRITES
from tests.simulation.play import failure_of

MOST = 20_000
"""Seeds to look through; the bugs show in far fewer."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", [*WRITES, *REPORTS], ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)

    assert _found_in(bug) is not None


def _found_in(bug: Planted) -> Night | None:
    """The first night in which the law that is meant finds the bug."""
    nights = (one for one in map(bug.nights, map(night, range(MOST))) if one is not None)
    return next((one for one in nights if (said := failure_of(one)) and bug.says in said), None)
