"""Both runners: results in the order of the items, all done before a failure is told."""

from __future__ import annotations

import threading

import pytest

from shared.base.parallel import Runner, threads
from tests.harness.invocation import one_by_one

RUNNERS = pytest.mark.parametrize("runner", [one_by_one, threads])


@RUNNERS
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_the_order_of_the_items(runner: Runner, count: int) -> None:
    assert runner(lambda item: item * 2, range(count), at_once=8) == [
        item * 2 for item in range(count)
    ]


@RUNNERS
@pytest.mark.parametrize("count", [1, 5])
def test_a_failure_is_told(runner: Runner, count: int) -> None:
    def work(item: int) -> int:
        if item == count - 1:
            raise KeyError(item)
        return item

    with pytest.raises(KeyError):
        runner(work, range(count), at_once=2)


def test_no_more_than_allowed_run_at_once() -> None:
    pair = threading.Barrier(2)
    running, most = [0], [0]
    lock = threading.Lock()

    def work(_: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        pair.wait(timeout=50)
        with lock:
            running[0] -= 1

    threads(work, range(6), at_once=2)

    assert most == [2]
