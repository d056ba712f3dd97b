"""apply_schedule and the tag curfew:schedule: whose it is, missing, lost, unreadable."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from local.ecs.account.model import Status
from local.ecs.gateway.faults import DroppedTags
from shared.domain.on_schedule import NO_SCHEDULE
from tests.functions.schedules import EVENING, OFFICE, apply, at, machine, off
from tests.harness.reports import table

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
        f"tag curfew:schedule cannot be read: there are several: never, {OFFICE}; keep one",
    )


def test_a_tag_in_other_letters_is_read() -> None:
    stage = at(EVENING, machine(tags={"Curfew:Schedule": OFFICE}))

    assert apply(stage, DEV)["dev-1"][0] == "changed"
