"""The log: a line for the plan, one an instance, one a run; each says where it came from."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from functions import describe, release, stop
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.context import Context310
from local.fc.trigger_events import mns_topic_json
from shared.base.errors import Incomplete, InvalidEvent, Refused
from shared.base.version import VERSION
from shared.converge.fleet import NOT_THERE
from tests.harness.actions import Handler
from tests.harness.call import Call
from tests.harness.invocation import ACCOUNT, make_context
from tests.harness.reports import in_error, row

STILL = "stop; stopped in KeepCharging: still billed"


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, Any]]]:
    return [
        (one.levelname, json.loads(one.getMessage()))
        for one in caplog.records
        if one.name == "curfew"
    ]


@pytest.fixture
def caplog_all(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def test_each_instance_is_a_line_and_the_run_is_one(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    call.fleet(
        InstanceSpec("name of i-1", instance_id="i-1"),
        InstanceSpec("name of i-2", instance_id="i-2", tags={"curfew:protect": ""}),
    )
    event = mns_topic_json({"instance_ids": ["i-1", "i-2", "i-3"]}, call.ecs.clock.now())
    message_id = json.loads(event)["MessageId"]

    with pytest.raises(Incomplete):
        call(stop.handler, event)

    run = {
        "action": "stop",
        "request_id": "1-66aa",
        "retry_count": "",
        "trigger": "mns_topic",
        "event_id": message_id,
        "account": ACCOUNT,
        "dry_run": False,
    }
    unknown = row(
        "i-3",
        "failed",
        f"ECS in cn-hangzhou does not know this id: {NOT_THERE}",
        code="InvalidInstanceId.NotFound",
        status="Gone",
        name="",
        charge_type="",
        instance_type="",
        stopped_mode="",
        spot=False,
        started_at="",
        seen_at="2026-11-23T18:00:05+08:00",
    )
    started = "2026-11-23T18:00:00+08:00"
    guarded = row("i-2", "skipped", "tag curfew:protect", started_at=started)
    stopped = row("i-1", "changed", STILL, status="Stopped", started_at=started)
    guarded |= {"stopped_mode": "", "spot": False, "seen_at": "2026-11-23T18:00:00+08:00"}
    stopped |= {
        "stopped_mode": "KeepCharging",
        "spot": False,
        "seen_at": "2026-11-23T18:00:13+08:00",
    }
    plan, *instances, warning, (level, last) = lines(caplog_all)
    told = f"ECS does not know i-3: {NOT_THERE}"
    numbers = {"would_change": 1, "awaited": 0, "left_alone": 2}
    assert plan == ("INFO", {"log": "plan", **run, **numbers, "instances": ["i-1"]})
    assert instances == [
        ("ERROR", {"log": "instance", **run, **unknown}),
        ("INFO", {"log": "instance", **run, **guarded}),
        ("INFO", {"log": "instance", **run, **stopped}),
    ]
    origin = {key: value for key, value in run.items() if key != "dry_run"}
    assert warning == ("WARNING", {"log": "warning", **origin, "message": told})
    assert (level, last) == (
        "INFO",
        {
            "log": "run",
            **run,
            "outcome": "incomplete",
            "counts": {
                "changed": 1,
                "unchanged": 0,
                "skipped": 1,
                "failed": 1,
                "pending": 0,
                "would_change": 0,
            },
            "warnings": [told],
            "api_calls": len(call.ecs.log),
            "seconds": last["seconds"],
            "ended_at": last["ended_at"],
            "version": VERSION,
        },
    )


def test_every_row_is_logged_also_those_beyond_the_report(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    call.fleet(*(InstanceSpec(instance_id=f"i-{number}") for number in range(250)))

    call(describe.handler, {"all": True})

    kinds = [one["log"] for _, one in lines(caplog_all)]
    assert kinds == ["plan", *["instance"] * 250, "run"]


def test_the_plan_of_a_great_fleet_is_logged_in_lines_that_are_not_cut(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    ids = [f"i-bp1example{number:09d}" for number in range(1_500)]
    call.fleet(*(InstanceSpec(instance_id=one) for one in ids))
    call.environ["CURFEW_MAX_INSTANCES"] = "1500"

    call(stop.handler, {"all": True, "max_instances": 1_500, "dry_run": True})

    plans = [one for _, one in lines(caplog_all) if one["log"] == "plan"]
    assert [(one["would_change"], len(one["instances"])) for one in plans] == [
        (1_500, 1_000),
        (1_500, 500),
    ]
    assert sorted(name for one in plans for name in one["instances"]) == ids
    assert max(len(json.dumps(one)) for one in plans) < 32_000


def test_the_plan_is_logged_before_anything_is_done(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    call.fleet(InstanceSpec(instance_id="i-1"))
    seen: list[str] = []
    call.meanwhile(
        "StopInstances",
        lambda: seen.extend(one["log"] for _, one in lines(caplog_all)),
        first=True,
    )

    call(stop.handler, {"instance_ids": ["i-1"]})

    assert seen == ["plan"]


@pytest.mark.parametrize(
    ("stated", "logged"),
    [pytest.param("2", "2", id="a-retry"), pytest.param(None, "", id="not-said")],
)
def test_every_line_tells_which_retry_it_is(
    call: Call, caplog_all: pytest.LogCaptureFixture, stated: str | None, logged: str
) -> None:
    call.fleet(InstanceSpec(instance_id="i-1"))
    handler: Handler = stop.handler
    given = make_context()
    assert isinstance(given, Context310)

    handler(b'{"instance_ids": ["i-1"]}', replace(given, retry_count=stated), world=call.world)

    assert [one["retry_count"] for _, one in lines(caplog_all)] == [logged] * 3


def test_lines_of_a_runtime_without_a_retry_count_leave_it_empty(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    call.fleet(InstanceSpec(instance_id="i-1"))

    call(stop.handler, {"instance_ids": ["i-1"]}, runtime="3.12")

    assert [one["retry_count"] for _, one in lines(caplog_all)] == [""] * 3


def test_a_pending_instance_is_a_warning(call: Call, caplog_all: pytest.LogCaptureFixture) -> None:
    call.fleet(InstanceSpec(instance_id="i-1"))

    with pytest.raises(Incomplete):
        call(release.handler, {"instance_ids": ["i-1"]}, timeout_s=3)

    assert [(level, one["log"]) for level, one in lines(caplog_all)] == [
        ("INFO", "plan"),
        ("WARNING", "instance"),
        ("WARNING", "warning"),
        ("INFO", "run"),
    ]


def test_a_selection_that_matches_nothing_is_a_warning(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    call.fleet()

    report = call(stop.handler, {"tags": {"team": "dev"}})

    assert (report["outcome"], sum(report["counts"].values())) == ("complete", 0)
    assert [(level, one["log"]) for level, one in lines(caplog_all)] == [
        ("INFO", "plan"),
        ("WARNING", "warning"),
        ("WARNING", "nothing_matched"),
        ("INFO", "run"),
    ]


@pytest.mark.parametrize(
    ("event", "error", "trigger"),
    [
        pytest.param(b"nonsense", InvalidEvent, "", id="no-event"),
        pytest.param({"tga": {"team": "dev"}}, InvalidEvent, "direct", id="no-request"),
        pytest.param({}, Refused, "direct", id="nothing-selected"),
    ],
)
def test_a_request_that_comes_to_nothing_is_one_error_line(
    call: Call,
    caplog_all: pytest.LogCaptureFixture,
    event: Any,  # noqa: ANN401  # bytes or a request
    error: type[Exception],
    trigger: str,
) -> None:
    with pytest.raises(error) as caught:
        call(stop.handler, event)

    assert lines(caplog_all) == [
        (
            "ERROR",
            {
                "log": "error",
                "action": "stop",
                "request_id": "1-66aa",
                "retry_count": "",
                "trigger": trigger,
                "event_id": "",
                "account": ACCOUNT,
                "error": error.__name__,
                "message": str(caught.value),
            },
        )
    ]


def test_nothing_is_made_into_text_that_nobody_reads(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    call.fleet(InstanceSpec(instance_id="i-1"))
    caplog.set_level(logging.ERROR, logger="curfew")

    call(describe.handler, {"all": True})

    assert lines(caplog) == []


ODD_NAME = "停\u202e机\u2028\u0085\u009b31m\u200b　构建"


def test_names_in_the_log_are_shown_and_not_acted_upon(
    call: Call, caplog_all: pytest.LogCaptureFixture
) -> None:
    call.fleet(InstanceSpec(ODD_NAME, instance_id="i-1"))

    call(describe.handler, {"all": True})

    logged = [one.getMessage() for one in caplog_all.records if one.name == "curfew"]
    assert all(one.replace("　", " ").isprintable() for one in logged)
    assert [one["name"] for _, one in lines(caplog_all) if "name" in one] == [ODD_NAME]
    assert any(r'"name": "停\u202e机\u2028\u0085\u009b31m\u200b　构建"' in one for one in logged)


def test_names_in_an_error_are_shown_and_not_acted_upon(call: Call) -> None:
    call.fleet(InstanceSpec(ODD_NAME, instance_id="i-1"))

    with pytest.raises(Incomplete) as caught:
        call(release.handler, {"instance_ids": ["i-1"]}, timeout_s=3)

    assert str(caught.value).replace("　", " ").isprintable()
    assert in_error(caught.value)[1]["instances"][0]["name"] == ODD_NAME


def test_an_error_of_many_odd_names_still_fits_a_line(call: Call) -> None:
    name = "x" + "\u2028" * 100
    call.fleet(*(InstanceSpec(name, instance_id=f"i-{number}") for number in range(200)))
    call.environ["CURFEW_MAX_INSTANCES"] = "200"

    with pytest.raises(Incomplete) as caught:
        call(release.handler, {"all": True, "max_instances": 200, "dry_run": False}, timeout_s=3)

    assert len(str(caught.value).encode()) <= 32_000
