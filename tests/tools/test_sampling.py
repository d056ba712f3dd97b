"""Of a table that is too large for every run, `make test` plays a part and `make test-all` all."""

from __future__ import annotations

import pytest

from tests.harness.sampling import leave_to_test_all


def item(parent: pytest.Collector, name: str, one_in: int | None) -> pytest.Item:
    made: pytest.Item = pytest.Function.from_parent(parent, name=name, callobj=lambda: None)
    if one_in:
        made.add_marker(pytest.mark.sampled(one_in=one_in))
    return made


def test_one_case_in_so_many_is_left_and_nothing_else_is_touched(
    request: pytest.FixtureRequest,
) -> None:
    parent = request.node.parent
    table = [item(parent, f"test_table[{number}]", 3) for number in range(7)]
    others = [item(parent, f"test_other[{number}]", None) for number in range(3)]
    next_table = [item(parent, f"test_next[{number}]", 2) for number in range(4)]
    next_table[1].add_marker("slow")

    leave_to_test_all([*table, *others, *next_table])

    left = [
        one.name for one in (*table, *others, *next_table) if not list(one.iter_markers("slow"))
    ]
    assert left == [
        *("test_table[0]", "test_table[3]", "test_table[6]"),
        *("test_other[0]", "test_other[1]", "test_other[2]"),
        *("test_next[0]", "test_next[3]"),
    ]


def test_it_is_done_before_slow_ones_are_deselected(request: pytest.FixtureRequest) -> None:
    (hook,) = (
        one
        for one in request.config.hook.pytest_collection_modifyitems.get_hookimpls()
        if "leave_to_test_all" in one.function.__code__.co_names
    )
    assert hook.tryfirst
