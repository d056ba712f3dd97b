"""No invocation outlives the test that made it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.fc.asynchronous import join_all


@pytest.fixture(autouse=True)
def _no_invocation_goes_on() -> Iterator[None]:
    """Else an asynchronous one would write its log into the next test."""
    yield
    join_all()
