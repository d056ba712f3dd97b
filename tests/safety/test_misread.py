"""What guards because it cannot be read is told in every report that it decided."""

from __future__ import annotations

import pytest

from local.ecs.account.model import Status
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.actions import FUNCTIONS, stated, to_do
from tests.harness.stage import DEV, Stage

KEEP, KEEP_OFF = "curfew:keep-until", "curfew:keep-off-until"
RIGHT = "a date such as 2026-11-24, or a time with its zone such as 2026-11-24T20:00:00+08:00"
UNREADABLE = ("tomorrow", "2026-11-26 20:30", "2026-11-26T24:00", "")


def told(tag: str, value: str, instance: str) -> str:
    return (
        f"{tag} cannot be read: {value!r} ({instance}); 1 instance stays guarded until it is "
        f"corrected: write {RIGHT}"
    )


@pytest.mark.promise("S2")
@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize("function", [one for one in FUNCTIONS if one != "clear_auto_release"])
def test_every_function_says_which_value_of_a_guard_cannot_be_read(
    function: str, value: str
) -> None:
    tag = KEEP_OFF if function == "start" else KEEP
    spec = InstanceSpec("dev-1", tags={**DEV, tag: value}, **to_do(function))
    stage = Stage([spec])

    report = stage.ask(function, {"tags": DEV, **stated(function)})

    assert report["warnings"] == [told(tag, value, stage.id_of("dev-1"))]
    assert stage.writes() == ()


def test_describe_says_it_of_both_tags() -> None:
    tags = {KEEP.title(): "tomorrow", KEEP_OFF: "spring"}
    stage = Stage([InstanceSpec("dev-1", tags=tags)])

    warnings = stage.ask("describe", {"name": "dev-*"})["warnings"]

    one = stage.id_of("dev-1")
    assert warnings == [told(KEEP, "tomorrow", one), told(KEEP_OFF, "spring", one)]


def test_apply_schedule_says_it_of_who_would_have_been_stopped() -> None:
    tags = {"curfew:schedule": "never", KEEP: "tomorrow"}
    asleep = InstanceSpec("dev-2", tags=tags, status=Status.STOPPED)
    stage = Stage([InstanceSpec("dev-1", tags=tags), asleep])

    warnings = stage.ask("apply_schedule", {"name": "dev-*", "enforced": True})["warnings"]

    assert warnings == [told(KEEP, "tomorrow", stage.id_of("dev-1"))]


@pytest.mark.parametrize("tag", [KEEP_OFF, "curfew:protected"])
def test_what_the_function_does_not_ask_or_nothing_was_kept_by_is_not_told(tag: str) -> None:
    stage = Stage([InstanceSpec("dev-1", tags={tag: "tomorrow"})])

    report = stage.ask("clear_auto_release", {"name": "dev-*"})

    assert report["warnings"] == []


def test_values_are_grouped_and_only_the_most_frequent_are_named() -> None:
    values = ["tomorrow", "tomorrow", "x" * 128, "later", "soon", "2026-11-26 20:30"]
    specs = [InstanceSpec(f"dev-{n}", tags={KEEP: one}) for n, one in enumerate(values)]
    stage = Stage(specs)

    (warning,) = stage.ask("stop", {"name": "dev-*"})["warnings"]

    assert warning.startswith(f"{KEEP} cannot be read: 'tomorrow' (i-")
    assert " and 1 more), '2026-11-26 20:30' (i-" in warning
    assert "), and 2 more values; 6 instances stay guarded until it is corrected: " in warning
    assert warning.endswith(f"write {RIGHT}")
    assert len(warning) < 500


def test_keys_that_nobody_understands_are_named_up_to_a_number_and_a_length() -> None:
    keys = [f"curfew:{n}{'k' * 100}" for n in range(7)]
    odd = [InstanceSpec(f"dev-{n}", tags={key: ""}) for n, key in enumerate(keys)]
    stage = Stage([*odd, InstanceSpec("dev-free")])

    (warning,) = stage.ask("describe", {"name": "dev-*"})["warnings"]

    assert warning.startswith("7 of 8 instances are protected by tags that are not understood: ")
    assert f"{keys[4][:40]}… and 2 more; Curfew understands curfew:protect, " in warning
    assert len(warning) < 500
