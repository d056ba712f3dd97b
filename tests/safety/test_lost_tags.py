"""Tags that got lost on the way: nothing is lost for that, and nothing is done in silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import (
    AnyFault,
    DroppedTags,
    GarbledRow,
)
from shared.base.errors import AccessDenied, Incomplete, Unavailable
from shared.domain.plan import LOST_TAGS
from tests.harness.actions import DESTRUCTIVE, HARMFUL, function_of, stated
from tests.harness.reports import report_of, table
from tests.harness.requests import WAYS, selected
from tests.harness.stage import DEV, FEW, MANY, MANY_ALLOWED, NOW, Stage
from tests.harness.transport import Direct
from tests.safety import second_api

STILL = "stop; stopped in KeepCharging: still billed"
BY_DEFAULT = "stop (the account's default mode)"


@pytest.mark.promise("S8")
@pytest.mark.parametrize("skip", range(4))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_tags_that_got_lost_do_not_unprotect(name: str, way: str, skip: int) -> None:
    function, fields = function_of(name), stated(name)
    kept = InstanceSpec("dev-kept", tags={**DEV, "curfew:protect": ""})
    stage = Stage([kept])
    request = {**selected(stage, way), **fields}
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", skip=skip))

    report = stage.ask(function, request)

    assert table(report) == {"dev-kept": ("skipped", "tag curfew:protect")}
    assert stage.writes() == ()


@pytest.mark.parametrize("name", ["release", "release-no-snapshot"])
def test_protection_that_appears_while_tags_get_lost_holds(name: str) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage(FEW)
    kept = stage.id_of("dev-1")

    def somebody(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.engine.tag(kept, {"curfew:protect": ""})
            stage.gateway.faults.add(DroppedTags(action="DescribeInstances"))

    stage.transport = Direct(stage.gateway, before=somebody)

    report = stage.ask(function, {"name": "dev-*", **fields})

    assert table(report)["dev-1"] == ("skipped", "tag curfew:protect; already done: stop")
    assert [one.instance_id for one in stage.engine.instances()] == [kept]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", HARMFUL)
def test_tags_that_got_lost_and_guard_nothing_do_not_hinder(name: str, way: str) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage(FEW)
    request = {**selected(stage, way), **fields}
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", times=1))

    report = stage.ask(function, request)

    assert report["counts"]["changed"] == 3


@pytest.mark.promise("S8")
@pytest.mark.parametrize("dry_run", [False, True])
def test_who_loses_all_tags_between_two_looks_is_put_off_and_the_others_are_done(
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = Stage(FEW)
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", times=1))
    untagged = stage.id_of("dev-1")

    def somebody(_: str, parameters: Mapping[str, str]) -> None:
        if "InstanceIds" in parameters:
            stage.engine.untag(untagged, "team")

    stage.transport = Direct(stage.gateway, before=somebody)

    with pytest.raises(Incomplete, match=untagged) as caught:
        stage.ask("stop", {"tags": DEV, "dry_run": dry_run})

    done = ("would_change", BY_DEFAULT) if dry_run else ("changed", STILL)
    assert table(report_of(caught.value)) == {
        "dev-0": done,
        "dev-1": ("pending", LOST_TAGS),
        "dev-2": done,
    }
    assert stage.gateway.log.touched(untagged) == ()


SEVERAL = {"tags": {"team": ["dev", "ops"]}}
"""ECS is asked for the key alone, and finds whoever has it."""

TWICE = DroppedTags(action="DescribeInstances", times=2)
"""The listing, and the second look at those whose tags it does not show."""


@pytest.mark.promise("S8")
@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    "fields",
    [{}, {"deletion_protection": True}, {"auto_release_at": NOW + timedelta(hours=12)}],
    ids=["free", "guarded", "as-asked"],
)
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_who_has_another_value_than_those_asked_for_has_no_row_though_its_tags_got_lost(
    name: str,
    fields: Mapping[str, Any],
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = Stage([FEW[0], InstanceSpec("prod-0", tags={"team": "prod"}, **fields)])
    stage.gateway.faults.add(TWICE)
    other = stage.id_of("prod-0")

    report = stage.ask(function_of(name), {**SEVERAL, **stated(name), "dry_run": dry_run})

    results = {one: result for one, (result, _) in table(report).items()}
    assert results == {"dev-0": "would_change" if dry_run else "changed"}
    assert stage.gateway.log.touched(other) == ()


def test_who_has_another_value_has_no_row_where_the_operator_asks_for_tags_too() -> None:
    stage = Stage([FEW[0], InstanceSpec("prod-0", tags={"team": "prod"})])
    stage.environ["CURFEW_ONLY_TAGS"] = '{"team": "*"}'
    stage.gateway.faults.add(TWICE)

    report = stage.ask("stop", SEVERAL)

    assert table(report) == {"dev-0": ("changed", STILL)}


@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_of_a_row_that_cannot_be_read_no_tags_are_asked_for(name: str) -> None:
    stage = Stage(FEW)
    unread = stage.id_of("dev-1")
    stage.gateway.faults.add(
        GarbledRow(action="DescribeInstances", id=unread, field="Tags", value=7)
    )

    with pytest.raises(Incomplete) as caught:
        stage.ask(function_of(name), {"tags": DEV, **stated(name)})

    results = {one: result for one, (result, _) in table(report_of(caught.value)).items()}
    assert results == {"dev-0": "changed", "dev-1": "failed", "dev-2": "changed"}
    assert stage.gateway.log.count("ListTagResources") == 0


@pytest.mark.parametrize(
    ("left", "row"),
    [
        pytest.param({}, ("pending", LOST_TAGS), id="none"),
        pytest.param(
            {"env": "dev"}, ("skipped", "no longer selected: it has no tag team"), id="others"
        ),
    ],
)
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_who_was_found_by_a_tag_that_is_taken_away_meanwhile_is_not_left_out(
    name: str, left: Mapping[str, str], row: tuple[str, str]
) -> None:
    stage = Stage([FEW[0], InstanceSpec("dev-1", tags={**DEV, **left})])
    untagged = stage.id_of("dev-1")
    stage.gateway.faults.add(TWICE)

    def somebody(operation: str, _: object) -> None:
        if operation == "ListTagResources":
            stage.engine.untag(untagged, "team")

    stage.transport = Direct(stage.gateway, before=somebody)

    try:
        report = stage.ask(function_of(name), {**SEVERAL, **stated(name)})
    except Incomplete as error:
        report = report_of(error)

    assert table(report)["dev-1"] == row
    assert table(report)["dev-0"][0] == "changed"
    assert stage.gateway.log.touched(untagged) == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_a_dry_run_knows_the_guards_whose_tags_got_lost(name: str) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage([InstanceSpec("dev-kept", tags={"curfew:protect": ""})])
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances"))

    report = stage.ask(function, {"name": "dev-*", **fields, "dry_run": True})

    assert table(report) == {"dev-kept": ("skipped", "tag curfew:protect")}


@pytest.mark.promise("S8")
@second_api.silent
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_without_the_second_opinion_an_instance_without_tags_is_not_lost(
    name: str, fault: AnyFault
) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage([InstanceSpec("dev-bare")])
    stage.gateway.faults.add(fault)

    with pytest.raises((AccessDenied, Unavailable), match="ListTagResources"):
        stage.ask(function, {"name": "dev-*", **fields})

    assert stage.writes() == ()


def test_the_second_opinion_costs_nothing_where_there_are_tags() -> None:
    stage = Stage(MANY[:120], environ=MANY_ALLOWED)

    stage.ask(
        "release",
        {"tags": DEV, "dry_run": False, "snapshot": False, "force": True, "max_instances": 120},
    )

    assert stage.gateway.log.count("ListTagResources") == 0
    assert stage.engine.instances() == ()


def test_the_second_opinion_is_asked_for_fifty_at_once() -> None:
    specs = (InstanceSpec(f"dev-{number}") for number in range(120))
    stage = Stage(specs, environ=MANY_ALLOWED)

    stage.ask(
        "release",
        {"name": "*-*", "dry_run": False, "snapshot": False, "force": True, "max_instances": 120},
    )

    asked = [
        sum(key.startswith("ResourceId.") for key in one.parameters)
        for one in stage.gateway.log
        if one.action == "ListTagResources" and "DryRun" not in one.parameters
    ]
    assert asked == [50, 50, 20]
