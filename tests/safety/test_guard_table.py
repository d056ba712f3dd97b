"""Every function, by every trigger, by every way of selecting, against every guard.

Each instance of the fleet has exactly one thing that guards it, or something that looks like a
guard and is none. The same fleet is met by every request, and every cell of the table is checked:
what the report says of the instance, and that no request that changes anything names a guarded one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from local.ecs.account.model import ChargeType, LockReason, Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES
from shared.base.errors import Incomplete
from shared.domain.guards import TAG_GUARDS, Harm
from tests.harness.actions import (
    ACTIONS,
    DESTRUCTIVE,
    GUARDED_FUNCTIONS,
    HARMFUL,
    WRITING,
    function_of,
    stated,
    to_do,
)
from tests.harness.reports import at, in_china, report_of, table
from tests.harness.requests import by_every_way, request_for
from tests.harness.stage import Stage

TEAM = {"team": "dev"}
NOW = MANUAL_START  # 18:00 in Shanghai
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """One instance: what it has, and the guard that the report must name, "" for none."""

    spec: InstanceSpec
    against_stop: str
    against_release: str
    against_start: str = ""


def tagged(name: str, key: str, value: str, reason: str) -> Case:
    return Case(InstanceSpec(f"dev-{name}", tags={**TEAM, key: value}), reason, reason)


def tagged_off(name: str, value: str, reason: str) -> Case:
    spec = InstanceSpec(f"dev-off-{name}", tags={**TEAM, "curfew:keep-off-until": value})
    return Case(spec, "", "", reason)


def tagged_both_ways(name: str, key: str, value: str, reason: str) -> Case:
    return replace(tagged(name, key, value, reason), against_start=reason)


def locked(reason: LockReason, against_stop: str) -> Case:
    spec = InstanceSpec(f"dev-lock-{reason.value}", tags=TEAM, locks=(reason,))
    return Case(spec, against_stop, f"{reason.value} lock")


PROTECT = "tag curfew:protect"
KEEP = "tag curfew:keep-until"
KEEP_OFF = "tag curfew:keep-off-until"
CASES = (
    Case(InstanceSpec("dev-free", tags=TEAM), "", ""),
    *(
        tagged_both_ways(f"protect-{name}", key, value, PROTECT)
        for name, key, value in (
            ("said-why", "curfew:protect", "licence server"),
            ("true", "curfew:protect", "true"),
            ("false", "curfew:protect", "false"),
            ("empty", "curfew:protect", ""),
            ("no-utf8-letter", "curfew:protect", "\u2603"),
            ("capital", "Curfew:Protect", "yes"),
            ("blanks", " curfew:protect ", "yes"),
            ("wide-colon", "curfew\N{FULLWIDTH COLON}protect", "yes"),
            ("blank-within", "curfew: protect", "yes"),
            ("zero-width", "curfew:pro\N{ZERO WIDTH SPACE}tect", "yes"),
        )
    ),
    *(
        tagged_both_ways(f"unknown-{name}", key, "2020-01-01", f"tag {key} is not understood")
        for name, key in (
            ("protected", "curfew:protected"),
            ("underscore", "curfew:keep_until"),
            ("one-word", "curfew:keepuntil"),
            ("dash", "curfew-protect"),
            ("no-such-guard", "curfew:leave-me"),
            ("two-letters-changed", "cufrew:protect"),
            ("letter-missing", "curfw:keep-until"),
        )
    ),
    *(
        tagged(f"keep-{name}", "curfew:keep-until", value, reason)
        for name, value, reason in (
            ("an-hour", at(NOW + HOUR), f"{KEEP} {at(NOW + HOUR)} (= {in_china(NOW + HOUR)})"),
            ("other-zone", "2026-11-23T19:00:00+08:00", f"{KEEP} 2026-11-23T19:00:00+08:00"),
            ("today", "2026-11-23", f"{KEEP} 2026-11-23"),
            ("tomorrow", "2026-11-24", f"{KEEP} 2026-11-24"),
            ("someday", "next week", f"{KEEP}, unreadable"),
            ("no-zone", "2026-11-01T00:00:00", f"{KEEP}, unreadable"),
            ("no-such-day", "2026-02-30", f"{KEEP}, unreadable"),
            ("slashes", "2026/11/01", f"{KEEP}, unreadable"),
            ("empty", "", f"{KEEP}, unreadable"),
            ("an-hour-ago", at(NOW - HOUR), ""),
            ("yesterday", "2026-11-22", ""),
        )
    ),
    *(
        tagged_off(name, value, reason)
        for name, value, reason in (
            ("an-hour", at(NOW + HOUR), f"{KEEP_OFF} {at(NOW + HOUR)} (= {in_china(NOW + HOUR)})"),
            ("today", "2026-11-23", f"{KEEP_OFF} 2026-11-23"),
            ("someday", "next year", f"{KEEP_OFF}, unreadable"),
            ("an-hour-ago", at(NOW - HOUR), ""),
            ("yesterday", "2026-11-22", ""),
        )
    ),
    tagged("schedule", "curfew:schedule", "mon-fri 09:00-18:00", ""),
    locked(LockReason.FINANCIAL, ""),
    locked(LockReason.SECURITY, "security lock"),
    locked(LockReason.RECYCLING, "Recycling lock"),
    locked(LockReason.DEDICATED_HOST_FINANCIAL, "dedicatedhostfinancial lock"),
    locked(LockReason.REFUNDED, "refunded lock"),
    *(
        tagged(name, key, "x", f"member of a group, tag {key}")
        for name, key in (
            ("scaling-group", "acs:autoscaling:scalingGroupId"),
            ("scaling-other", "acs:autoscaling:anything"),
            ("ack-node", "ack.aliyun.com"),
            ("ack-pool", "ack.alibabacloud.com/nodepool-id"),
            ("emr-cluster", "acs:emr:clusterId"),
            ("emr-node", "acs:emr:nodeGroupType"),
            ("hpc-node", "ehpc.cluster"),
        )
    ),
    tagged("acknowledged", "acknowledged", "x", ""),
    Case(
        InstanceSpec("dev-deletion-protection", tags=TEAM, deletion_protection=True),
        "",
        "deletion protection",
    ),
    Case(
        InstanceSpec("dev-subscription", tags=TEAM, charge_type=ChargeType.PRE_PAID),
        "",
        "charge type PrePaid",
    ),
)
BY_NAME = {case.spec.name: case for case in CASES}
POST_PAID = tuple(case for case in CASES if case.spec.charge_type is ChargeType.POST_PAID)


def guard_of(case: Case, name: str) -> str:
    return case.against_release if name in DESTRUCTIVE else case.against_stop


OPENINGS: Mapping[str, Mapping[str, object]] = {
    "start": {},
    "apply_schedule": {"schedule": "daily 17:30-23:00"},
}
"""What starts stopped instances, and with which fields it does at the time of the stage."""

ROWS = [
    (name, trigger)
    for name in HARMFUL
    for trigger in (ENVELOPES if function_of(name) == name else ("direct",))
]
"""Each function by every trigger; its variants, which no trigger can tell apart, by one."""


TRIGGERS = by_every_way((trigger,) for trigger in ENVELOPES)


def test_every_function_that_can_do_harm_is_in_a_table() -> None:
    harmful = {name for name, action in ACTIONS.items() if action.harm is not Harm.NONE}

    assert harmful == {"start", *map(function_of, HARMFUL)}


def test_every_tag_that_guards_is_in_the_table() -> None:
    assert {key for case in CASES for key in case.spec.tags} >= TAG_GUARDS.keys()


@pytest.mark.sampled(one_in=5)
@pytest.mark.promise("S1", "S2", "S3")
@pytest.mark.parametrize(("name", "trigger", "way"), by_every_way(ROWS))
def test_no_request_that_changes_names_a_guarded_instance(
    name: str, trigger: str, way: str
) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage(case.spec for case in CASES)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    guarded = {case.spec.name: guard_of(case, name) for case in CASES if guard_of(case, name)}

    report = stage.ask(function, {**request_for(way, ids), **fields}, trigger)

    assert {one for one in ids if stage.gateway.log.touched(ids[one])} == set(ids) - set(guarded)
    said = table(report)
    assert {one: said[one] for one in guarded} == {
        one: ("skipped", reason) for one, reason in guarded.items()
    }
    assert {said[one][0] for one in set(ids) - set(guarded)} == {"changed"}


@pytest.mark.sampled(one_in=3)
@pytest.mark.promise("S4")
@pytest.mark.parametrize(("trigger", "way"), TRIGGERS)
@pytest.mark.parametrize("function", OPENINGS)
def test_only_what_keeps_an_instance_off_hinders_its_start(
    function: str, trigger: str, way: str
) -> None:
    refused_by_ecs = {"dev-lock-financial", "dev-lock-security"}
    stage = Stage(
        replace(case.spec, status=Status.STOPPED)
        for case in CASES
        if case.spec.name not in {*refused_by_ecs, "dev-schedule"}  # which has hours of its own
    )
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    guarded = {name: BY_NAME[name].against_start for name in ids if BY_NAME[name].against_start}

    report = stage.ask(function, {**request_for(way, ids), **OPENINGS[function]}, trigger)

    assert {one for one in ids if stage.gateway.log.touched(ids[one])} == set(ids) - set(guarded)
    said = table(report)
    assert {name: said[name] for name in guarded} == {
        name: ("skipped", reason) for name, reason in guarded.items()
    }
    assert {said[name][0] for name in set(ids) - set(guarded)} == {"changed"}
    assert {one.name for one in stage.engine.instances() if one.status is Status.STOPPED} == set(
        guarded
    )


def test_a_start_that_ecs_itself_refuses_has_failed_and_was_not_skipped() -> None:
    names = ("dev-lock-financial", "dev-lock-security")
    stage = Stage(replace(BY_NAME[name].spec, status=Status.STOPPED) for name in names)

    with pytest.raises(Incomplete) as failure:
        stage.ask("start", {"name": "dev-*"})

    codes = {row["name"]: row["code"] for row in report_of(failure.value)["instances"]}
    assert codes == {
        "dev-lock-financial": "InstanceExpiredOrInArrears",
        "dev-lock-security": "InstanceLockedForSecurity",
    }


@pytest.mark.parametrize(("trigger", "way"), TRIGGERS)
def test_no_guard_hinders_taking_a_release_time_away(trigger: str, way: str) -> None:
    stage = Stage(replace(case.spec, auto_release_at=NOW + HOUR) for case in POST_PAID)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}

    report = stage.ask("clear_auto_release", request_for(way, ids), trigger)

    assert {result for result, _ in table(report).values()} == {"changed"}
    assert {one.auto_release_at for one in stage.engine.instances()} == {None}


@pytest.mark.parametrize(("trigger", "way"), TRIGGERS)
def test_describe_names_what_would_guard_and_changes_nothing(trigger: str, way: str) -> None:
    stage = Stage(case.spec for case in CASES)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}

    report = stage.ask("describe", request_for(way, ids), trigger)

    assert stage.writes() == ()
    assert table(report) == {case.spec.name: ("unchanged", described(case)) for case in CASES}


SCHEDULED = (
    "schedule mon-fri 09:00-18:00: running since 2026-10-24 18:00, before the close at 18:00; the "
    "next run stops it"
)


def described(case: Case) -> str:
    against = {
        "stop": case.against_stop,
        "release": case.against_release,
        "start": case.against_start,
    }
    reasons = dict.fromkeys(reason for reason in against.values() if reason)
    guarded = [f"guarded against {named(against, reason)}: {reason}" for reason in reasons]
    return "; ".join(guarded + ([SCHEDULED] if case.spec.name == "dev-schedule" else []))


def named(against: Mapping[str, str], reason: str) -> str:
    names = [name for name, why in against.items() if why == reason]
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


@pytest.mark.sampled(one_in=7)
@pytest.mark.promise("S10")
@pytest.mark.parametrize("name", HARMFUL)
@pytest.mark.parametrize("case", CASES, ids=[case.spec.name for case in CASES])
def test_a_dry_run_skips_what_the_run_skips(case: Case, name: str) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage([case.spec])

    planned = stage.ask(function, {"name": "dev-*", **fields, "dry_run": True})
    assert stage.writes() == ()
    done = stage.ask(function, {"name": "dev-*", **fields, "dry_run": False})

    reason = guard_of(case, name)
    ((result, said),) = table(planned).values()
    assert (result, said if reason else "") == (
        ("skipped", reason) if reason else ("would_change", "")
    )
    assert [row["result"] for row in done["instances"]] == ["skipped" if reason else "changed"]


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("function", GUARDED_FUNCTIONS)
def test_a_skipped_row_says_first_that_ecs_will_release_it_all_the_same(
    function: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    spec = InstanceSpec(
        "dev-1", tags={**TEAM, "curfew:protect": ""}, auto_release_at=NOW + 2 * HOUR
    )
    stage = Stage([spec])

    report = stage.ask(function, {"name": "dev-*", **stated(function), "dry_run": dry_run})

    said = f"ECS will still release it at {in_china(NOW + 2 * HOUR)}: clear the release time by "
    assert table(report) == {"dev-1": ("skipped", f"{said}clear_auto_release; {PROTECT}")}
    assert stage.writes() == ()


@pytest.mark.parametrize("case", CASES, ids=[case.spec.name for case in CASES])
def test_a_dry_run_of_a_start_skips_what_the_start_skips(case: Case) -> None:
    stage = Stage([replace(case.spec, status=Status.STOPPED)])

    planned = stage.ask("start", {"name": "dev-*", "dry_run": True})

    assert stage.writes() == ()
    skipped = ("skipped", case.against_start)
    assert table(planned) == {
        case.spec.name: skipped if case.against_start else ("would_change", "start")
    }


@pytest.mark.parametrize("name", WRITING)
def test_a_key_that_the_operator_names_is_no_unknown_one(name: str) -> None:
    managed = InstanceSpec("dev-managed", tags={**TEAM, "curfew:managed": "yes"}, **to_do(name))
    stage = Stage([managed])
    request = {"name": "dev-*", **stated(name)}
    guarded = ACTIONS[function_of(name)].harm is not Harm.NONE

    before = stage.ask(function_of(name), {**request, "dry_run": True})
    stage.environ["CURFEW_ONLY_TAGS"] = '{"curfew:managed": "*"}'
    after = stage.ask(function_of(name), request)

    unknown = ("skipped", "tag curfew:managed is not understood")
    assert table(before)["dev-managed"] == unknown or not guarded
    assert [row["result"] for row in after["instances"]] == ["changed"]


@pytest.mark.sampled(one_in=4)
@pytest.mark.parametrize("name", DESTRUCTIVE)
@pytest.mark.parametrize("case", CASES, ids=[case.spec.name for case in CASES])
def test_a_stopped_instance_is_guarded_like_a_running_one(case: Case, name: str) -> None:
    function, fields = function_of(name), stated(name)
    stage = Stage([replace(case.spec, status=Status.STOPPED)])
    (instance,) = stage.engine.instances()

    report = stage.ask(function, {"name": "dev-*", **fields})

    reason = guard_of(case, name)
    assert [row["result"] for row in report["instances"]] == ["skipped" if reason else "changed"]
    assert bool(stage.gateway.log.touched(instance.instance_id)) is not bool(reason)
