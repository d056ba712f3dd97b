"""apply_schedule, over the emulator: what becomes of instances, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from local.ecs.account.model import LockReason, Status, StoppedMode
from local.ecs.gateway.faults import GarbledRow, Refuse
from shared.base.errors import Incomplete, InvalidEvent, Refused
from tests.functions.schedules import ALL, EVENING, MORNING, OFFICE, TAGGED, apply, at, machine, off
from tests.harness.reports import report_of, table

BILLED = "stopped in KeepCharging: still billed"


def test_the_evening_stops_and_says_why() -> None:
    stage = at(EVENING, machine())

    assert apply(stage) == {
        "dev-1": (
            "changed",
            f"stop; {BILLED}; because it was running since 08:33, before the close at 20:00",
        )
    }
    assert stage.operations() == ("StopInstances",)


def test_the_morning_starts_and_says_why() -> None:
    stage = at(MORNING, off())

    assert apply(stage) == {
        "dev-1": (
            "changed",
            "start; because it was stopped, and the opening was at 08:30",
        )
    }
    assert stage.operations() == ("StartInstances",)


def test_the_second_run_changes_nothing() -> None:
    stage = at(EVENING, machine(), off("dev-2", tags={"curfew:schedule": "daily 20:00-22:00"}))

    apply(stage)
    writes = len(stage.writes())
    again = apply(stage)

    assert len(stage.writes()) == writes == 2
    assert {result for result, _ in again.values()} == {"unchanged"}


@pytest.mark.promise("S57")
@pytest.mark.parametrize(
    ("tags", "status", "reason"),
    [
        ({"curfew:protect": ""}, Status.RUNNING, "tag curfew:protect"),
        ({"curfew:protect": ""}, Status.STOPPED, "tag curfew:protect"),
        ({"curfew:keep-until": "2026-11-27"}, Status.RUNNING, "tag curfew:keep-until 2026-11-27"),
        ({"curfew:keep-until": "2026-11-27"}, Status.STOPPED, ""),
        ({"curfew:keep-off-until": "2026-11-27"}, Status.RUNNING, ""),
        (
            {"curfew:keep-off-until": "2026-11-27"},
            Status.STOPPED,
            "tag curfew:keep-off-until 2026-11-27",
        ),
        (
            {"ack.aliyun.com": "x"},
            Status.RUNNING,
            "member of a group, tag ack.aliyun.com",
        ),
        ({"ack.aliyun.com": "x"}, Status.STOPPED, ""),
        ({"curfew:shedule": "x"}, Status.STOPPED, "tag curfew:shedule is not understood"),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else None,
)
def test_a_stop_has_the_guards_of_stop_and_a_start_those_of_start(
    tags: Mapping[str, str], status: Status, reason: str
) -> None:
    now = EVENING if status is Status.RUNNING else MORNING
    made = machine if status is Status.RUNNING else off
    stage = at(now, made(tags={**TAGGED, **tags}))

    (row,) = apply(stage).values()

    assert (row[0], row[1] if reason else "") == ("skipped" if reason else "changed", reason)


def test_what_is_as_it_should_be_is_not_guarded_but_must_be_ours() -> None:
    stage = at(MORNING, machine(tags={**TAGGED, "curfew:protect": ""}, started="2026-11-26 08:31"))
    running = apply(stage)
    stage.environ["CURFEW_ONLY_TAGS"] = '{"lifecycle": "managed"}'

    assert running == {"dev-1": ("unchanged", "running until 20:00")}
    assert apply(stage) == {
        "dev-1": ("skipped", "without tag lifecycle=managed (CURFEW_ONLY_TAGS)")
    }


def test_a_financial_lock_does_not_hinder_a_stop() -> None:
    stage = at(EVENING, machine(locks=(LockReason.FINANCIAL,)))

    assert apply(stage)["dev-1"][0] == "changed"


def test_who_runs_and_shows_no_start_time_is_left() -> None:
    stage = at(EVENING, machine())
    stage.gateway.faults.add(
        GarbledRow(action="DescribeInstances", id=stage.id_of("dev-1"), field="StartTime", value="")
    )

    assert apply(stage) == {"dev-1": ("unchanged", "running, but ECS shows no StartTime")}
    assert stage.writes() == ()


@pytest.mark.parametrize("status", [Status.STARTING, Status.STOPPING, Status.PENDING])
def test_who_is_between_running_and_stopped_is_left(status: Status) -> None:
    stage = at(EVENING, machine(status=status))

    assert apply(stage) == {"dev-1": ("unchanged", "neither running nor stopped")}
    assert stage.writes() == ()


def test_the_mode_of_the_stop_is_as_in_stop() -> None:
    billed = off("dev-2", stopped_mode=StoppedMode.KEEP_CHARGING)
    stage = at(EVENING, machine(), billed)

    rows = apply(stage, {**ALL, "stopped_mode": "StopCharging", "force": True})

    assert rows["dev-1"][1].startswith("power off (StopCharging); because it was")
    assert rows["dev-2"][0] == "unchanged"
    assert rows["dev-2"][1].startswith(
        "stopped; opens Fri 08:30; stopped in KeepCharging, not StopCharging: still billed; to "
    )


def test_a_dry_run_says_the_whole_way_and_changes_nothing() -> None:
    stage = at(EVENING, machine(has_public_ip=True))

    report = stage.ask("apply_schedule", {**ALL, "stopped_mode": "StopCharging", "dry_run": True})

    (result, reason) = table(report)["dev-1"]
    assert result == "would_change"
    assert reason.startswith(
        "running since 08:33, before the close at 20:00: stop (StopCharging); gives up its public"
    )
    assert report["plan_id"]
    assert stage.writes() == ()


def test_a_dry_run_as_of_another_time_has_the_hours_and_the_guards_of_then() -> None:
    late = {**TAGGED, "curfew:keep-until": "2026-11-26T22:00:00+08:00"}
    stage = at(
        MORNING,
        machine(started="2026-11-26 08:31"),
        machine("dev-2", "2026-11-26 08:31", tags=late),
    )

    def then(clock: str) -> dict[str, str]:
        request = {**ALL, "dry_run": True, "at": f"2026-11-26T{clock}:00+08:00"}
        report = stage.ask("apply_schedule", request)
        assert "plan_id" not in report
        return {name: result for name, (result, _) in table(report).items()}

    assert then("19:59") == {"dev-1": "unchanged", "dev-2": "unchanged"}
    assert then("20:00") == {"dev-1": "would_change", "dev-2": "skipped"}
    assert then("22:00") == {"dev-1": "would_change", "dev-2": "would_change"}


@pytest.mark.parametrize(
    ("clock", "environ", "said"),
    [
        ("20:02", {}, "Thu 26 Nov 2026 20:02 +08:00"),
        ("08:32", {}, "Thu 26 Nov 2026 08:32 +08:00"),
        ("20:02", {"CURFEW_TZ": "Europe/Berlin"}, "Thu 26 Nov 2026 13:02 +01:00"),
    ],
    ids=["tonight", "this-minute", "another-zone"],
)
def test_a_plan_as_of_another_time_says_of_when_it_is(
    clock: str, environ: Mapping[str, str], said: str
) -> None:
    stage = at(MORNING, machine(), **environ)
    stage.clock.sleep(30)

    report = stage.ask(
        "apply_schedule", {**ALL, "dry_run": True, "at": f"2026-11-26T{clock}:00+08:00"}
    )

    assert report["warnings"] == [f"this plan is as of {said}, with the instances as they are now"]


def test_a_plan_as_of_a_time_that_is_past_says_so_also_where_nothing_matched() -> None:
    stage = at(MORNING, machine())
    past = {"dry_run": True, "at": "2026-11-26T08:31:59+08:00"}

    warnings = {
        stage.ask("apply_schedule", {**asked, **past})["warnings"][-1]
        for asked in (ALL, {"tags": {"team": "nobody's"}})
    }

    assert warnings == {
        (
            "this plan is as of Thu 26 Nov 2026 08:31 +08:00, with the instances as they are now; "
            'that is in the past: write a later time in "at"'
        )
    }


def test_a_plan_as_of_now_says_nothing_of_its_time() -> None:
    report = at(MORNING, off()).ask("apply_schedule", {**ALL, "dry_run": True})

    assert report["warnings"] == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"at": "2026-11-26T20:00:00+08:00"},
            'at: it is only valid in a dry run; set "dry_run" to true, or omit "at"',
        ),
        ({"at": "20:00", "dry_run": True}, "at: '20:00' is"),
        (
            {"at": "9999-12-31T23:59:59Z", "dry_run": True},
            "at: '9999-12-31T23:59:59Z' is more than",
        ),
        (
            {"at": "0001-01-01T00:00:00Z", "dry_run": True},
            "at: '0001-01-01T00:00:00Z' is more than",
        ),
        (
            {"schedule": "mon-fri 9-18"},
            "schedule: word 2, '9-18', is neither hours nor a date; write 9:00-18:00",
        ),
        ({"schedule": "office"}, "schedule: there is no schedule named 'office'"),
        ({"schedule": ""}, "schedule: '' is"),
        ({"schedule": OFFICE.ljust(129)}, "schedule: 'workdays"),
    ],
    ids=[
        "not-a-dry-run",
        "no-zone",
        "too-late",
        "too-early",
        "no-minutes",
        "no-such-name",
        "empty",
        "long",
    ],
)
def test_a_wrong_request_is_refused_before_any_call(
    fields: Mapping[str, object], message: str
) -> None:
    stage = at(EVENING, machine())

    with pytest.raises(InvalidEvent) as caught:
        apply(stage, {**ALL, **fields})

    assert str(caught.value).startswith(message)
    assert len(stage.gateway.log) == 0


def test_settings_that_cannot_be_read_refuse_the_run() -> None:
    stage = at(EVENING, machine(), CURFEW_SCHEDULES='{"office": "mon"}')

    with pytest.raises(Refused, match="CURFEW_SCHEDULES: 'office': word 1, 'mon'"):
        apply(stage)


def test_a_start_for_want_of_stock_is_tried_with_each_timer_and_told() -> None:
    stage = at(MORNING, off())
    stage.gateway.faults.add(
        Refuse(action="StartInstances", status=403, code="OperationDenied.NoStock")
    )
    failed = []

    for _ in range(9):
        try:
            stage.ask("apply_schedule", ALL, "timer")
        except Incomplete as error:
            (row,) = report_of(error)["instances"]
            failed.append((row["result"], row["code"]))
        stage.clock.sleep(15 * 60)
    tries = len(stage.writes())
    late = apply(stage)

    assert failed[0] == ("failed", "OperationDenied.NoStock")
    assert 7 <= len(failed) <= 8  # 08:32 to 10:30
    assert len(stage.writes()) == tries
    assert late == {
        "dev-1": (
            "unchanged",
            (
                "stopped; not started since the opening at 08:30, which is caught up for 2h only; "
                f"left until Fri 08:30; {BILLED}"
            ),
        )
    }


def test_catch_up_is_the_operators() -> None:
    stage = at("2026-11-26 12:17", off(), CURFEW_CATCH_UP="4h")

    assert apply(stage)["dev-1"][0] == "changed"


def test_the_operators_days_count() -> None:
    stage = at(MORNING, off(), CURFEW_HOLIDAYS="2026-11-26")

    assert apply(stage) == {"dev-1": ("unchanged", f"stopped; opens Fri 08:30; {BILLED}")}


def test_the_end_of_the_calendar_is_told_by_whoever_needed_it() -> None:
    needed = at("2029-11-26 12:00", machine(started="2029-11-26 08:33"))
    not_needed = at("2029-11-26 12:00", machine(tags={"curfew:schedule": "mon-fri 8:00-20:00"}))

    (warning,) = needed.ask("apply_schedule", ALL)["warnings"]

    assert warning.startswith("the calendar of working days ends with 20")
    assert not_needed.ask("apply_schedule", ALL)["warnings"] == []


@pytest.mark.promise("S57")
def test_who_changes_side_while_the_run_lasts_is_left_for_the_next_run() -> None:
    stage = at("2026-11-26 08:29", machine(started="2026-11-25 08:33"))

    def meanwhile(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.clock.sleep(120)

    stage.transport.after = meanwhile

    first = apply(stage)
    first_writes = stage.operations()
    second = apply(stage)

    assert (first["dev-1"][0], first_writes) == ("changed", ("StopInstances",))
    assert second["dev-1"][0] == "changed"
    assert stage.operations() == ("StopInstances", "StartInstances")


def test_an_id_that_ecs_does_not_know_is_failed() -> None:
    stage = at(EVENING, machine())

    with pytest.raises(Incomplete) as caught:
        apply(stage, {"instance_ids": ["i-unknown"]})

    (row,) = report_of(caught.value)["instances"]
    assert (row["result"], row["code"]) == ("failed", "InvalidInstanceId.NotFound")


def test_the_ceiling_counts_stops_and_starts_together() -> None:
    stage = at(
        EVENING,
        machine(),
        off("dev-2", tags={"curfew:schedule": "daily 20:00-22:00"}),
        CURFEW_MAX_INSTANCES="1",
    )

    with pytest.raises(Refused, match="2 instances would change"):
        apply(stage)

    assert stage.writes() == ()


def test_what_ran_while_the_timers_were_lost_is_caught_up() -> None:
    stage = at("2026-11-26 20:02", machine())
    stage.clock.sleep(timedelta(hours=11).total_seconds())

    assert apply(stage)["dev-1"] == (
        "changed",
        f"stop; {BILLED}; because it was running since Thu 08:33, before the close at Thu 20:00",
    )


@pytest.mark.promise("S11")
def test_a_plan_that_would_start_an_instance_does_not_stop_it() -> None:
    stage = at("2026-11-26 09:00", off(tags={"curfew:schedule": "daily 09:00-20:00"}))
    plan_id = stage.ask("apply_schedule", {**ALL, "dry_run": True})["plan_id"]
    [one] = stage.engine.instances()
    stage.engine.start(one.instance_id)
    stage.clock.advance(timedelta(hours=11, minutes=5))

    with pytest.raises(Refused, match=f"not in the plan: {one.instance_id}"):
        stage.ask("apply_schedule", {**ALL, "plan_id": plan_id, "dry_run": False})

    assert stage.writes() == ()


def test_a_plan_of_starts_and_stops_is_carried_out() -> None:
    stage = at(EVENING, machine(), off("dev-2", tags={"curfew:schedule": "daily 20:00-22:00"}))
    plan_id = stage.ask("apply_schedule", {**ALL, "dry_run": True})["plan_id"]

    rows = apply(stage, {**ALL, "plan_id": plan_id})

    assert {name: result for name, (result, _) in rows.items()} == {
        "dev-1": "changed",
        "dev-2": "changed",
    }
