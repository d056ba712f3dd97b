"""What a run says of itself: one word everywhere, warnings, refusals with their plan, times."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError, Refused
from tests.harness.invocation import ENVIRONMENT
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, FEW, Stage

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Lines:
    """The lines of the log."""
    caplog.set_level(logging.DEBUG)
    return lambda: [json.loads(one.getMessage()) for one in caplog.records if one.name == "curfew"]


def ended(stage: Stage, function: str, event: bytes) -> tuple[str, dict[str, Any]]:
    """The class of the error that a function ends with, "" for none, and the answer's body."""
    try:
        answer: dict[str, Any] = stage.deliver(function, event)
    except CurfewError as error:
        return type(error).__name__, report_of(error)
    return "", answer


def event(stage: Stage, request: Request, trigger: str = "direct") -> bytes:
    return ENVELOPES[trigger](request, stage.clock.now())


OUTCOMES: Mapping[str, tuple[Request, str, str]] = {
    "complete": ({"tags": DEV}, "complete", ""),
    "planned": ({"tags": DEV, "dry_run": True}, "planned", ""),
    "failed": ({"instance_ids": ["i-ghost"]}, "incomplete", "Incomplete"),
    "failed-dry-run": ({"instance_ids": ["i-ghost"], "dry_run": True}, "incomplete", "Incomplete"),
    "refused": ({"tags": DEV, "max_instances": 1}, "incomplete", "Refused"),
    "refused-dry-run": (
        {"tags": DEV, "max_instances": 1, "dry_run": True},
        "incomplete",
        "Refused",
    ),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_outcome_is_one_word_in_report_error_and_log(name: str, log: Lines) -> None:
    request, outcome, error = OUTCOMES[name]
    stage = Stage(FEW)

    said = ended(stage, "stop", event(stage, request))

    assert (said[0], said[1]["outcome"]) == (error, outcome)
    assert [one["outcome"] for one in log() if one["log"] == "run"] == [outcome]


@pytest.mark.parametrize("name", OUTCOMES)
def test_by_http_and_in_a_list_it_is_the_same_word(name: str) -> None:
    request, outcome, error = OUTCOMES[name]
    by_http, listed = Stage(FEW), Stage(FEW)

    answer = by_http.deliver("stop", event(by_http, request, "http"))
    _, body = ended(listed, "stop", event(listed, request, "eventbridge_list"))

    told = json.loads(answer["body"])
    assert (told.get("errorType", ""), told.get("report", told)["outcome"]) == (error, outcome)
    assert (body["outcome"], [one["outcome"] for one in body["reports"]]) == (outcome, [outcome])


def test_a_list_of_which_one_fails_is_incomplete_and_each_report_says_its_own() -> None:
    stage = Stage(FEW)
    requests: list[Request] = [{"name": "dev-0"}, {"instance_ids": ["i-ghost"]}]
    events = [json.loads(event(stage, one, "eventbridge")) for one in requests]

    error, body = ended(stage, "stop", json.dumps(events).encode())

    assert (error, body["outcome"]) == ("Incomplete", "incomplete")
    assert [one["outcome"] for one in body["reports"]] == ["complete", "incomplete"]


BY_DEFAULT = "stop (the account's default mode)"
STAR = ' "*" inside a value is not a wildcard; "*" alone means any value.'
NEAR: Mapping[str, tuple[Request, str]] = {
    "key-in-another-case": (
        {"tags": {"Team": "dev"}},
        "no instance has the tag key Team; the tag key team exists.",
    ),
    "value": (
        {"tags": {"team": "deb"}},
        "no instance has team=deb; team=dev exists.",
    ),
    "wildcard": (
        {"tags": {"team": "de*"}},
        f"no instance has team=de*; team=dev exists.{STAR}",
    ),
    "name": (
        {"name": "dve-1"},
        "no instance has the name dve-1; the name dev-1 exists.",
    ),
    "several-values": (
        {"tags": {"team": ["deb", "tset"]}},
        "no instance has team=deb; team=dev exists.",
    ),
}


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("function", ["stop", "describe"])
def test_nothing_matched_is_a_warning_in_report_and_log_with_what_comes_near(
    function: str, name: str, log: Lines
) -> None:
    stage = Stage(FEW)
    request, near = NEAR[name]

    report = stage.ask(function, request)

    warning = f"nothing matched in cn-hangzhou: {near}"
    assert report["warnings"] == [warning]
    assert (report["outcome"], report["instances"]) == ("complete", [])
    assert [one["message"] for one in log() if one["log"] == "warning"] == [warning]


NOTHING_THERE = "ECS shows no instance there at all."


@pytest.mark.parametrize(
    "request_", [{"all": True, "max_instances": 1}, {"tags": {"team": "deb"}}, {"name": "x-*"}]
)
def test_of_a_region_without_instances_that_is_said(request_: Request) -> None:
    report = Stage(()).ask("stop", request_)

    assert report["warnings"] == [f"nothing matched in cn-hangzhou: {NOTHING_THERE}"]


def test_nothing_matched_names_each_region_and_what_comes_near_there() -> None:
    stage = Stage(FEW)

    report = stage.ask("stop", {"tags": {"team": "deb"}, "regions": ["cn-hangzhou", "cn-shanghai"]})

    assert report["warnings"] == [
        f"nothing matched in cn-hangzhou: {NEAR['value'][1]}",
        f"nothing matched in cn-shanghai: {NOTHING_THERE}",
    ]


def test_what_matches_in_one_region_is_not_missed_in_another() -> None:
    stage = Stage(FEW)

    report = stage.ask("stop", {"tags": DEV, "regions": ["cn-hangzhou", "cn-shanghai"]})

    assert report["warnings"] == []


def test_the_hint_costs_one_page_in_place_of_the_second_listing() -> None:
    stage = Stage(FEW)

    stage.ask("stop", {"tags": {"team": "deb"}})

    looks = [one.parameters for one in stage.gateway.log]
    assert ["Tag.1.Key" in one for one in looks] == [True, False, False]
    assert ["DryRun" in one for one in looks] == [False, True, False]


@pytest.mark.promise("S3")
def test_if_all_that_was_selected_is_kept_by_keys_nobody_understands_that_is_a_warning() -> None:
    stage = Stage(
        InstanceSpec(f"dev-{key}", tags={**DEV, key: "x"})
        for key in ("curfew:keep_until", "curfew-protect")
    )

    report = stage.ask("stop", {"tags": DEV})

    assert report["counts"]["skipped"] == 2
    (warning,) = report["warnings"]
    assert warning == (
        "everything selected is protected by tags that are not understood: curfew-protect, "
        "curfew:keep_until; Curfew understands curfew:protect, curfew:keep-until, "
        "curfew:keep-off-until and curfew:schedule"
    )


@pytest.mark.parametrize("other", [{}, {"curfew:protect": ""}], ids=["free", "protected"])
def test_what_is_kept_by_such_a_key_is_a_warning_also_beside_others(
    other: dict[str, str],
) -> None:
    stage = Stage(
        [
            InstanceSpec("dev-odd", tags={**DEV, "curfew:keep_until": "x"}),
            InstanceSpec("dev-other", tags={**DEV, **other}),
        ]
    )

    (warning,) = stage.ask("stop", {"tags": DEV})["warnings"]
    assert warning == (
        "1 of 2 instances is protected by tags that are not understood: curfew:keep_until; Curfew "
        "understands curfew:protect, curfew:keep-until, curfew:keep-off-until and curfew:schedule"
    )


def refused(stage: Stage, request: Request, function: str = "stop") -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refused) as caught:
        stage.ask(function, request)
    return str(caught.value).partition(" {")[0], report_of(caught.value)


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("environ", "fields"),
    [
        pytest.param({}, {"max_instances": 2}, id="number-of-the-request"),
        pytest.param({"CURFEW_MAX_INSTANCES": "2"}, {}, id="number-of-the-operator"),
        pytest.param({"CURFEW_MAX_PERCENT": "1"}, {}, id="share"),
    ],
)
def test_a_plan_that_is_refused_is_told_with_its_report(
    environ: dict[str, str],
    fields: Request,
    dry_run: bool,  # noqa: FBT001  # a table's column
    log: Lines,
) -> None:
    stage = Stage(
        [
            *(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(6)),
            InstanceSpec("dev-kept", tags={**DEV, "curfew:protect": ""}),
        ],
        environ={**ENVIRONMENT, **environ},
    )

    said, report = refused(stage, {"tags": DEV, **fields, "dry_run": dry_run})

    assert "6 " in said
    assert (report["outcome"], report["dry_run"]) == ("incomplete", dry_run)
    assert "plan_id" not in report
    assert table(report) == {
        **{f"dev-{number}": ("would_change", BY_DEFAULT) for number in range(6)},
        "dev-kept": ("skipped", "tag curfew:protect"),
    }
    assert report["counts"]["would_change"] == 6
    assert stage.writes() == ()
    kinds = [one["log"] for one in log()]
    assert kinds == ["plan", "error", *["instance"] * 7, "run"]


