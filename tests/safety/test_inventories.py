"""What is not in a list, and what a list leaves out: an inventory counts whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from local.ecs.faults import (
    AnyFault,
    BrokenBody,
    Cut,
    DroppedTags,
    LostPermission,
    MissingPage,
    Refuse,
    RepeatedToken,
)
from local.ecs.fleet import InstanceSpec
from local.ecs.model import Status
from local.envelopes import Request
from shared.errors import AccessDenied, CurfewError, Incomplete, InvalidEvent, Refused, Unavailable
from tests.safety.stage import WAYS, Direct, Stage, report_of, request_for, table

DEV = {"team": "dev"}
FEW = tuple(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(3))
MANY = tuple(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(350))
LOSSES: Mapping[str, tuple[str, Request]] = {
    "release": ("release", {"dry_run": False}),
    "release-no-snapshot": ("release", {"dry_run": False, "snapshot": False}),
    "release-force": ("release", {"dry_run": False, "snapshot": False, "force": True}),
    "set_auto_release": ("set_auto_release", {"release_after": "3h"}),
}
FUNCTIONS: Mapping[str, tuple[str, Request]] = {"stop": ("stop", {}), **LOSSES}


def selected(stage: Stage, way: str) -> Request:
    return request_for(way, {one.name: one.instance_id for one in stage.engine.instances()})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_empty_answer_for_want_of_permission_is_no_inventory(name: str, way: str) -> None:
    function, stated = FUNCTIONS[name]
    stage = Stage(FEW)
    request = {**selected(stage, way), **stated}
    stage.service.faults.add(LostPermission(action="DescribeInstances"))

    with pytest.raises(AccessDenied, match="ecs:DescribeInstances"):
        stage.ask(function, request)

    assert stage.deeds() == ()


@pytest.mark.parametrize("skip", range(1, 5))
def test_permission_lost_midway_is_not_taken_for_a_release(skip: int) -> None:
    stage = Stage(FEW)
    stage.service.faults.add(LostPermission(action="DescribeInstances", skip=skip))

    with pytest.raises(AccessDenied, match="ecs:DescribeInstances") as failure:
        stage.ask("release", {"name": "dev-*", "dry_run": False})

    assert report_of(failure.value)["counts"]["failed"] == 3
    assert len(stage.engine.instances()) == 3


BAD_PAGES: Mapping[str, AnyFault] = {
    "refused": Refuse(action="DescribeInstances", skip=2),
    "refused-by-a-filter": Refuse(
        action="DescribeInstances", skip=2, status=400, code="InvalidParameter"
    ),
    "cut": Cut(action="DescribeInstances", skip=2),
    "repeated-token": RepeatedToken(action="DescribeInstances", skip=1),
}


@pytest.mark.parametrize("fault", BAD_PAGES.values(), ids=BAD_PAGES)
@pytest.mark.parametrize("way", ["tags", "name", "all"])
def test_an_inventory_whose_third_page_fails_is_not_used(way: str, fault: AnyFault) -> None:
    stage = Stage(MANY)
    stage.service.faults.add(fault)

    with pytest.raises(Unavailable):
        stage.ask("stop", {**selected(stage, way), "max_instances": 1000})

    assert stage.deeds() == ()


def test_tokens_that_go_in_a_circle_end() -> None:
    stage = Stage(MANY)
    circle = Circle(stage.service)
    stage.transport = circle

    with pytest.raises(Unavailable, match="circle"):
        stage.ask("stop", {"name": "dev-*", "max_instances": 1000})

    assert len(stage.service.log) <= 4
    assert stage.deeds() == ()


@dataclass
class Circle(Direct):
    """Its third page leads back to the second."""

    second: str = ""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if not parameters.get("NextToken"):
            self.second = body["NextToken"]
        elif parameters["NextToken"] != self.second:
            return {**body, "NextToken": self.second}
        return body


def test_an_instance_seen_on_two_pages_is_stopped_once() -> None:
    stage = Stage(MANY[:150])
    stage.transport = Twice(stage.service)

    report = stage.ask("stop", {"name": "dev-*", "max_instances": 150, "wait": False})

    assert report["counts"]["changed"] == 150
    first_id = stage.id_of("dev-0")
    assert len(stage.service.log.touched(first_id)) == 1


@dataclass
class Twice(Direct):
    """The first row of a listing comes again at the end of its last page."""

    first: Any = None

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if operation == "DescribeInstances" and "InstanceIds" not in parameters:
            rows = body["Instances"]["Instance"]
            self.first = self.first or rows[0]
            if not body.get("NextToken"):
                return {**body, "Instances": {"Instance": [*rows, self.first]}}
        return body


def test_more_than_a_thousand_by_tag_are_all_found() -> None:
    stage = Stage(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(1100))

    report = stage.ask("stop", {"tags": DEV, "max_instances": 2000, "wait": False, "dry_run": True})

    assert report["counts"]["would_change"] == 1100


def test_a_filter_that_ecs_ignores_selects_no_more() -> None:
    stage = Stage([*FEW, InstanceSpec("prod-1", tags={"team": "prod"})])
    stage.transport = NoFilter(stage.service)

    report = stage.ask("stop", {"tags": DEV, "name": "dev-*"})

    assert set(table(report)) == {"dev-0", "dev-1", "dev-2"}
    assert stage.service.log.touched(stage.id_of("prod-1")) == ()


@dataclass
class NoFilter(Direct):
    """It ignores the filters by tag and name."""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        kept = {
            key: value
            for key, value in parameters.items()
            if not key.startswith("Tag.") and key != "InstanceName"
        }
        return super().send(operation, kept, timeout_s=timeout_s)


@pytest.mark.parametrize("skip", range(4))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LOSSES)
def test_tags_that_got_lost_do_not_unprotect(name: str, way: str, skip: int) -> None:
    function, stated = LOSSES[name]
    kept = InstanceSpec("dev-kept", tags={**DEV, "curfew:protect": ""})
    stage = Stage([kept])
    request = {**selected(stage, way), **stated}
    stage.service.faults.add(DroppedTags(action="DescribeInstances", skip=skip))

    if skip == 0 and way.startswith("tags"):
        with pytest.raises(Unavailable, match="by tags and shows none of them"):
            stage.ask(function, request)
    else:
        report = stage.ask(function, request)
        assert table(report) == {"dev-kept": ("skipped", "tag curfew:protect")}

    assert stage.deeds() == ()


@pytest.mark.parametrize("name", ["release", "release-no-snapshot"])
def test_protection_that_appears_while_tags_get_lost_holds(name: str) -> None:
    function, stated = LOSSES[name]
    stage = Stage(FEW)
    kept = stage.id_of("dev-1")

    def somebody(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.engine.tag(kept, {"curfew:protect": ""})
            stage.service.faults.add(DroppedTags(action="DescribeInstances"))

    stage.transport = Direct(stage.service, before=somebody)

    report = stage.ask(function, {"name": "dev-*", **stated})

    assert table(report)["dev-1"] == ("skipped", "tag curfew:protect; done before: stop")
    assert [one.instance_id for one in stage.engine.instances()] == [kept]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_tags_that_got_lost_and_guard_nothing_do_not_hinder(name: str, way: str) -> None:
    function, stated = FUNCTIONS[name]
    stage = Stage(FEW)
    request = {**selected(stage, way), **stated}
    stage.service.faults.add(DroppedTags(action="DescribeInstances", times=1))

    report = stage.ask(function, request)

    assert report["counts"]["changed"] == 3


def test_who_loses_all_tags_between_two_looks_is_not_acted_on() -> None:
    stage = Stage(FEW)
    stage.service.faults.add(DroppedTags(action="DescribeInstances", times=1))
    untagged = stage.id_of("dev-1")

    def somebody(_: str, parameters: Mapping[str, str]) -> None:
        if "InstanceIds" in parameters:
            stage.engine.untag(untagged, "team")

    stage.transport = Direct(stage.service, before=somebody)

    with pytest.raises(Unavailable, match=untagged):
        stage.ask("stop", {"tags": DEV})

    assert stage.deeds() == ()


@pytest.mark.parametrize("name", LOSSES)
def test_a_dry_run_knows_the_guards_whose_tags_got_lost(name: str) -> None:
    function, stated = LOSSES[name]
    stage = Stage([InstanceSpec("dev-kept", tags={"curfew:protect": ""})])
    stage.service.faults.add(DroppedTags(action="DescribeInstances"))

    report = stage.ask(function, {"name": "dev-*", **stated, "dry_run": True})

    assert table(report) == {"dev-kept": ("skipped", "tag curfew:protect")}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Refuse(action="ListTagResources"), id="5xx"),
        pytest.param(Cut(action="ListTagResources"), id="cut"),
        pytest.param(
            Refuse(action="ListTagResources", status=403, code="Forbidden.RAM"), id="denied"
        ),
        pytest.param(LostPermission(action="ListTagResources"), id="empty-without-permission"),
    ],
)
@pytest.mark.parametrize("name", LOSSES)
def test_without_the_second_opinion_an_instance_without_tags_is_not_lost(
    name: str, fault: AnyFault
) -> None:
    function, stated = LOSSES[name]
    stage = Stage([InstanceSpec("dev-bare")])
    stage.service.faults.add(fault)

    with pytest.raises((AccessDenied, Unavailable), match="ListTagResources"):
        stage.ask(function, {"name": "dev-*", **stated})

    assert stage.deeds() == ()


def test_the_second_opinion_costs_nothing_where_there_are_tags() -> None:
    stage = Stage(MANY[:120])

    stage.ask(
        "release",
        {"tags": DEV, "dry_run": False, "snapshot": False, "force": True, "max_instances": 120},
    )

    assert stage.service.log.count("ListTagResources") == 0
    assert stage.engine.instances() == ()


def test_the_second_opinion_is_asked_for_fifty_at_once() -> None:
    stage = Stage(InstanceSpec(f"dev-{number}") for number in range(120))

    stage.ask(
        "release",
        {"name": "*-*", "dry_run": False, "snapshot": False, "force": True, "max_instances": 120},
    )

    asked = [
        sum(key.startswith("ResourceId.") for key in one.parameters)
        for one in stage.service.log
        if one.action == "ListTagResources" and "DryRun" not in one.parameters
    ]
    assert asked == [50, 50, 20]


RECHECKS: Mapping[str, AnyFault] = {
    "5xx": Refuse(action="DescribeInstances", skip=1),
    "cut": Cut(action="DescribeInstances", skip=1),
    "throttled": Refuse(action="DescribeInstances", skip=1, status=400, code="Throttling.User"),
    "denied": Refuse(action="DescribeInstances", skip=1, status=403, code="Forbidden.RAM"),
    "no-permission": LostPermission(action="DescribeInstances", skip=1),
}


@pytest.mark.parametrize("fault", RECHECKS.values(), ids=RECHECKS)
def test_a_second_look_that_fails_keeps_the_instances(fault: AnyFault) -> None:
    stage = Stage(FEW)
    stage.service.faults.add(fault)

    with pytest.raises((Incomplete, AccessDenied)):
        stage.ask("release", {"name": "dev-*", "dry_run": False})

    assert len(stage.engine.instances()) == 3
    assert "DeleteInstances" not in stage.operations()


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"tags": {}}, id="no-tag"),
        pytest.param({"instance_ids": []}, id="no-id"),
        pytest.param({"name": ""}, id="no-name"),
        pytest.param({"name": "*"}, id="any-name"),
        pytest.param({"name": "**"}, id="any-name-twice"),
        pytest.param({"tga": {"team": "dev"}}, id="misspelt"),
        pytest.param({"tags": {"team": []}}, id="no-value"),
        pytest.param({"tags": {"team": ["dev", "*"]}}, id="any-value-in-a-list"),
        pytest.param({"all": True}, id="all-without-a-cap"),
        pytest.param({"all": False}, id="all-false"),
        pytest.param({"all": "true", "max_instances": 9}, id="all-as-text"),
        pytest.param({"name": "dev-*", "instance_ids": ["i-1"]}, id="two-ways"),
        pytest.param({"name": "dev-*", "regions": []}, id="no-region"),
        pytest.param({"name": "dev-*", "max_instances": 0}, id="cap-of-none"),
    ],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_selection_never_widens(name: str, request_: Request) -> None:
    function, stated = FUNCTIONS[name]
    stage = Stage(FEW)

    with pytest.raises((InvalidEvent, Refused)):
        stage.ask(function, {**request_, **stated})

    assert len(stage.service.log) == 0


def test_nothing_matched_is_said_in_report_and_log(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(FEW)

    with caplog.at_level(logging.INFO, "curfew"):
        report = stage.ask("stop", {"tags": {"team": "nobody"}})

    assert report["counts"] == dict.fromkeys(report["counts"], 0)
    assert [one.levelname for one in caplog.records if "nothing_matched" in one.message] == [
        "WARNING"
    ]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BrokenBody(action="DescribeInstances"), id="half-a-body"),
        pytest.param(Refuse(action="*", status=403, code="InvalidAccessKeyId.Inactive"), id="key"),
    ],
)
def test_an_account_that_cannot_be_read_is_left_alone(fault: AnyFault) -> None:
    stage = Stage(FEW)
    stage.service.faults.add(fault)

    with pytest.raises(CurfewError):
        stage.ask("stop", {"name": "dev-*"})

    assert {one.status for one in stage.engine.instances()} == {Status.RUNNING}


def test_a_page_without_its_rows_narrows_a_selection_and_never_widens_it() -> None:
    stage = Stage(MANY)
    stage.service.faults.add(MissingPage(action="DescribeInstances", skip=1, times=1))

    report = stage.ask("stop", {"name": "dev-*", "max_instances": 350, "dry_run": True})

    assert report["counts"]["would_change"] == 250
