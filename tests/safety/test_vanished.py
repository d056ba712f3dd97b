"""An instance that ECS does not show any more: seldom it is gone, and seldom by our doing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES
from shared.base.errors import Incomplete
from shared.converge.fleet import NOT_THERE
from shared.converge.survey import MAX_WAITS
from shared.converge.target import LOOK_AGAIN_AFTER
from shared.domain.plan import VANISHED
from shared.ecs.transport import NoResponse
from tests.harness.actions import WRITING, function_of, stated, to_do
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, FEW, Stage
from tests.harness.transport import Direct

RELEASES = ("release", "release-no-snapshot")
ALL = {"all": True, "max_instances": 100}
NOT_KNOWN = "InvalidInstanceId.NotFound"


@dataclass
class Forgetful(Direct):
    """Leaves an instance out of some answers.

    Attributes:
        hidden: The instance's id.
        since: Only once this operation was called.
        times: So many looks by id do not show it.
        looks: When it was looked for by id.
    """

    hidden: str = ""
    since: str = ""
    times: int = 0
    looks: list[datetime] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if self.since == operation:
            self.since = ""
        asked_for = self.hidden in parameters.get("InstanceIds", "")
        if operation != "DescribeInstances" or self.since or not asked_for:
            return body
        self.looks.append(self.gateway.engine.clock.now())
        if len(self.looks) > self.times:
            return body
        rows = [one for one in body["Instances"]["Instance"] if one["InstanceId"] != self.hidden]
        return {**body, "Instances": {"Instance": rows}}


def stage_of(name: str) -> Stage:
    """Three instances with which the function has something to do."""
    stage = Stage(())
    old = stage.clock.now() - timedelta(days=1)
    for one in FEW:
        spec: dict[str, Any] = {"tags": DEV, "created_at": old, **to_do(name)}
        stage.engine.add(InstanceSpec(one.name, **spec))
    return stage


def ask(
    stage: Stage, name: str, selection: Mapping[str, Any] = MappingProxyType({"tags": DEV})
) -> tuple[dict[str, Any], bool]:
    """The report, and whether it stands in an error."""
    try:
        return stage.ask(function_of(name), {**selection, **stated(name)}), False
    except Incomplete as error:
        return report_of(error), True


def first_write(name: str) -> str:
    """The first operation of an undisturbed run that changes something."""
    stage = stage_of(name)
    ask(stage, name)
    return stage.operations()[0]


@pytest.mark.parametrize("name", [one for one in WRITING if one != "release-force-no-snapshot"])
@pytest.mark.parametrize("times", [1, 2])
def test_left_out_of_two_looks_at_once_it_is_looked_for_again_and_done(
    name: str, times: int
) -> None:
    stage = stage_of(name)
    hidden = stage.id_of("dev-1")
    forgetful = Forgetful(stage.gateway, hidden=hidden, since=first_write(name), times=times)
    stage.transport = forgetful

    report, failed = ask(stage, name)

    assert not failed
    assert {result for result, _ in table(report).values()} == {"changed"}
    assert VANISHED not in str(report)
    if times == 2:
        first, second, third = forgetful.looks[:3]
        assert second == first
        assert third - second >= timedelta(seconds=5)


@pytest.mark.parametrize("name", RELEASES)
def test_what_is_not_shown_at_all_was_not_released_and_is_still_there(name: str) -> None:
    stage = stage_of(name)
    hidden = stage.id_of("dev-1")
    stage.transport = Forgetful(stage.gateway, hidden=hidden, since="StopInstances", times=99)

    report, failed = ask(stage, name)

    assert not failed
    assert table(report)["dev-1"] == ("changed", f"stop; {VANISHED}")
    assert table(report)["dev-0"][0] == table(report)["dev-2"][0] == "changed"
    assert [one.name for one in stage.engine.instances()] == ["dev-1"]


def by_somebody(stage: Stage, before: str) -> None:
    """Have somebody release dev-1 right before the first call of an operation."""
    victim = stage.id_of("dev-1")

    def somebody(operation: str, _: object) -> None:
        if operation == before and victim in {one.instance_id for one in stage.engine.instances()}:
            stage.engine.release(victim)
            stage.clock.advance(timedelta(seconds=10))

    stage.transport.before = somebody


@pytest.mark.parametrize("name", RELEASES)
def test_what_somebody_else_released_before_anything_was_done_is_unchanged(name: str) -> None:
    stage = stage_of(name)
    by_somebody(stage, "StopInstances")

    report, failed = ask(stage, name)

    assert not failed
    assert table(report)["dev-1"] == ("unchanged", VANISHED)
    assert [one["status"] for one in report["instances"]] == ["Gone"] * 3


@pytest.mark.parametrize(
    ("name", "before", "done"),
    [
        ("release", "CreateSnapshot", "stop"),
        ("release", "DeleteInstances", "stop, snapshot {snapshot}"),
        ("release-no-snapshot", "DeleteInstances", "stop"),
    ],
)
def test_what_somebody_else_released_in_the_middle_names_only_what_was_done(
    name: str, before: str, done: str
) -> None:
    """By itself: of a batch that is refused nobody knows whether a part of it was done."""
    stage = stage_of(name)
    request = {"instance_ids": [stage.id_of("dev-1")], **stated(name)}
    by_somebody(stage, before)

    report = stage.ask("release", request)

    for one in stage.engine.snapshots():
        done = done.format(snapshot=f"{one.snapshot_id} of disk {one.disk_id}")
    assert table(report) == {"dev-1": ("changed", f"{done}; {VANISHED}")}


@pytest.mark.parametrize("name", [one for one in WRITING if function_of(one) != "release"])
def test_what_somebody_else_released_is_a_failure_of_every_other_function_by_ids(
    name: str,
) -> None:
    stage = stage_of(name)
    by_somebody(stage, first_write(name))

    report, failed = ask(stage, name, {"instance_ids": [stage.id_of(one.name) for one in FEW]})

    assert failed
    assert table(report)["dev-1"] == ("failed", VANISHED)
    assert {one["code"] for one in report["instances"] if one["name"] == "dev-1"} == {NOT_KNOWN}
    assert table(report)["dev-0"][0] == table(report)["dev-2"][0] == "changed"


@pytest.mark.parametrize("name", [one for one in WRITING if one != "release-force-no-snapshot"])
@pytest.mark.parametrize("selection", [{"tags": DEV}, {"name": "dev-*"}, ALL], ids=str)
def test_what_somebody_else_released_is_no_failure_of_who_did_not_name_it(
    name: str, selection: Mapping[str, Any]
) -> None:
    """Where the first call deletes, it is a refused batch of which a part may have been done."""
    stage = stage_of(name)
    by_somebody(stage, first_write(name))

    report, failed = ask(stage, name, selection)

    assert not failed
    assert table(report)["dev-1"] == ("unchanged", VANISHED)
    assert table(report)["dev-0"][0] == table(report)["dev-2"][0] == "changed"


@pytest.mark.parametrize("name", RELEASES)
def test_what_is_gone_after_a_delete_whose_answer_was_lost_was_released_by_this_run(
    name: str,
) -> None:
    stage = stage_of(name)

    @dataclass
    class Losing(Direct):
        lost: bool = False

        def send(
            self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
        ) -> Mapping[str, Any]:
            body = super().send(operation, parameters, timeout_s=timeout_s)
            if operation == "DeleteInstances" and not self.lost:
                self.lost = True
                stage.clock.advance(timedelta(seconds=20))  # by then it is done
                raise NoResponse("cut")
            return body

    stage.transport = Losing(stage.gateway)

    report, failed = ask(stage, name)

    assert not failed
    assert {result for result, _ in table(report).values()} == {"changed"}
    assert VANISHED not in str(report)
    assert stage.gateway.log.count("DeleteInstances") == 1
    assert stage.engine.instances() == ()


@pytest.mark.parametrize("name", RELEASES)
def test_what_this_run_deleted_is_not_waited_for(name: str) -> None:
    """The look after an accepted delete is believed at once."""
    stage = stage_of(name)

    stage.ask("release", {"tags": DEV, **stated(name)})

    last_delete = max(one.at for one in stage.writes() if one.action == "DeleteInstances")
    assert stage.clock.now() - last_delete < timedelta(seconds=5)


@pytest.mark.parametrize("name", RELEASES)
def test_a_dry_run_says_of_what_vanishes_that_it_was_not_deleted(name: str) -> None:
    stage = stage_of(name)
    by_somebody(stage, "DescribeDisks")

    report = stage.ask("release", {"tags": DEV, **stated(name), "dry_run": True})

    results = {one: result for one, (result, _) in table(report).items()}
    if name == "release":
        assert table(report)["dev-1"] == ("unchanged", VANISHED)
    assert results["dev-0"] == results["dev-2"] == "would_change"
    assert stage.writes() == ()


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("times", [1, 2])
def test_an_id_that_the_first_looks_leave_out_is_looked_for_again_and_done(
    name: str, times: int
) -> None:
    stage = stage_of(name)
    hidden = stage.id_of("dev-1")
    forgetful = Forgetful(stage.gateway, hidden=hidden, times=times)
    stage.transport = forgetful

    report = stage.ask(function_of(name), {"instance_ids": [hidden], **stated(name)})

    assert table(report)["dev-1"][0] == "changed"
    assert report["warnings"] == []
    if times == 2:
        assert forgetful.looks[2] - forgetful.looks[0] >= timedelta(seconds=5)


@pytest.mark.promise("S24")
@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("name", ["describe", *WRITING])
def test_an_id_that_time_does_not_suffice_to_look_for_again_is_pending(
    name: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    """After two looks at once "already released, nonexistent" would be a guess."""
    stage = stage_of(name)
    hidden = stage.id_of("dev-1")
    stage.transport = Forgetful(stage.gateway, hidden=hidden, times=2)
    request = {"instance_ids": [hidden], **stated(name), "dry_run": dry_run}
    event = ENVELOPES["direct"](request, stage.clock.now())

    with pytest.raises(Incomplete) as caught:
        stage.deliver(function_of(name), event, timeout_s=10)

    report = report_of(caught.value)
    (row,) = report["instances"]
    assert (row["id"], row["result"], row["code"], row["status"]) == (hidden, "pending", "", "Gone")
    assert row["reason"] == (
        "ECS in cn-hangzhou does not show this id, and there was no second try: "
        "too little time is left"
    )
    assert report["warnings"] == ["1 instance pending: send the same request again to continue"]
    assert stage.writes() == ()


@pytest.mark.promise("S24")
def test_a_list_that_has_waited_often_enough_believes_two_looks() -> None:
    """Else a list of many that are released already would never be complete."""
    stage = Stage(())
    now = stage.clock.now()
    requests = [{"instance_ids": [f"i-ghost{number}"]} for number in range(MAX_WAITS + 2)]
    messages = [json.loads(ENVELOPES["eventbridge"](one, now)) for one in requests]

    answer = stage.deliver("release", json.dumps(messages).encode())

    said = f"ECS in cn-hangzhou does not know this id: {NOT_THERE}"
    assert [table(one) for one in answer["reports"]] == [{"": ("unchanged", said)}] * len(requests)
    assert stage.clock.now() - now == MAX_WAITS * LOOK_AGAIN_AFTER
