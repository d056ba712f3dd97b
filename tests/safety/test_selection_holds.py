"""Who is not selected any more when its turn comes is left alone, and so is what came later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.gateway.faults import DroppedTags
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import Incomplete
from shared.domain.plan import LOST_TAGS
from tests.harness.actions import DESTRUCTIVE, WRITING, function_of, stated, to_do
from tests.harness.reports import report_in, report_of, table
from tests.harness.stage import DEV, Stage
from tests.harness.transport import Direct
from tests.safety.test_races import at_call, tried, writes_after_a_look_at

TAGS = {"team": "dev", "env": "ci"}
WEB = InstanceSpec("dev-web", tags=TAGS, data_disks=(DiskSpec(),))
API = InstanceSpec("dev-api", tags=TAGS)


def stage_for(name: str) -> Stage:
    """Two instances with which the function has something to do."""
    return Stage(replace(one, **to_do(name)) for one in (WEB, API))


@dataclass(frozen=True)
class Change:
    """What somebody does to an instance by which it is not meant any more.

    Attributes:
        selection: By which it was meant.
        make: Does it.
        result: What becomes of the instance.
        reason: Why nothing is done to it.
        first_look: How many calls the first look takes.
    """

    selection: Request
    make: Callable[[Stage, str], object]
    result: str
    reason: str
    first_look: int = 1


def rename(stage: Stage, instance_id: str) -> None:
    stage.engine.put(replace(stage.engine.instance(instance_id), name="prod-web"))


CHANGES: Mapping[str, Change] = {
    "retagged": Change(
        {"tags": {"team": "dev"}},
        lambda stage, one: stage.engine.tag(one, {"team": "prod"}),
        "skipped",
        "no longer selected: its tag team is 'prod'",
    ),
    "one-of-two-tags-taken": Change(
        {"tags": {"team": ["dev", "test"], "env": "*"}},
        lambda stage, one: stage.engine.untag(one, "env"),
        "skipped",
        "no longer selected: it has no tag env",
    ),
    "renamed": Change(
        {"name": "dev-*"}, rename, "skipped", "no longer selected: its name is 'prod-web'"
    ),
    "renamed-with-tags": Change(
        {"name": "dev-*", "tags": DEV},
        rename,
        "skipped",
        "no longer selected: its name is 'prod-web'",
    ),
    "excepted-by-tag": Change(
        {"name": "dev-*", "except": {"tags": {"env": ["prod", "live"]}}},
        lambda stage, one: stage.engine.tag(one, {"env": "prod"}),
        "skipped",
        "no longer selected: excepted by its tag env",
    ),
    "excepted-by-name": Change(
        {"tags": DEV, "except": {"name": "prod-*"}},
        rename,
        "skipped",
        "no longer selected: excepted by its name",
    ),
    "given-an-owner": Change(
        {"name": "dev-*", "without_tags": ["cost-centre", "owner"]},
        lambda stage, one: stage.engine.tag(one, {"owner": ""}),
        "skipped",
        "no longer selected: it has the tag owner",
        first_look=2,
    ),
    "all-tags-taken": Change(
        {"tags": DEV}, lambda stage, one: stage.engine.untag(one, *TAGS), "pending", LOST_TAGS
    ),
}

EACH_CHANGE = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
EACH_WRITE = pytest.mark.parametrize("name", WRITING)


@pytest.mark.promise("S6")
@EACH_WRITE
@EACH_CHANGE
def test_who_leaves_the_selection_between_plan_and_write_is_left_alone(
    name: str, change: Change
) -> None:
    stage = stage_for(name)
    instance_id = stage.id_of("dev-web")

    def grown_old_and_changed() -> None:
        change.make(stage, instance_id)
        stage.clock.advance(timedelta(seconds=31))

    asks_twice = 2 if name == "apply_schedule" else 1  # whether a schedule's tag is missing
    # The answer to the first look is on its way for so long that it is too old to act on.
    stage.transport.after = at_call(max(change.first_look, asks_twice) - 1, grown_old_and_changed)
    request = {**change.selection, **stated(name)}

    if change.result == "pending":
        with pytest.raises(Incomplete) as caught:
            stage.ask(function_of(name), request)
        report = report_of(caught.value)
    else:
        report = stage.ask(function_of(name), request)

    (left, done) = (one for one in report["instances"])
    assert (left["id"], left["result"], left["reason"]) == (
        instance_id,
        change.result,
        change.reason,
    )
    assert (done["name"], done["result"]) == ("dev-api", "changed")
    assert stage.gateway.log.touched(instance_id) == ()


@pytest.mark.sampled(one_in=7)
@EACH_WRITE
@EACH_CHANGE
def test_who_leaves_the_selection_at_any_call_is_not_written_to_once_that_shows(
    name: str, change: Change
) -> None:
    request = {**change.selection, **stated(name)}
    alone = stage_for(name)
    alone.ask(function_of(name), request)
    for number in range(len(alone.gateway.log)):
        stage = stage_for(name)
        instance_id = stage.id_of("dev-web")
        stage.transport.before = at_call(
            number,
            lambda s=stage, i=instance_id: change.make(s, i),  # type: ignore[misc]
        )

        tried(stage, function_of(name), request)

        assert writes_after_a_look_at(stage, instance_id, number) == [], f"call {number}"


@pytest.mark.promise("S6")
def test_who_is_retagged_while_snapshots_run_is_kept_and_the_row_says_what_was_done() -> None:
    stage = Stage([WEB])
    instance_id = stage.id_of("dev-web")

    def somebody(operation: str, _: object) -> None:
        if operation == "CreateSnapshot":
            stage.engine.tag(instance_id, {"team": "prod"})

    stage.transport.after = somebody

    report = stage.ask("release", {"tags": DEV, "dry_run": False})

    taken = {one.disk_id: one.snapshot_id for one in stage.engine.snapshots()}
    (web,) = stage.engine.instances()
    snapshots = ", ".join(f"{taken[disk]} of disk {disk}" for disk in web.disk_ids)
    assert len(taken) == 2
    assert table(report) == {
        "dev-web": (
            "skipped",
            f"no longer selected: its tag team is 'prod'; already done: stop, snapshot {snapshots}",
        )
    }
    assert [one.instance_id for one in stage.engine.instances()] == [instance_id]


def test_who_was_selected_by_id_may_be_retagged_and_renamed() -> None:
    stage = Stage([WEB])
    instance_id = stage.id_of("dev-web")

    def somebody(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.engine.tag(instance_id, {"team": "prod"})
            rename(stage, instance_id)

    stage.transport.after = somebody

    report = stage.ask("release", {"instance_ids": [instance_id]})

    assert report["counts"]["changed"] == 1


@pytest.mark.parametrize("name", ["stop", "release-no-snapshot", "set_auto_release"])
def test_tags_that_are_lost_for_one_look_in_the_middle_are_looked_for_again(name: str) -> None:
    stage = stage_for(name)
    asked = {"by_id": 0}

    def somebody(operation: str, parameters: Mapping[str, str]) -> None:
        if operation == "DescribeInstances" and "InstanceIds" in parameters:
            asked["by_id"] += 1
            if asked["by_id"] == 1:
                stage.gateway.faults.add(DroppedTags(action="DescribeInstances", times=1))

    stage.transport.before = somebody
    # The first look is too old to act on.
    stage.transport.after = at_call(0, lambda: stage.clock.advance(timedelta(seconds=31)))

    report = stage.ask(function_of(name), {"tags": DEV, **stated(name)})

    assert report["counts"]["changed"] == 2
    assert asked["by_id"] >= 2


@EACH_WRITE
def test_a_dry_run_puts_off_who_was_found_by_tags_and_shows_none(name: str) -> None:
    """For a loss, and where a tag's absence decides, a second API is asked, which shows them."""
    stage = stage_for(name)
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances"))
    request = {"tags": DEV, **stated(name), "dry_run": True}

    if name in {*DESTRUCTIVE, "apply_schedule"}:
        assert stage.ask(function_of(name), request)["counts"]["would_change"] == 2
    else:
        with pytest.raises(Incomplete) as caught:
            stage.ask(function_of(name), request)
        report = report_of(caught.value)
        assert set(table(report).values()) == {("pending", LOST_TAGS)}