def test_a_plan_that_is_not_the_confirmed_one_is_told_with_its_report() -> None:
    stage = Stage(FEW)
    plan_id = stage.ask("stop", {"tags": DEV, "dry_run": True})["plan_id"]
    stage.engine.add(
        InstanceSpec("dev-new", tags=DEV, created_at=stage.clock.now() - timedelta(days=1))
    )

    said, report = refused(stage, {"tags": DEV, "plan_id": plan_id})

    assert said.startswith("1 instance would change that is not in the plan: ")
    assert report["counts"]["would_change"] == 4


def test_a_refusal_before_any_look_has_no_report() -> None:
    stage = Stage(FEW)

    with pytest.raises(Refused) as caught:
        stage.ask("stop", {"all": True})

    assert "{" not in str(caught.value)


@pytest.mark.parametrize("dry_run", [False, True])
def test_by_http_a_refused_plan_is_a_409_with_the_report(
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = Stage(FEW)
    request = {"tags": DEV, "max_instances": 1, "dry_run": dry_run}

    answer = stage.deliver("stop", event(stage, request, "http"))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["errorType"]) == (409, "Refused")
    assert "{" not in body["errorMessage"]
    assert (body["report"]["outcome"], body["report"]["counts"]["would_change"]) == (
        "incomplete",
        3,
    )


