"""Timers that would stop or start what apply_schedule stops and starts by its schedule."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from local.check.findings import Level
from tests.local.check.edits import Checked, trigger

PAYLOAD = '{"tags": {"team": "dev"}}'


def switched(document: dict[str, Any], **requests: str) -> None:
    """Switch timers on, those of stop and start with these requests."""
    trigger(document, "apply_schedule")["triggerConfig"]["enable"] = True
    trigger(document, "stop")["triggerConfig"]["enable"] = False
    for function, payload in requests.items():
        place = 1 if function == "stop" else 0
        trigger(document, function, place)["triggerConfig"].update(enable=True, payload=payload)


def overlaps(checked: Checked, change: Any) -> list[str]:  # noqa: ANN401  # changes a document
    return [one for one in checked(change)[Level.WARNING] if "what has a schedule" in one]


def test_the_timers_as_shipped_leave_schedules_alone_when_all_are_on(checked: Checked) -> None:
    def all_on(document: dict[str, Any]) -> None:
        for function in ("apply_schedule", "stop", "start"):
            for each in document["resources"][function]["props"]["triggers"]:
                each["triggerConfig"]["enable"] = True

    assert overlaps(checked, all_on) == []


def test_each_timer_that_takes_schedules_along_is_a_warning(checked: Checked) -> None:
    told = overlaps(checked, lambda d: switched(d, stop=PAYLOAD, start=PAYLOAD))

    remedy = 'Add "except": {"tags": {"curfew:schedule": "*"}} to the request of'
    assert sorted(told) == [
        f"timers {name} of {function} and quarter of apply_schedule are both ON: what has a "
        f"schedule gets both. {remedy} {name}"
        for function, name in (("stop", "evening"), ("start", "morning"))
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {"tags": {"team": "dev"}, "dry_run": True},
        {"tags": {"team": "dev"}, "except": {"tags": {"curfew:schedule": "*", "env": "prod"}}},
    ],
    ids=["a-dry-run", "excepted"],
)
def test_what_changes_nothing_or_leaves_schedules_alone_is_fine(
    checked: Checked, request_: dict[str, Any]
) -> None:
    payload = json.dumps(request_)

    assert overlaps(checked, lambda d: switched(d, stop=payload)) == []


@pytest.mark.parametrize(
    "request_",
    [
        {"tags": {"team": "dev"}, "except": {"tags": {"env": "prod"}}},
        {"tags": {"team": "dev"}, "except": {"tags": {"curfew:schedule": "never"}}},
        {"tags": {"team": "dev"}, "except": {"name": "x"}},
    ],
    ids=["another-tag", "one-value", "a-name"],
)
def test_another_exception_does_not_do(checked: Checked, request_: dict[str, Any]) -> None:
    payload = json.dumps(request_)

    assert len(overlaps(checked, lambda d: switched(d, stop=payload))) == 1


SCHEDULED = '{"tags": {"team": "dev"}, "schedule": "workdays 08:30-20:00"}'
LEAVES = '{"tags": {"team": "dev"}, "except": {"tags": {"curfew:schedule": "*"}}}'
APART = '{"tags": {"team": "ops"}, "except": {"tags": {"curfew:schedule": "*"}}}'


def undoing(checked: Checked, scheduled: str, **requests: str) -> list[str]:
    """The warnings of timers that undo what people do, by a schedule in a request."""

    def change(document: dict[str, Any]) -> None:
        switched(document, **requests)
        trigger(document, "apply_schedule")["triggerConfig"]["payload"] = scheduled

    return [one for one in checked(change)[Level.WARNING] if "can mean the same instances" in one]


def test_a_schedule_in_a_request_and_a_timer_on_the_same_tags_is_a_warning(
    checked: Checked,
) -> None:
    assert sorted(undoing(checked, SCHEDULED, stop=LEAVES, start=LEAVES)) == [
        f"timers {name} of {function} and quarter of apply_schedule are both ON and can mean the "
        f'same instances, by the "schedule" in the request of quarter: {name} undoes what somebody '
        f"has {what}, which quarter would leave. Switch {name} off, or have it select others"
        for function, name, what in (
            ("stop", "evening", "started after hours"),
            ("start", "morning", "stopped"),
        )
    ]


@pytest.mark.parametrize(
    ("scheduled", "stop"),
    [
        (LEAVES, LEAVES),
        (SCHEDULED, APART),
        (SCHEDULED, LEAVES.replace("{", '{"dry_run": true, ', 1)),
        (SCHEDULED.replace('"team": "dev"', '"curfew:schedule": "*"'), LEAVES),
    ],
    ids=["no-schedule", "other-tags", "a-dry-run", "those-with-the-tag"],
)
def test_where_they_mean_others_or_one_changes_nothing_it_is_fine(
    checked: Checked, scheduled: str, stop: str
) -> None:
    assert undoing(checked, scheduled, stop=stop) == []


def test_where_apply_schedule_is_off_nothing_overlaps(checked: Checked) -> None:
    def off(document: dict[str, Any]) -> None:
        switched(document, stop=PAYLOAD)
        trigger(document, "apply_schedule")["triggerConfig"]["enable"] = False

    assert overlaps(checked, off) == []


def two_schedules(checked: Checked, *payloads: str) -> list[str]:
    """The warnings of timers of apply_schedule, all ON, with these requests."""

    def change(document: dict[str, Any]) -> None:
        shipped = trigger(document, "apply_schedule")
        timers = [deepcopy(shipped) for _ in payloads]
        for number, (one, payload) in enumerate(zip(timers, payloads, strict=True)):
            one["triggerName"] = f"quarter-{number}"
            one["triggerConfig"].update(enable=True, payload=payload)
        document["resources"]["apply_schedule"]["props"]["triggers"] = timers

    return [one for one in checked(change)[Level.WARNING] if 'another "schedule"' in one]


LONGER = '{"tags": {"env": "dev"}, "schedule": "daily 8:00-22:00"}'


def test_two_schedules_for_the_same_instances_are_a_warning(checked: Checked) -> None:
    (told,) = two_schedules(checked, SCHEDULED, LONGER)

    assert told == (
        "timers quarter-0 and quarter-1 of apply_schedule are both ON and can mean the same "
        'instances, each with another "schedule" in its request: what has no tag curfew:schedule '
        "gets both. Have them select others, or give such instances the tag"
    )


@pytest.mark.parametrize(
    "other",
    [
        SCHEDULED.replace("team", "env"),
        LONGER.replace(', "schedule": "daily 8:00-22:00"', ""),
        LONGER.replace('"env": "dev"', '"team": "ops"'),
        LONGER.replace('"env": "dev"', '"env": "dev", "curfew:schedule": "*"'),
        LONGER.replace("{", '{"dry_run": true, ', 1),
    ],
    ids=["the-same", "no-schedule", "other-tags", "those-with-the-tag", "a-dry-run"],
)
def test_where_no_instance_can_have_two_schedules_it_is_fine(checked: Checked, other: str) -> None:
    assert two_schedules(checked, SCHEDULED, other) == []