HOUR = timedelta(hours=1)


def aged(stage: Stage, **ages: timedelta) -> Stage:
    """Instances dev-NAME, created so long ago."""
    for name, age in ages.items():
        stage.engine.add(InstanceSpec(f"dev-{name}", tags=DEV, created_at=stage.clock.now() - age))
    return stage


BY_RULE: Mapping[str, Request] = {
    "tags": {"tags": DEV},
    "name": {"name": "dev-*"},
    "tags+name": {"tags": DEV, "name": "dev-*"},
    "all": {"all": True, "max_instances": 9},
}


@pytest.mark.promise("S7")
@pytest.mark.parametrize("selection", BY_RULE.values(), ids=BY_RULE)
@pytest.mark.parametrize("name", ["stop", "release-no-snapshot", "set_auto_release"])
def test_what_was_created_after_the_event_is_not_meant(name: str, selection: Request) -> None:
    stage = aged(Stage(()), old=HOUR * 2, new=HOUR / 2)
    new = stage.id_of("dev-new")
    event = ENVELOPES["timer"]({**selection, **stated(name)}, stage.clock.now() - HOUR)

    report = report_in(stage.deliver(function_of(name), event))

    assert table(report)["dev-old"][0] == "changed"
    made, sent = "2026-11-23T17:30:00+08:00", "2026-11-23T17:00:00+08:00"
    assert table(report)["dev-new"] == (
        "skipped",
        f"created {made}, after the event of {sent}; not selected",
    )
    assert report["warnings"] == [f"created after the event and left alone: {new}"]
    assert report["outcome"] == "complete"
    assert stage.gateway.log.touched(new) == ()


