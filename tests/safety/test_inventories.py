"""What is not in a list, and what a list leaves out: an inventory counts whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    Cut,
    LostPermission,
    MissingPage,
    Refuse,
    RepeatedToken,
)
from local.fc.trigger_events import Request
from shared.base.errors import (
    AccessDenied,
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from tests.harness.actions import HARMFUL, function_of, stated
from tests.harness.reports import report_of, table
from tests.harness.requests import WAYS, selected
from tests.harness.stage import DEV, FEW, MANY, MANY_ALLOWED, Stage
from tests.harness.transport import Direct


@pytest.mark.promise("S20")
@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "refused"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", HARMFUL)
def test_an_empty_answer_for_want_of_permission_is_no_inventory(
    name: str, way: str, *, is_empty: bool
) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage(FEW)
    request = {**selected(stage, way), **fields}
    stage.gateway.faults.add(LostPermission(action="DescribeInstances", empty=is_empty))

    with pytest.raises(AccessDenied, match="ecs:DescribeInstances"):
        stage.ask(function, request)

    assert stage.writes() == ()


@pytest.mark.promise("S20")
@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "refused"])
@pytest.mark.parametrize("skip", range(1, 5))
def test_permission_lost_midway_is_not_taken_for_a_release(skip: int, *, is_empty: bool) -> None:
    stage = Stage(FEW)
    lost = LostPermission(action="DescribeInstances", skip=skip, empty=is_empty)
    stage.gateway.faults.add(lost)

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


@pytest.mark.promise("S21")
@pytest.mark.parametrize("fault", BAD_PAGES.values(), ids=BAD_PAGES)
@pytest.mark.parametrize("way", ["tags", "name", "all"])
def test_an_inventory_whose_third_page_fails_is_not_used(way: str, fault: AnyFault) -> None:
    stage = Stage(MANY, environ=MANY_ALLOWED)
    stage.gateway.faults.add(fault)

    with pytest.raises(Unavailable):
        stage.ask("stop", {**selected(stage, way), "max_instances": 1000})

    assert stage.writes() == ()


@pytest.mark.promise("S21")
def test_tokens_that_go_in_a_circle_end() -> None:
    stage = Stage(MANY, environ=MANY_ALLOWED)
    circle = Circle(stage.gateway)
    stage.transport = circle

    with pytest.raises(Unavailable, match="the pages repeat"):
        stage.ask("stop", {"name": "dev-*", "max_instances": 1000})

    assert len(stage.gateway.log) <= 4
    assert stage.writes() == ()


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


@pytest.mark.promise("S25")
def test_an_instance_seen_on_two_pages_is_stopped_once() -> None:
    stage = Stage(MANY[:150], environ=MANY_ALLOWED)
    stage.transport = Twice(stage.gateway)

    report = stage.ask("stop", {"name": "dev-*", "max_instances": 150, "wait": False})

    assert report["counts"]["changed"] == 150
    first_id = stage.id_of("dev-0")
    assert len(stage.gateway.log.touched(first_id)) == 1


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


@pytest.mark.promise("S25")
def test_more_than_a_thousand_by_tag_are_all_found() -> None:
    specs = (InstanceSpec(f"dev-{number}", tags=DEV) for number in range(1100))
    stage = Stage(specs, environ=MANY_ALLOWED)

    report = stage.ask("stop", {"tags": DEV, "max_instances": 2000, "wait": False, "dry_run": True})

    assert report["counts"]["would_change"] == 1100


@pytest.mark.promise("S9")
def test_a_filter_that_ecs_ignores_selects_no_more() -> None:
    stage = Stage([*FEW, InstanceSpec("prod-1", tags={"team": "prod"})])
    stage.transport = NoFilter(stage.gateway)

    report = stage.ask("stop", {"tags": DEV, "name": "dev-*"})

    assert set(table(report)) == {"dev-0", "dev-1", "dev-2"}
    assert stage.gateway.log.touched(stage.id_of("prod-1")) == ()


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


RECHECKS: Mapping[str, AnyFault] = {
    "5xx": Refuse(action="DescribeInstances", skip=1),
    "cut": Cut(action="DescribeInstances", skip=1),
    "throttled": Refuse(action="DescribeInstances", skip=1, status=400, code="Throttling.User"),
    "denied": Refuse(action="DescribeInstances", skip=1, status=403, code="Forbidden.RAM"),
    "no-permission": LostPermission(action="DescribeInstances", skip=1, empty=False),
    "empty-without-permission": LostPermission(action="DescribeInstances", skip=1, empty=True),
}


@pytest.mark.parametrize("fault", RECHECKS.values(), ids=RECHECKS)
@pytest.mark.promise("S26")
def test_a_second_look_that_fails_keeps_the_instances(fault: AnyFault) -> None:
    stage = Stage(FEW)
    stage.gateway.faults.add(fault)

    with pytest.raises((Incomplete, AccessDenied)):
        stage.ask("release", {"name": "dev-*", "dry_run": False})

    assert len(stage.engine.instances()) == 3
    assert "DeleteInstances" not in stage.operations()


@pytest.mark.promise("S9")
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
@pytest.mark.parametrize("name", HARMFUL)
def test_a_selection_never_widens(name: str, request_: Request) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage(FEW)

    with pytest.raises((InvalidEvent, Refused)):
        stage.ask(function, {**request_, **fields})

    assert len(stage.gateway.log) == 0


@pytest.mark.promise("S27")
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
    stage.gateway.faults.add(fault)

    with pytest.raises(CurfewError):
        stage.ask("stop", {"name": "dev-*"})

    assert {one.status for one in stage.engine.instances()} == {Status.RUNNING}


def test_a_page_without_its_rows_narrows_a_selection_and_never_widens_it() -> None:
    stage = Stage(MANY, environ=MANY_ALLOWED)
    stage.gateway.faults.add(MissingPage(action="DescribeInstances", skip=1, times=1))

    report = stage.ask("stop", {"name": "dev-*", "max_instances": 350, "dry_run": True})

    assert report["counts"]["would_change"] == 250