def test_a_great_refusal_keeps_within_what_is_logged() -> None:
    stage = Stage(InstanceSpec(f"dev-{'x' * 100}-{number}", tags=DEV) for number in range(350))

    with pytest.raises(Refused) as caught:
        stage.ask("stop", {"tags": DEV})

    assert len(str(caught.value).encode()) <= 32_000
    assert report_of(caught.value)["counts"]["would_change"] == 350


ZONES: Mapping[str, tuple[dict[str, str], str, str]] = {
    "china": ({}, "2026-11-23T21:00:00+08:00", "2026-11-23T18:00:00+08:00"),
    "utc": ({"CURFEW_TZ": "UTC"}, "2026-11-23T13:00:00+00:00", "2026-11-23T10:00:00+00:00"),
    "new-york": (
        {"CURFEW_TZ": "America/New_York"},
        "2026-11-23T08:00:00-05:00",
        "2026-11-23T05:00:00-05:00",
    ),
    "kathmandu": (
        {"CURFEW_TZ": "Asia/Kathmandu"},
        "2026-11-23T18:45:00+05:45",
        "2026-11-23T15:45:00+05:45",
    ),
}


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_told_in_the_operators_zone_with_their_offset(zone: str, log: Lines) -> None:
    environ, release, _ = ZONES[zone]
    stage = Stage(FEW, environ={**ENVIRONMENT, **environ})

    report = stage.ask("set_auto_release", {"tags": DEV, "release_after": "3h"})
    shown = stage.ask("describe", {"tags": DEV})

    for one in (*report["instances"], *shown["instances"]):
        assert one["auto_release_at"] == release
    assert {one["reason"] for one in report["instances"]} == {f"set release time {release}"}
    assert {one["auto_release_at"] for one in log() if one["log"] == "instance"} == {release}


@pytest.mark.parametrize("zone", ZONES)
def test_refusals_for_age_tell_the_time_in_the_operators_zone(zone: str) -> None:
    environ, _, sent_at = ZONES[zone]
    stage = Stage(FEW, environ={**ENVIRONMENT, **environ})
    stale = event(stage, {"tags": DEV}, "timer")
    stage.clock.advance(timedelta(hours=7))

    with pytest.raises(Refused, match="7 h 0 min ago") as caught:
        stage.deliver("stop", stale)

    assert f"the event was sent at {sent_at}, " in str(caught.value)


@pytest.mark.parametrize("zone", ZONES)
def test_errors_tell_times_in_the_operators_zone_too(zone: str) -> None:
    environ, release, _ = ZONES[zone]
    stage = Stage(FEW, environ={**ENVIRONMENT, **environ})
    stage.ask("set_auto_release", {"tags": DEV, "release_after": "3h"})
    stage.gateway.faults.add(Refuse(action="StopInstances", status=400, code="No.Today"))

    error, report = ended(stage, "stop", event(stage, {"tags": DEV}))

    assert error == "Incomplete"
    assert {one["auto_release_at"] for one in report["instances"]} == {release}