@pytest.mark.parametrize("name", ["stop", "release-no-snapshot", "set_auto_release"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_by_ids_what_was_created_after_the_event_is_meant(
    name: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = aged(Stage(()), new=HOUR / 2)
    request = {"instance_ids": [stage.id_of("dev-new")], **stated(name), "dry_run": dry_run}
    event = ENVELOPES["timer"](request, stage.clock.now() - HOUR)

    report = report_in(stage.deliver(function_of(name), event))

    assert report["counts"]["would_change" if dry_run else "changed"] == 1
    assert report["warnings"] == []


def test_describe_shows_what_was_created_after_the_event() -> None:
    stage = aged(Stage(()), old=HOUR * 2, new=HOUR / 2)
    event = ENVELOPES["timer"]({"tags": DEV}, stage.clock.now() - HOUR)

    report = report_in(stage.deliver("describe", event))

    assert {one: result for one, (result, _) in table(report).items()} == {
        "dev-old": "unchanged",
        "dev-new": "unchanged",
    }
    assert report["warnings"] == []


@pytest.mark.parametrize(
    ("age", "is_meant"),
    [
        pytest.param(timedelta(0), True, id="in-the-minute-of-the-event"),
        pytest.param(timedelta(minutes=1), True, id="a-minute-before"),
        pytest.param(timedelta(minutes=-1), False, id="a-minute-after"),
    ],
)
def test_the_minute_decides(
    age: timedelta,
    is_meant: bool,  # noqa: FBT001  # a table's column
) -> None:
    """ECS tells creations to the minute, and so they are compared."""
    stage = aged(Stage(()), web=age)
    sent_at = stage.clock.now()
    stage.clock.advance(timedelta(minutes=2))

    event = ENVELOPES["timer"]({"tags": DEV}, sent_at)
    report = report_in(stage.deliver("stop", event))

    assert table(report)["dev-web"][0] == ("changed" if is_meant else "skipped")


def test_a_bare_request_means_all_that_there_is() -> None:
    stage = aged(Stage(()), web=timedelta(0))

    assert stage.ask("stop", {"tags": DEV})["counts"]["changed"] == 1


def test_many_created_after_the_event_are_counted_and_five_are_named() -> None:
    stage = aged(Stage(()), **{f"n{number}": HOUR / 2 for number in range(8)})
    ids = [one.instance_id for one in stage.engine.instances()]
    event = ENVELOPES["timer"]({"tags": DEV}, stage.clock.now() - HOUR)

    report = report_in(stage.deliver("stop", event))

    (warning,) = report["warnings"]
    assert warning.endswith(" and 3 more")
    assert sum(one in warning for one in ids) == 5
    assert report["counts"]["skipped"] == 8


@pytest.mark.promise("S7")
def test_a_retry_after_an_hour_does_not_take_what_came_since() -> None:
    stage = aged(Stage(()), first=HOUR)
    event = ENVELOPES["mns_topic_json"](
        {"tags": DEV, "dry_run": False, "snapshot": False}, stage.clock.now()
    )
    stage.deliver("release", event)
    stage.clock.advance(HOUR)
    aged(stage, second=timedelta(0))

    report = report_in(stage.deliver("release", event))

    assert table(report) == {"dev-second": ("skipped", table(report)["dev-second"][1])}
    assert [one.name for one in stage.engine.instances()] == ["dev-second"]


@dataclass
class Timeless(Direct):
    """Shows no time of creation."""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if operation != "DescribeInstances":
            return body
        rows = [
            {key: value for key, value in row.items() if key != "CreationTime"}
            for row in body["Instances"]["Instance"]
        ]
        return {**body, "Instances": {"Instance": rows}}


def test_a_time_of_creation_that_nobody_knows_is_not_before_the_event() -> None:
    stage = aged(Stage(()), web=HOUR * 2)
    web = stage.id_of("dev-web")
    stage.transport = Timeless(stage.gateway)
    event = ENVELOPES["timer"]({"tags": DEV}, stage.clock.now())

    report = report_in(stage.deliver("stop", event))

    said = (
        "created, for all that ECS says, after the event of 2026-11-23T18:00:00+08:00; not selected"
    )
    assert table(report)["dev-web"] == ("skipped", said)
    assert stage.gateway.log.touched(web) == ()
