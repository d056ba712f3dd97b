"""A row of ECS that cannot be read: it is named, nothing is done to it, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import Request
from shared.base.errors import Incomplete, Unavailable
from tests.harness.actions import VARIANTS, WRITING, function_of, stated, to_do
from tests.harness.reports import report_of, table
from tests.harness.requests import WAYS, selected
from tests.harness.stage import DEV, Stage
from tests.harness.transport import Direct

EACH = pytest.mark.parametrize("name", VARIANTS)
EACH_WRITE = pytest.mark.parametrize("name", WRITING)

Row = dict[str, Any]


@dataclass
class Garbling(Direct):
    """Shows a row of one operation otherwise than it is.

    Attributes:
        garble: Takes and gives a row; by operation and the instance's id or name.
        skip: So many answers of the operation are shown as they are.
    """

    operation: str = "DescribeInstances"
    garble: Callable[[Row], Row] = field(default=lambda row: row)
    skip: int = 0

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if operation != self.operation:
            return body
        self.skip -= 1
        if self.skip >= 0:
            return body
        outer, inner = {
            "DescribeInstances": ("Instances", "Instance"),
            "DescribeDisks": ("Disks", "Disk"),
            "DescribeSnapshots": ("Snapshots", "Snapshot"),
        }[operation]
        return {**body, outer: {inner: [self.garble(dict(one)) for one in body[outer][inner]]}}


def stage_of(name: str, *others: InstanceSpec) -> Stage:
    """dev-sick and dev-well, with which the function has something to do."""
    stage = Stage(())
    old = stage.clock.now() - timedelta(days=1)
    for one in ("dev-sick", "dev-well"):
        spec: dict[str, Any] = {"tags": DEV, "created_at": old, **to_do(name)}
        stage.engine.add(InstanceSpec(one, **spec))
    for spec_of_other in others:
        stage.engine.add(spec_of_other)
    return stage


def ask(stage: Stage, name: str, request: Request) -> dict[str, Any]:
    """The report, whether it is answered or in an error that it must be in."""
    try:
        report = stage.ask(function_of(name), {**request, **stated(name)})
    except Incomplete as error:
        report = report_of(error)
        assert report["outcome"] == "incomplete"
    else:
        assert report["outcome"] != "incomplete"
    return report


def sickening(key: str, value: object) -> Callable[[Row], Row]:
    """Gives dev-sick this field; by its id, since the name may be the field."""

    def garble(row: Row) -> Row:
        return {**row, key: value} if row["InstanceName"] == "dev-sick" else row

    return garble


SICK: Mapping[str, tuple[str, object]] = {
    "no-status": ("Status", None),
    "creation-time": ("CreationTime", 5),
    "release-time": ("AutoReleaseTime", "soon"),
    "locks": ("OperationLocks", {}),
    "tag-without-key": ("Tags", {"Tag": [{"TagValue": "x"}]}),
    "tags-null": ("Tags", None),
    "local-disks": ("LocalStorageAmount", "many"),
    "addresses": ("EipAddress", "eip-1"),
}
UNREADABLE = "ECS's row cannot be read: ECS returned an unreadable instance: "


@pytest.mark.sampled(one_in=7)
@EACH
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sickness", SICK)
def test_a_selected_row_that_cannot_be_read_has_failed_and_the_others_are_done(
    name: str, way: str, sickness: str
) -> None:
    stage = stage_of(name)
    sick = stage.id_of("dev-sick")
    stage.transport = Garbling(stage.gateway, garble=sickening(*SICK[sickness]))

    report = ask(stage, name, selected(stage, way))

    said = {one["id"]: one for one in report["instances"]}
    assert (said[sick]["name"], said[sick]["result"]) == ("dev-sick", "failed")
    assert said[sick]["reason"].startswith(UNREADABLE)
    assert said[sick]["status"] == "Unknown"
    assert table(report)["dev-well"][0] == ("unchanged" if name == "describe" else "changed")
    assert stage.gateway.log.touched(sick) == ()
    assert report["warnings"] == []


@EACH
@pytest.mark.parametrize(
    ("selection", "fields"),
    [
        pytest.param({"tags": {"team": ["dev", "test"]}}, {"tags": {"team": "ops"}}, id="tags"),
        pytest.param(
            {"tags": DEV, "name": "dev-*"}, {"name": "ops-1", "tags": DEV}, id="tags+name"
        ),
    ],
)
def test_a_row_that_nothing_shows_to_be_meant_is_a_warning_and_fails_nothing(
    name: str, selection: Request, fields: dict[str, Any]
) -> None:
    stray = InstanceSpec(**{"name": "stray", **fields})
    stage = stage_of(name, stray)
    stray_id = stage.id_of(stray.name)

    def garble(row: Row) -> Row:
        return {**row, "Status": None} if row["InstanceId"] == stray_id else row

    stage.transport = Garbling(stage.gateway, garble=garble)

    report = ask(stage, name, selection)

    assert set(table(report)) == {"dev-sick", "dev-well"}
    assert report["outcome"] == "complete"
    (warning,) = report["warnings"]
    assert warning.startswith(
        f"ECS's row for {stray_id} in cn-hangzhou cannot be read, so it is unknown whether it is "
        "selected: ECS returned an unreadable instance: "
    )


@EACH_WRITE
def test_a_dry_run_says_the_same_and_does_nothing(name: str) -> None:
    stage = stage_of(name)
    stage.transport = Garbling(stage.gateway, garble=sickening("Status", None))
    request = {"tags": DEV, **stated(name), "dry_run": True}

    with pytest.raises(Incomplete) as caught:
        stage.ask(function_of(name), request)

    results = {one: result for one, (result, _) in table(report_of(caught.value)).items()}
    assert results == {"dev-sick": "failed", "dev-well": "would_change"}
    assert stage.writes() == ()


@pytest.mark.parametrize(
    "instance_id", [None, "", 5, ["i-1"], "vm-1"], ids=["null", "empty", "number", "list", "other"]
)
@pytest.mark.parametrize("way", WAYS)
def test_a_row_that_does_not_name_its_instance_is_no_answer(way: str, instance_id: object) -> None:
    stage = stage_of("stop")
    request = selected(stage, way)

    def garble(row: Row) -> Row:
        if row["InstanceName"] != "dev-sick":
            return row
        return {**row, "InstanceId": instance_id, "Status": None}

    stage.transport = Garbling(stage.gateway, garble=garble)

    with pytest.raises(Unavailable, match="unreadable instance"):
        stage.ask("stop", request)

    assert stage.writes() == ()


@EACH_WRITE
def test_a_row_that_cannot_be_read_any_more_before_the_write_is_not_written_to(name: str) -> None:
    stage = stage_of(name)
    sick = stage.id_of("dev-sick")
    stage.transport = Garbling(
        stage.gateway,
        after=lambda operation, _: (
            stage.clock.advance(
                timedelta(
                    seconds=31 if operation == "DescribeInstances" and not stage.writes() else 0
                )
            )
            if len(stage.gateway.log) == 1
            else None
        ),
        garble=sickening("Status", None),
        skip=1,
    )

    report = ask(stage, name, {"tags": DEV})

    assert table(report)["dev-sick"][0] == "failed"
    assert table(report)["dev-well"][0] == "changed"
    assert stage.gateway.log.touched(sick) == ()


def test_a_row_that_cannot_be_read_after_the_stop_says_what_was_done() -> None:
    stage = stage_of("release")
    sick = stage.id_of("dev-sick")

    def garble(row: Row) -> Row:
        is_meant = row["InstanceId"] == sick and row["Status"] == "Stopped"
        return {**row, "OperationLocks": None} if is_meant else row

    stage.transport = Garbling(stage.gateway, garble=garble)

    report = ask(stage, "release", {"tags": DEV})

    result, reason = table(report)["dev-sick"]
    assert (result, reason.startswith(UNREADABLE)) == ("failed", True)
    assert reason.endswith("; already done: stop")
    assert [one.name for one in stage.engine.instances()] == ["dev-sick"]


@pytest.mark.parametrize("skip", [0, 1, 2], ids=["in-the-plan", "later", "in-the-end"])
@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ("DescribeDisks", "Category"),
        ("DescribeDisks", "DiskId"),
        ("DescribeSnapshots", "CreationTime"),
    ],
)
def test_an_instance_whose_disks_cannot_be_read_is_not_released_and_the_others_are(
    operation: str, key: str, skip: int
) -> None:
    stage = stage_of("release")
    sick = stage.id_of("dev-sick")
    disks = {one.disk_id for one in stage.engine.disks(sick)}

    def garble(row: Row) -> Row:
        is_meant = (row.get("DiskId") or row.get("SourceDiskId")) in disks
        return {**row, key: 5} if is_meant else row

    stage.transport = Garbling(stage.gateway, operation=operation, garble=garble, skip=skip)

    report = ask(stage, "release", {"tags": DEV})

    result, reason = table(report)["dev-sick"]
    assert (result, "cannot be read" in reason) == ("failed", True)
    assert table(report)["dev-well"][0] == "changed"
    assert [one.name for one in stage.engine.instances()] == ["dev-sick"]


def test_a_disk_that_is_only_told_of_keeps_no_release_from_being_done() -> None:
    stage = stage_of("release")

    def garble(row: Row) -> Row:
        return {**row, "Category": 5}

    stage.transport = Garbling(stage.gateway, operation="DescribeDisks", garble=garble)

    report = ask(stage, "release-no-snapshot", {"tags": DEV})

    assert report["counts"]["changed"] == 2
