"""What tests share: ECS in this process, and a way to call a function as Function Compute does."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from local.ecs.fake import FakeEcs
    from tests.harness.call import Call

# A first draw of text takes seconds on a busy machine; how fast values come is no fact of ours.
settings.register_profile("curfew", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("curfew")

pytest_plugins = ["local.ecs.testing"]


@pytest.hookimpl(tryfirst=True)  # before those that are slow are deselected
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave most cases of the largest tables to ``make test-all``."""
    from tests.harness.sampling import leave_to_test_all  # noqa: PLC0415  # as below

    leave_to_test_all(items)


if "MUTANT_UNDER_TEST" in os.environ:

    def pytest_runtest_setup() -> None:
        """Forget what unchanged code has worked out: mutmut tries each change in a fork of it."""
        for name, module in tuple(sys.modules.items()):
            if name.startswith("shared."):
                for one in vars(module).values():
                    getattr(one, "cache_clear", tuple)()


@pytest.fixture
def call(fake_ecs: FakeEcs, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls handlers against the emulator, on its clock."""
    from tests.harness.call import Call  # noqa: PLC0415  # pytest wants to import a plugin first

    return Call(fake_ecs, monkeypatch)


@pytest.fixture
def everything_logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that any logger says at DEBUG, with the SDK's own debugging switched on."""
    monkeypatch.setenv("DEBUG", "sdk")
    stream = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
