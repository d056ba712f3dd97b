"""Which rule a request makes, with what it asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions import clear_auto_release, describe, release, start, stop
from functions.clear_auto_release import ClearAutoReleaseRule
from functions.describe import describe_rule
from functions.release import ReleaseRule
from shared.action import RequestTime
from shared.base.errors import InvalidEvent
from shared.base.times import CHINA
from shared.domain.guards import Harm
from shared.domain.instance import StoppedMode
from shared.domain.power import StartRule, StopRule
from shared.domain.steps import (
    DiskLook,
)
from shared.request.request import decode
from shared.settings.settings import Settings
from tests.functions.rule_cases import BOOLS, NOW
from tests.harness.actions import ACTIONS

ASKED = RequestTime(NOW, NOW, Settings())
BY_ID: dict[str, object] = {"instance_ids": ["i-1"]}
BY_TAG: dict[str, object] = {"tags": {"team": "dev"}}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, StopRule(force=False, stopped_mode=None, wait=True)),
        ({"force": True, "wait": False}, StopRule(force=True, stopped_mode=None, wait=False)),
        (
            {"stopped_mode": "KeepCharging"},
            StopRule(force=False, stopped_mode=StoppedMode.KEEP_CHARGING, wait=True),
        ),
    ],
)
def test_a_request_makes_stops_rule(fields: dict[str, object], rule: StopRule) -> None:
    request = decode(stop.ACTION.request, {**BY_ID, **fields}, "stop")

    assert stop.ACTION.rule(request, ASKED) == rule


@pytest.mark.parametrize("wait", BOOLS)
def test_a_request_makes_starts_rule(
    wait: bool,  # noqa: FBT001  # a column of the table
) -> None:
    request = decode(start.ACTION.request, {**BY_ID, "wait": wait}, "start")

    assert start.ACTION.rule(request, ASKED) == StartRule(wait=wait)
    assert start.ACTION.rule(decode(start.ACTION.request, BY_ID, "start"), ASKED) == StartRule(
        wait=True
    )


def test_a_request_makes_the_rules_that_take_nothing() -> None:
    clear = decode(clear_auto_release.ACTION.request, BY_ID, "clear_auto_release")
    look = decode(describe.ACTION.request, BY_ID, "describe")

    assert clear_auto_release.ACTION.rule(clear, ASKED) == ClearAutoReleaseRule()
    assert describe.ACTION.rule(look, ASKED) == describe_rule(Settings())


def release_rule(*, force: bool, snapshot: bool, days: int) -> ReleaseRule:
    return ReleaseRule(
        force=force,
        snapshot=snapshot,
        retention_days=days,
        kept_until=NOW + timedelta(days=days),
        begun_at=ASKED.now,
        zone=CHINA,
    )


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (
            {**BY_TAG, "plan_id": "confirmed"},
            release_rule(force=False, snapshot=True, days=7),
        ),
        (BY_ID, release_rule(force=False, snapshot=True, days=7)),
        (
            {**BY_ID, "force": True, "snapshot": False, "snapshot_retention_days": 1},
            release_rule(force=True, snapshot=False, days=1),
        ),
        (
            {**BY_TAG, "dry_run": False},
            release_rule(force=False, snapshot=True, days=7),
        ),
        (
            {**BY_TAG, "dry_run": True},
            release_rule(force=False, snapshot=True, days=7),
        ),
    ],
)
def test_a_request_makes_releases_rule(fields: dict[str, object], rule: ReleaseRule) -> None:
    request = decode(release.ACTION.request, fields, "release")

    assert release.ACTION.rule(request, ASKED) == rule


@pytest.mark.parametrize(
    "fields", [BY_TAG, {"name": "ci-*"}, {"all": True, "max_instances": 5}], ids=str
)
def test_a_release_of_unnamed_instances_must_state_dry_run(fields: dict[str, object]) -> None:
    request = decode(release.ACTION.request, fields, "release")

    with pytest.raises(InvalidEvent) as caught:
        release.ACTION.rule(request, ASKED)

    assert str(caught.value) == (
        "dry_run is missing; a release by anything but instance_ids must set it, to true or false"
    )


@pytest.mark.parametrize(
    ("fields", "disks"),
    [
        ({}, DiskLook.ALL),
        ({"snapshot": True}, DiskLook.ALL),
        ({"snapshot": False}, DiskLook.NAMES),
    ],
)
def test_release_looks_at_every_disk_unless_no_snapshot_is_wanted(
    fields: dict[str, object], disks: DiskLook
) -> None:
    request = decode(release.ACTION.request, {**BY_ID, **fields}, "release")

    assert release.ACTION.disks(request) is disks


def test_only_release_looks_at_disks() -> None:
    request = decode(start.ACTION.request, BY_ID, "start")

    assert start.ACTION.disks(request) is DiskLook.NONE


def test_each_action_says_the_harm_that_it_can_do() -> None:
    assert {name: (action.harm, action.only_reads) for name, action in ACTIONS.items()} == {
        "stop": (Harm.OUTAGE, False),
        "start": (Harm.COST, False),
        "apply_schedule": (Harm.OUTAGE, False),
        "release": (Harm.LOSS, False),
        "set_auto_release": (Harm.LOSS, False),
        "clear_auto_release": (Harm.NONE, False),
        "describe": (Harm.NONE, True),
    }
