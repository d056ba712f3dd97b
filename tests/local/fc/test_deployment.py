"""The functions as they are called here: which there are, and what they are given."""

from __future__ import annotations

import io
import json
import time
from datetime import datetime, timezone

import pytest

from functions import stop
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.fc.context import Runtime
from local.fc.deployment import Deployment, emulated, function_names
from local.fc.pace import PacedClock

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
FLEET = Fleet((InstanceSpec("web"),))


def test_every_function_is_known() -> None:
    assert function_names() == (
        "apply_schedule",
        "clear_auto_release",
        "describe",
        "extend_lease",
        "release",
        "set_auto_release",
        "start",
        "stop",
    )


@pytest.mark.parametrize("runtime", ["3.10", "3.12"])
def test_functions_live_on_the_emulators_clock(runtime: Runtime) -> None:
    clock = PacedClock(START, 60)
    with emulated(clock, FLEET, Deployment(runtime=runtime)) as stage:
        outcome = stage.deployment.invoke(
            "set_auto_release", b'{"name": "web", "release_after": "2h"}', io.StringIO()
        )
        (web,) = stage.engine.instances()

    assert outcome.ok, outcome.body
    assert web.auto_release_at is not None
    assert 120 <= (web.auto_release_at - START).total_seconds() / 60 <= 125


def test_the_environment_reaches_the_functions() -> None:
    clock = PacedClock(START, 60)
    with emulated(clock, FLEET, Deployment(environ={"CURFEW_REGIONS": "cn-beijing"})) as stage:
        outcome = stage.deployment.invoke("stop", b'{"name": "web"}', io.StringIO())

    assert outcome.error_type == "Refused"
    assert "CURFEW_REGIONS" in json.loads(outcome.body)["errorMessage"]


def test_a_slow_machine_is_not_cut_off_before_its_own_clock_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object, **__: object) -> str:
        time.sleep(0.1)
        return "done"

    monkeypatch.setattr(stop, "handler", slow)
    with emulated(PacedClock(START, 60), FLEET, Deployment(timeout_s=0.01)) as stage:
        outcome = stage.deployment.invoke("stop", b"{}", io.StringIO())

    assert (outcome.ok, outcome.body) == (True, b"done")


def test_a_function_that_does_not_exist_fails_as_in_function_compute() -> None:
    outcome = Deployment().invoke("halt", b"{}", io.StringIO())

    assert (outcome.ok, outcome.error_type) == (False, "ImportModuleError")
