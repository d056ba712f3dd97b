"""except and older_than: who is left out of a selection is left alone, by every function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import Incomplete, Refused
from tests.harness.actions import FUNCTIONS, WRITING, WRITING_FUNCTIONS, function_of, stated, to_do
from tests.harness.reports import report_in, table
from tests.harness.requests import WAYS, request_for
from tests.harness.stage import Stage
from tests.harness.transport import Direct

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DEV = {"team": "dev"}
WEB = InstanceSpec("dev-web", tags={**DEV, "env": "test"})
DB = InstanceSpec("dev-db", tags={**DEV, "env": "prod", "owner": "li"})


def stage_for(name: str, *specs: InstanceSpec) -> Stage:
    """Instances with which the function has something to do."""
    return Stage([replace(one, **to_do(name)) for one in specs or (WEB, DB)])


def results(report: Mapping[str, Any]) -> dict[str, str]:
    return {name: result for name, (result, _) in table(report).items()}


KEPT: Mapping[str, tuple[Request, str]] = {
    "by-tag": ({"tags": {"env": "prod"}}, "excepted by its tag env"),
    "by-any-value": ({"tags": {"owner": "*"}}, "excepted by its tag owner"),
    "by-one-of-values": ({"tags": {"env": ["live", "prod"]}}, "excepted by its tag env"),
    "by-any-of-tags": ({"tags": {"env": "live", "owner": "li"}}, "excepted by its tag owner"),
    "by-name": ({"name": "*-db"}, "excepted by its name"),
    "by-any-part": (
        {"instance_ids": ["i-bp1nobody"], "tags": {"env": "live"}, "name": "dev-d*"},
        "excepted by its name",
    ),
}


@pytest.mark.sampled(one_in=7)
@pytest.mark.promise("S6")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("kept", "reason"), KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("name", WRITING)
def test_who_is_excepted_is_left_alone_however_it_was_selected(
    name: str, kept: Request, reason: str, way: str
) -> None:
    stage = stage_for(name)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    request = {**request_for(way, ids), **stated(name), "except": kept}

    report = stage.ask(function_of(name), request)

    assert stage.gateway.log.touched(ids["dev-db"]) == ()
    rows = table(report)
    assert rows.pop("dev-web")[0] == "changed"
    # Of ids each has a row; of other selections who is not meant has none.
    assert rows == ({"dev-db": ("skipped", f"not selected: {reason}")} if way == "ids" else {})


@pytest.mark.parametrize("way", WAYS)
def test_an_excepted_id_stays(way: str) -> None:
    stage = stage_for("stop")
    ids = {one.name: one.instance_id for one in stage.engine.instances()}

    report = stage.ask(
        "stop", {**request_for(way, ids), "except": {"instance_ids": [ids["dev-db"]]}}
    )

    assert results(report) == {
        "dev-web": "changed",
        **({"dev-db": "skipped"} if way == "ids" else {}),
    }
    assert stage.gateway.log.touched(ids["dev-db"]) == ()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_selection_of_which_nothing_is_left_says_so(
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = stage_for("stop")
    request = {"tags": DEV, "except": {"tags": DEV}, "older_than": "1h", "dry_run": dry_run}

    report = stage.ask("stop", request)

    assert report["instances"] == []
    left = "2 instances are selected, but except and older_than leave none of them."
    assert report["warnings"] == [f"nothing matched in cn-hangzhou: {left}"]
    assert report["outcome"] == ("planned" if dry_run else "complete")


def test_a_selection_of_one_of_which_nothing_is_left_says_so() -> None:
    report = stage_for("stop").ask("stop", {"name": "dev-web", "except": {"name": "*web"}})

    assert report["warnings"] == [
        "nothing matched in cn-hangzhou: 1 instance is selected, but except leaves it out."
    ]


def aged(**ages: timedelta) -> Stage:
    """Instances dev-NAME, created so long ago."""
    stage = Stage(())
    for name, age in ages.items():
        made = stage.clock.now() - age
        stage.engine.add(InstanceSpec(f"dev-{name}", tags=DEV, created_at=made))
    return stage


@pytest.mark.promise("S6")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["stop", "release-no-snapshot", "set_auto_release"])
def test_who_is_too_young_is_left_alone(name: str, way: str) -> None:
    stage = aged(old=DAY, young=DAY - timedelta(minutes=1))
    ids = {one.name: one.instance_id for one in stage.engine.instances()}

    report = stage.ask(
        function_of(name), {**request_for(way, ids), **stated(name), "older_than": "24h"}
    )

    assert stage.gateway.log.touched(ids["dev-young"]) == ()
    rows = table(report)
    assert rows.pop("dev-old")[0] == "changed"
    young = ("skipped", "not selected: created less than 24h before the event")
    assert rows == ({"dev-young": young} if way == "ids" else {})


@pytest.mark.promise("S6")
def test_age_is_counted_from_the_event_so_that_a_late_delivery_means_the_same() -> None:
    stage = aged(old=2 * HOUR, young=HOUR)
    request = {"tags": DEV, "older_than": "2h", "release_after": "12h"}
    event = ENVELOPES["timer"](request, stage.clock.now())
    stage.clock.advance(5 * HOUR)

    report = report_in(stage.deliver("set_auto_release", event))

    assert results(report) == {"dev-old": "changed"}


def test_no_instance_is_older_than_the_calendar() -> None:
    stage = aged(old=DAY)

    assert stage.ask("stop", {"tags": DEV, "older_than": "999999d"})["instances"] == []


class Rewriting(Direct):
    """Changes the rows of DescribeInstances on their way."""

    def row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        raise NotImplementedError

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if operation != "DescribeInstances":
            return body
        rows = [self.row(row) for row in body["Instances"]["Instance"]]
        return {**body, "Instances": {"Instance": rows}}


class Timeless(Rewriting):
    """Shows no time of creation."""

    def row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: value for key, value in row.items() if key != "CreationTime"}


def test_whose_age_nobody_knows_is_not_old() -> None:
    stage = aged(old=DAY)
    stage.transport = Timeless(stage.gateway)
    request = {"instance_ids": [stage.id_of("dev-old")], "older_than": "1h"}

    report = stage.ask("stop", request)

    reason = "not selected: ECS does not say when it was created"
    assert table(report) == {"dev-old": ("skipped", reason)}
    assert stage.writes() == ()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_narrows_alike(function: str) -> None:
    stage = stage_for(function)
    request = {"name": "dev-*", **stated(function), "dry_run": True}

    report = stage.ask(
        function,
        {**request, "except": {"name": "*db"}, "older_than": "1d", "without_tags": ["owner"]},
    )

    assert list(table(report)) == ["dev-web"]


@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"except": {"name": "*-db"}, "older_than": "1d"}, id="except"),
        pytest.param({"except": {"tags": {"env": "prod"}}, "older_than": "2d"}, id="older_than"),
        pytest.param({"except": {"tags": {"env": "prod"}}}, id="no-older_than"),
        pytest.param({"without_tags": ["owner"]}, id="without_tags"),
        pytest.param({}, id="none"),
    ],
)
def test_a_plan_that_was_narrowed_otherwise_is_another_plan(function: str, other: Request) -> None:
    stage = stage_for(function)
    request = {"name": "dev-*", **stated(function), "dry_run": False}
    narrow = {"except": {"tags": {"env": "prod"}}, "older_than": "1d"}
    plan_id = stage.ask(function, {**request, **narrow, "dry_run": True})["plan_id"]

    with pytest.raises(Refused, match="plan_id belongs to another request"):
        stage.ask(function, {**request, **other, "plan_id": plan_id})

    assert stage.writes() == ()
    assert results(stage.ask(function, {**request, **narrow, "plan_id": plan_id})) == {
        "dev-web": "changed"
    }


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("way", WAYS)
def test_an_excepted_id_that_keeps_nobody_is_told(name: str, way: str) -> None:
    stage = stage_for(name)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    strangers = ["i-bp1nobody", "i-bp2nobody"]
    request = {**request_for(way, ids), **stated(name), "dry_run": True}

    def told(*kept: str) -> list[str]:
        report = stage.ask(name, {**request, "except": {"instance_ids": list(kept)}})
        return [one for one in report["warnings"] if one.startswith("except.instance_ids: ")]

    assert told(ids["dev-web"]) == []
    assert told(ids["dev-web"], strangers[0]) == [
        (
            "except.instance_ids: i-bp1nobody is not among the selected, so nobody is left out for "
            "that: check the id"
        )
    ]
    assert told(*strangers)[0].startswith(f"except.instance_ids: {', '.join(strangers)} are not")


def test_an_excepted_id_that_was_asked_for_and_does_not_exist_is_told_by_its_row() -> None:
    stage = stage_for("stop")
    kept = {"instance_ids": ["i-bp1nobody"]}

    with pytest.raises(Incomplete) as raised:
        stage.ask("stop", {**kept, "except": kept, "dry_run": True})

    assert "does not know this id" in str(raised.value)
    assert "except.instance_ids" not in str(raised.value)


def test_where_a_region_could_not_be_read_no_excepted_id_is_called_wrong() -> None:
    stage = stage_for("stop")
    request = {"tags": DEV, "regions": ["cn-hangzhou", "cn-nowhere"], "dry_run": True}

    with pytest.raises(Incomplete) as raised:
        stage.ask("stop", {**request, "except": {"instance_ids": ["i-bp1nobody"]}})

    assert "cn-nowhere could not be read" in str(raised.value)
    assert "except.instance_ids" not in str(raised.value)
