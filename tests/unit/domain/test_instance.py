"""The model's few functions: an instance that ECS no longer shows, or whose transition is over."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from shared.domain.instance import (
    Disk,
    Instance,
    Status,
    StoppedMode,
    absent,
    after_transition,
    stopped_mode,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
LATER = NOW + timedelta(seconds=30)
RUNNING = Instance(
    id="i-1",
    region="cn-hangzhou",
    seen_at=NOW,
    status=Status.RUNNING,
    name="ci-1",
    charge_type="PostPaid",
    auto_release_at=NOW + timedelta(hours=1),
    tags={"team": "dev"},
)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("mode", StoppedMode)
def test_only_who_is_stopped_has_a_mode(status: Status, mode: StoppedMode) -> None:
    has_one = status is Status.STOPPED and mode is not StoppedMode.NOT_APPLICABLE

    shown = stopped_mode(replace(RUNNING, status=status, stopped_mode=mode))

    assert shown == (mode.value if has_one else "")


def test_an_instance_that_is_gone_keeps_its_name_and_loses_its_release_time() -> None:
    assert RUNNING.gone(LATER) == replace(
        RUNNING, seen_at=LATER, status=Status.GONE, auto_release_at=None
    )


def test_a_look_without_disks_can_take_over_those_of_an_earlier_one() -> None:
    disks = (Disk("d-1", "cloud_essd", deleted_with_instance=True),)
    later = replace(RUNNING, seen_at=LATER, status=Status.STOPPED)

    assert later.with_disks_of(replace(RUNNING, disks=disks)) == replace(later, disks=disks)


def test_an_absent_instance_is_gone_and_nothing_else_is_known_of_it() -> None:
    assert absent("i-9", "cn-beijing", NOW) == Instance("i-9", "cn-beijing", NOW, Status.GONE)


@pytest.mark.parametrize(
    ("status", "settles_as"),
    [
        (Status.PENDING, Status.RUNNING),
        (Status.STARTING, Status.RUNNING),
        (Status.RUNNING, Status.RUNNING),
        (Status.STOPPING, Status.STOPPED),
        (Status.STOPPED, Status.STOPPED),
        (Status.GONE, Status.GONE),
        (Status.UNKNOWN, Status.UNKNOWN),
    ],
)
def test_a_transition_settles_and_every_other_status_stays(
    status: Status, settles_as: Status
) -> None:
    assert after_transition(replace(RUNNING, status=status)) == replace(RUNNING, status=settles_as)
