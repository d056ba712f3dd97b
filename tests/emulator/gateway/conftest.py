"""What several modules here share."""

from __future__ import annotations

import pytest

from local.ecs.clock import ManualClock
from local.ecs.emulator import default_engine
from local.ecs.gateway.gateway import Gateway


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(default_engine(ManualClock()))
