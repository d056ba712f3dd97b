"""Tables too large for every run: `make test` plays a sample of them, `make test-all` the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest


def leave_to_test_all(items: Iterable[pytest.Item]) -> None:
    """Mark as slow all cases but one in so many of each test that is marked ``sampled``.

    So many should share no factor with the number of values of the test's inner parameters: then
    each of these is in the sample, each time with others. Cases that are slow anyway do not count.
    """
    cases: Counter[str] = Counter()
    for item in items:
        sampled = item.get_closest_marker("sampled")
        if sampled is None or item.get_closest_marker("slow"):
            continue
        test = item.nodeid.partition("[")[0]
        if cases[test] % sampled.kwargs["one_in"]:
            item.add_marker("slow")
        cases[test] += 1
