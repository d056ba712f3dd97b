"""apply_schedule and the tag curfew:schedule: whose it is, missing, lost, unreadable."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from local.ecs.account.model import Status
from local.ecs.gateway.faults import DroppedTags, Refuse
from shared.base.errors import Incomplete
from shared.domain.on_schedule import NO_SCHEDULE
from shared.domain.plan import UNCONFIRMED_TAGS
from tests.functions.schedules import EVENING, OFFICE, apply, at, machine, off
from tests.harness.forgetful import Forgetful
from tests.harness.reports import report_of, table
from tests.harness.stage import Stage

DEV = {"name": "dev-*"}


def test_each_instance_has_its_own_schedule() -> None:
    stage = at(
        EVENING,
        machine("dev-office"),
        machine("dev-night", tags={"curfew:schedule": "daily 20:00-06:00"}),
        off("dev-late", tags={"curfew:schedule": "daily 19:30-23:00"}),
        machine("dev-named", tags={"curfew:schedule": "Shop"}),
        CURFEW_SCHEDULES='{"shop": "mon-fri 9:00-18:00"}',
    )

    results = {name: result for name, (result, _) in apply(stage).items()}

    assert results == {
        "dev-office": "changed",
        "dev-night": "unchanged",
        "dev-late": "changed",
        "dev-named": "changed",
    }
    assert {one.name: one.status for one in stage.engine.instances()} == {
        "dev-office": Status.STOPPED,
        "dev-night": Status.RUNNING,
        "dev-late": Status.RUNNING,
        "dev-named": Status.STOPPED,
    }


def test_the_requests_schedule_may_be_a_name() -> None:
    stage = at(
        EVENING, machine("dev-none", tags={}), CURFEW_SCHEDULES='{"shop": "daily 9:00-18:00"}'
    )
    other = {**DEV, "schedule": "Shop"}

    assert {name: one[0] for name, one in apply(stage, other).items()} == {"dev-none": "changed"}


def test_the_requests_schedule_is_for_those_without_a_tag() -> None:
    stage = at(
        EVENING,
        machine("dev-tagged", tags={"curfew:schedule": "daily 0:00-24:00"}),
        machine("dev-bare", tags={"team": "dev"}),
    )

    rows = apply(stage, {**DEV, "schedule": OFFICE})

    assert rows["dev-tagged"] == ("unchanged", "running")
    assert rows["dev-bare"][0] == "changed"


def test_without_tag_and_schedule_an_instance_is_skipped() -> None:
    stage = at(EVENING, machine(tags={"team": "dev"}))

    assert apply(stage, DEV) == {"dev-1": ("skipped", NO_SCHEDULE)}
    assert stage.writes() == ()


@pytest.mark.promise("S56")
@pytest.mark.parametrize("fields", [{}, {"schedule": "never", "enforced": True}], ids=str)
def test_that_the_tag_is_missing_is_believed_from_two_apis(fields: Mapping[str, object]) -> None:
    stage = at(EVENING, machine(tags={"curfew:schedule": "daily 0:00-24:00", "team": "dev"}))
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances"))

    assert apply(stage, {**DEV, **fields}) == {"dev-1": ("unchanged", "running")}
    assert stage.writes() == ()


@pytest.mark.promise("S56")
def test_a_tag_that_is_given_meanwhile_counts_though_the_look_before_the_call_has_lost_it() -> None:
    stage = at(EVENING, machine(tags={"team": "dev"}), machine("dev-2", tags={"team": "dev"}))
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", skip=1, times=1))
    kept = stage.id_of("dev-1")

    def somebody(operation: str, _: object) -> None:
        if operation == "ListTagResources" and stage.gateway.log.count(operation) == 1:
            stage.engine.tag(kept, {"curfew:schedule": "daily 0:00-24:00"})
            stage.clock.sleep(31)  # what was seen is too old to act on

    stage.transport.after = somebody

    rows = apply(stage, {**DEV, "schedule": OFFICE})

    assert rows["dev-1"] == ("unchanged", "running")
    assert rows["dev-2"][0] == "changed"
    assert stage.gateway.log.touched(kept) == ()


@pytest.mark.promise("S56")
@pytest.mark.parametrize("is_down", [False, True])
def test_a_tag_that_gets_lost_after_a_refused_call_is_not_called_missing(
    is_down: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = at(EVENING, machine())
    faults = stage.gateway.faults
    faults.add(Refuse(action="StopInstances", times=1))
    faults.add(DroppedTags(action="DescribeInstances", key="curfew:schedule", skip=1))
    if is_down:
        faults.add(Refuse(action="ListTagResources"))

    try:
        report = stage.ask("apply_schedule", DEV)
    except Incomplete as error:
        report = report_of(error)

    ((result, _),) = table(report).values()
    assert result == ("pending" if is_down else "changed")


@pytest.mark.promise("S56")
@pytest.mark.parametrize("request_has_one", [False, True])
def test_a_schedule_that_cannot_be_read_is_skipped_and_told(
    request_has_one: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = at(EVENING, machine(tags={"curfew:schedule": "工作日 8:30-20:00"}), machine("dev-2"))
    request = {**DEV, **({"schedule": "never"} if request_has_one else {})}

    report = stage.ask("apply_schedule", request)

    why = "cannot be read: word 1, '工作日', is Chinese; write workdays"
    assert table(report)["dev-1"] == ("skipped", f"tag curfew:schedule {why}")
    assert table(report)["dev-2"][0] == "changed"
    assert report["warnings"] == [
        f"{stage.id_of('dev-1')}: tag curfew:schedule '工作日 8:30-20:00' {why}"
    ]
    assert stage.gateway.log.touched(stage.id_of("dev-1")) == ()


def test_two_tags_that_are_the_same_key_to_the_eye_are_not_read() -> None:
    stage = at(EVENING, machine(tags={"curfew:schedule": OFFICE, "Curfew:Schedule": "never"}))

    (row,) = apply(stage, DEV).values()

    assert row == (
        "skipped",
        f"tag curfew:schedule cannot be read: there are several: 'never', '{OFFICE}'; keep one",
    )


def test_a_tag_in_other_letters_is_read() -> None:
    stage = at(EVENING, machine(tags={"Curfew:Schedule": OFFICE}))

    assert apply(stage, DEV)["dev-1"][0] == "changed"


@pytest.mark.promise("S56")
@pytest.mark.parametrize(
    "fault",
    [
        Refuse(action="ListTagResources", status=400, code="Throttling.User"),
        Refuse(action="ListTagResources", status=503, code="ServiceUnavailable"),
    ],
    ids=["throttled", "down"],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_who_cannot_be_confirmed_to_lack_the_tag_waits_and_the_others_do_not(
    fault: Refuse,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = at(EVENING, machine("dev-tagged"), machine("dev-bare", tags={"team": "dev"}))
    stage.gateway.faults.add(fault)

    with pytest.raises(Incomplete) as caught:
        stage.ask("apply_schedule", {**DEV, "schedule": OFFICE, "dry_run": dry_run})

    rows = table(report_of(caught.value))
    assert rows["dev-bare"] == ("pending", UNCONFIRMED_TAGS)
    assert rows["dev-tagged"][0] == ("would_change" if dry_run else "changed")
    assert stage.gateway.log.touched(stage.id_of("dev-bare")) == ()


@pytest.mark.promise("S56")
def test_who_is_guarded_or_fits_anyway_needs_no_second_api() -> None:
    guarded = {"team": "dev", "curfew:protect": ""}
    stage = at(EVENING, machine("dev-kept", tags=guarded), off("dev-off", tags={"team": "dev"}))
    stage.gateway.faults.add(DroppedTags(action="ListTagResources"))

    rows = apply(stage, {**DEV, "schedule": OFFICE})

    assert {name: result for name, (result, _) in rows.items()} == {
        "dev-kept": "skipped",
        "dev-off": "unchanged",
    }


def disagreeing(from_call: int = 0) -> Stage:
    """Two instances of whose tags ListTagResources loses ``team``, which the first has alone."""
    tags = {"team": "dev", "cost-centre": "7"}
    stage = at(EVENING, machine("dev-1", tags={"team": "dev"}), machine("dev-2", tags=tags))
    stage.transport = Forgetful(
        stage.gateway, operation="ListTagResources", lost=("team",), from_call=from_call
    )
    return stage


@pytest.mark.promise("S56")
@pytest.mark.parametrize("dry_run", [False, True])
def test_whose_tags_two_apis_tell_differently_ends_at_once(dry_run: bool) -> None:  # noqa: FBT001  # a table's column
    stage = disagreeing()

    with pytest.raises(Incomplete) as caught:
        stage.ask("apply_schedule", {**DEV, "schedule": OFFICE, "dry_run": dry_run})

    rows = table(report_of(caught.value))
    assert rows["dev-1"] == ("pending", UNCONFIRMED_TAGS)
    assert rows["dev-2"][0] == ("would_change" if dry_run else "changed")
    assert stage.gateway.log.touched(stage.id_of("dev-1")) == ()
    assert stage.gateway.log.count("ListTagResources") < 5


@pytest.mark.promise("S56")
def test_answers_that_disagree_during_the_run_end_it_for_that_instance_alone() -> None:
    stage = disagreeing(from_call=1)

    def slowly(operation: str, _: object) -> None:
        if operation == "ListTagResources" and stage.gateway.log.count(operation) == 1:
            stage.clock.sleep(31)  # what was seen is too old to act on

    stage.transport.after = slowly

    with pytest.raises(Incomplete) as caught:
        stage.ask("apply_schedule", {**DEV, "schedule": OFFICE})

    rows = table(report_of(caught.value))
    assert rows["dev-1"] == ("pending", UNCONFIRMED_TAGS)
    assert rows["dev-2"][0] == "changed"
    assert stage.gateway.log.count("ListTagResources") < 5


def test_many_schedules_that_cannot_be_read_are_one_warning_and_hide_no_other() -> None:
    others = [machine(f"dev-{n}", tags={"curfew:schedule": f"soon {n}"}) for n in range(30)]
    same = [machine(f"same-{n}", tags={"curfew:schedule": "工作日 8:30-20:00"}) for n in range(4)]
    stage = at("2026-12-01 10:32", *others, *same, off(started="2026-11-30 08:32"))

    told = stage.ask("apply_schedule", {"tags": {"curfew:schedule": "*"}})["warnings"]

    unreadable = [one for one in told if "cannot be read" in one]
    first = min(stage.id_of(f"same-{n}") for n in range(4))
    assert len(unreadable) == 1
    assert unreadable[0].startswith(
        "34 instances have a tag curfew:schedule that cannot be read; their rows say why; for "
        f"example {first} and 3 more: tag curfew:schedule '工作日 8:30-20:00' cannot be read: word "
    )
    assert "; i-" in unreadable[0]
    assert len(told) == 3
    assert "if it is needed before, start it by hand" in told[0]
    assert "the calendar of working days ends with" in told[2]


HOSTILE = "\x1b[2J\u202e\u2028"


@pytest.mark.parametrize(
    "tags",
    [
        {"curfew:schedule": f"{HOSTILE} 9:00-18:00"},
        {"curfew:schedule": f"mon {HOSTILE}9:00-18:00"},
        {"curfew:schedule": f"mon 9:00-18:00 {HOSTILE}"},
        {"curfew:schedule": f"mon 9:00-18:00{HOSTILE}"},
        {"curfew:schedule": f"office{HOSTILE}"},
        {"curfew:schedule": "never", "Curfew:Schedule": f"always{HOSTILE}"},
        {f"curfew:schedule{HOSTILE}": "soon"},
        {"curfew:schedule": OFFICE, f"ack.{HOSTILE}": "x"},
        {"curfew:schedule": OFFICE, f"curfew:{HOSTILE}protekt": "x"},
        {"curfew:schedule": OFFICE, "curfew:keep-until": HOSTILE},
    ],
    ids=range(10),
)
@pytest.mark.parametrize("function", ["apply_schedule", "stop", "describe"])
def test_what_nobody_can_see_in_a_tag_is_shown_wherever_it_is_told(
    function: str, tags: Mapping[str, str]
) -> None:
    stage = at(EVENING, machine(f"dev-{HOSTILE}", tags=tags))

    report = stage.ask(function, DEV)

    (reason,) = (row["reason"] for row in report["instances"])
    assert all(one.isprintable() for one in (reason, *report["warnings"]))


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"curfew:schedule": "never", "Curfew:Schedule": "x; stopped"}, "'never', 'x; stopped'"),
        ({"curfew:schedule": OFFICE, "ack.\u202e": "x"}, r"member of a group, tag ack.\u202e"),
    ],
    ids=["several", "group"],
)
def test_where_a_tags_text_ends_is_seen(tags: Mapping[str, str], told: str) -> None:
    stage = at(EVENING, machine(tags=tags))

    ((_, reason),) = apply(stage, DEV).values()

    assert told in reason
