"""What logs come to: spells, hours avoided, money, and what is said of whom."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import msgspec
import pytest

from local.report.entry import Entry
from local.report.history import State
from local.report.night import Gathering, Night
from shared.base.times import CHINA
from tests.local.report.lines import EVENING, MORNING, line, run, started

PRICE = {"hour": 0.72, "ends": 0.6, "currency": "CNY"}
NIGHT_MINUTES = 12 * 60 + 30


def night_of(*lines: dict[str, Any], days: int = 30) -> Night:
    gathering = Gathering()
    for one in lines:
        gathering.add(msgspec.convert(one, Entry))
    return gathering.night(CHINA, days)


def look(at: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # any field
    """A line of describe."""
    return line(**{"action": "describe", "result": "unchanged", "seen_at": at, **fields})


def on(at: str, since: str) -> dict[str, Any]:
    return look(at, status="Running", stopped_mode="", started_at=since)


def test_a_night_is_avoided_from_the_stop_to_the_start_that_ecs_shows() -> None:
    night = night_of(line(), started())

    assert night.total.minutes == NIGHT_MINUTES - 0
    assert [(str(day.date), day.saving.minutes) for day in night.days] == [
        ("2020-11-23", 240),
        ("2020-11-24", 510),
    ]


def test_a_day_shows_how_many_were_what_when() -> None:
    later = look("2020-11-24T09:00:00+08:00", id="i-2")

    still_on = on("2020-11-24T09:00:00+08:00", "2020-11-24T08:30:00+08:00")

    first, second = night_of(line(), started(), still_on, line(id="i-2"), later).days

    assert [first.states[state][slot] for state in (0, 1) for slot in (79, 80)] == [0, 0, 0, 2]
    assert [second.states[State.OURS][slot] for slot in (33, 34)] == [2, 1]
    assert second.states[State.ON][34] == 1


def test_the_order_of_the_lines_does_not_matter() -> None:
    assert night_of(started(), line()).total == night_of(line(), started()).total


def test_nor_does_that_of_looks_within_a_minute_or_a_second() -> None:
    before = on("2020-11-23T20:00:05+08:00", "2020-11-23T08:30:00+08:00")
    then = on("2020-11-23T20:00:30+08:00", "2020-11-23T08:30:00+08:00")  # the second of the stop
    lines = [before, then, line(reason="stop; still billed"), started()]

    nights = [night_of(*one) for one in (lines, lines[::-1])]

    assert [night.total.minutes for night in nights] == [NIGHT_MINUTES] * 2
    for night in (night_of(*lines[:-1]), night_of(*lines[-2::-1])):
        assert [one.what for one in night.billed] == ["still billed"]


def test_nothing_counts_after_an_instance_was_seen_last() -> None:
    night = night_of(line(), look("2020-11-23T23:00:00+08:00"), look(MORNING, id="i-2"))

    assert night.total.minutes == 180
    assert night.days[1].states[State.OURS] == [0] * 96


def test_what_ecs_released_counts_no_further_than_it_was_seen() -> None:
    leased = line(auto_release_at="2020-11-27T21:00:00+08:00")
    seen = look("2020-11-24T12:00:00+08:00")
    others = [look(f"2020-11-{day}T12:00:00+08:00", id="i-2") for day in range(24, 31)]
    gone = look("2020-11-30T13:00:00+08:00", status="Gone", code="InvalidInstanceId.NotFound")
    released = line(action="release", status="Gone", result="unchanged", seen_at=gone["seen_at"])

    for tail in ([], [gone], [released]):
        assert night_of(leased, seen, *others, *tail).total.minutes == 16 * 60


def test_the_last_day_is_that_of_a_run_that_matched_nothing() -> None:
    night = night_of(line(), run(), run(request_id="1-77", ended_at="2020-11-25T20:00:00+08:00"))

    assert [str(day.date) for day in night.days] == ["2020-11-23", "2020-11-24", "2020-11-25"]
    assert night.runs == {"complete": 2}


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        pytest.param([look(EVENING), started()], 0, id="off-by-somebody-else"),
        pytest.param([line(result="unchanged"), started()], 0, id="off-before"),
        pytest.param([line(result="would_change", status="Running")], 0, id="dry-run"),
        pytest.param(
            [line(), on("2020-11-23T21:40:00+08:00", "2020-11-23T21:00:00+08:00")],
            60,
            id="started-by-hand",
        ),
        pytest.param(
            [line(), look("2020-11-24T08:00:00+08:00", started_at="2020-11-23T21:00:00+08:00")],
            60,
            id="run-and-stopped-by-others-meanwhile",
        ),
        pytest.param([line(action="apply_schedule"), started()], NIGHT_MINUTES, id="schedule"),
        pytest.param(
            [line(status="Stopping", stopped_mode=""), look("2020-11-23T23:00:00+08:00")],
            180,
            id="not-waited-for",
        ),
        pytest.param(
            [line(started_at=""), look("2020-11-23T22:00:00+08:00"), on(MORNING, "")],
            120,
            id="on-since-nobody-knows-when",
        ),
        pytest.param([line(started_at=""), started(started_at="")], 750, id="started-by-curfew"),
        pytest.param(
            [line(started_at=""), line(started_at="", seen_at="2020-11-24T20:00:00+08:00")],
            0,
            id="stopped-again-so-it-was-on",
        ),
    ],
)
def test_what_counts_as_avoided(lines: list[dict[str, Any]], minutes: int) -> None:
    assert night_of(*lines).total.minutes == minutes


def test_a_released_instance_avoids_nothing() -> None:
    gone = line(action="release", status="Gone", seen_at="2020-11-23T22:00:00+08:00")

    assert night_of(line(), gone, look("2020-11-24T22:00:00+08:00", id="i-2")).total.minutes == 120


@pytest.mark.parametrize(
    ("fields", "price", "money", "unpriced"),
    [
        pytest.param({}, PRICE, {"CNY": 7.5}, 0, id="priced"),
        pytest.param({}, None, {}, NIGHT_MINUTES, id="no-price"),
        pytest.param({"stopped_mode": ""}, PRICE, {}, NIGHT_MINUTES, id="mode-unknown"),
    ],
)
def test_money_is_what_ends_for_as_long_as_it_ended(
    fields: dict[str, Any], price: object, money: dict[str, float], unpriced: int
) -> None:
    priced = on("2020-11-23T12:00:00+08:00", "2020-11-23T08:30:00+08:00")

    total = night_of({**priced, "list_price": price}, line(**fields), started()).total

    assert total.money == pytest.approx(money)
    assert (total.minutes, total.unpriced) == (NIGHT_MINUTES, unpriced)


def test_every_tag_that_is_shown_makes_groups() -> None:
    second = {"id": "i-2", "tags": {"owner": "wang.wei", "team": "web"}}

    night = night_of(line(), started(), line(**second), started(**second, seen_at=EVENING))

    groups = {
        key: [(one.value, one.machines, one.saving.minutes) for one in values]
        for key, values in night.groups.items()
    }
    assert groups == {
        "owner": [("li.na", 1, NIGHT_MINUTES), ("wang.wei", 1, 0)],
        "team": [("", 1, NIGHT_MINUTES), ("web", 1, 0)],
    }


def test_blanks_around_a_value_make_no_group_of_their_own() -> None:
    tags = ({"owner": "amy "}, {"owner": "", "Owner": "amy"}, {"owner": "\t"})

    night = night_of(*(line(id=f"i-{at}", tags=one) for at, one in enumerate(tags)))

    assert [(one.value, one.machines) for one in night.groups["owner"]] == [("amy", 2), ("", 1)]


def test_spellings_of_a_key_make_one_group() -> None:
    second = {"id": "i-2", "tags": {"Owner ": "li.na"}}

    night = night_of(line(), started(), line(**second), started(**second, seen_at=EVENING))

    assert {
        key: [(one.value, one.machines) for one in values] for key, values in night.groups.items()
    } == {"owner": [("li.na", 2)]}


def test_groups_are_the_same_in_whatever_order_lines_are_read() -> None:
    lines = [
        line(id=f"i-{number}", tags=tags)
        for number, tags in enumerate(
            ({"Team": "web"}, {"team": "web", "Owner": "amy"}, {"Team": "web", "owner": "amy"})
        )
    ]

    for one in (lines, lines[::-1]):
        assert list(night_of(*one).groups) == ["owner", "Team"]


def test_only_the_last_days_count() -> None:
    night = night_of(line(), started(), days=1)

    assert [str(day.date) for day in night.days] == ["2020-11-24"]
    assert night.total.minutes == 510


def test_what_was_said_on_other_days_is_not_told() -> None:
    first = line(result="skipped", reason="tag curfew:protect, unreadable")
    second = started(result="failed", reason="no")

    night = night_of(first, second, run(), run(ended_at=MORNING, outcome="incomplete"), days=1)

    assert (night.guarded, night.unread) == ([], [])
    assert [one.what for one in night.failed] == ["start: no"]
    assert night.runs == {"incomplete": 1}


def test_days_are_those_of_the_zone() -> None:
    gathering = Gathering()
    for one in (line(), started()):
        gathering.add(msgspec.convert(one, Entry))

    [first, second] = gathering.night(timezone.utc, 30).days

    assert (first.saving.minutes, second.saving.minutes) == (720, 30)


def test_it_is_said_who_was_guarded_failed_unread_and_is_still_billed() -> None:
    unread = "guarded against stop: tag curfew:keep-until, unreadable"
    night = night_of(
        look(EVENING, result="skipped", reason="tag curfew:protect", status="Running"),
        line(id="i-2", name="b", result="failed", code="NoStock", reason="start: no"),
        line(id="i-3", name="c", reason=unread),
        line(id="i-4", name="d", reason="stopped in KeepCharging: still billed"),
        line(id="i-5", name="e", reason="stopped in KeepCharging: still billed"),
        started(id="i-5", name="e"),
        {"log": "error", "action": "stop", "error": "Refused", "message": "too many"},
        run(outcome="incomplete"),
    )

    told = [
        [(one.what, one.names, one.times) for one in each]
        for each in (night.guarded, night.failed, night.unread, night.billed)
    ]
    assert told == [
        [("tag curfew:protect", ["web-1"], 1)],
        [("stop: NoStock: start: no", ["b"], 1), ("stop: Refused: too many", [], 1)],
        [("tag curfew:keep-until, unreadable", ["c"], 1)],
        [("stopped in KeepCharging: still billed", ["d"], 1)],
    ]
    assert night.runs == {"error": 1, "incomplete": 1}


SPEC = "curfew:schedule{} cannot be read: word 1, '9-17', is neither; write 9:00-17:00"


def test_a_tag_that_cannot_be_read_is_told_once_with_what_would_be_right() -> None:
    unread = look(EVENING, result="skipped", reason="tag " + SPEC.format(""))
    warning = {"log": "warning", "message": "i-1: tag " + SPEC.format(" '9-17'")}
    other = {"log": "warning", "message": "cn-beijing could not be read: no answer"}

    night = night_of(unread, warning, other)

    assert [(one.what, one.names) for one in night.unread] == [
        ("tag " + SPEC.format(""), ["web-1"]),
        ("cn-beijing could not be read: no answer", []),
    ]


def test_one_tag_is_told_once_however_it_goes_on() -> None:
    tag = "tag " + SPEC.format("")
    billed = f"{tag}; stopped in KeepCharging: still billed"
    protected = "tag curfew:protect"
    off = "; stopped in StopCharging"

    night = night_of(
        look(EVENING, reason=tag, result="skipped"),
        look(EVENING, reason=billed, result="skipped", id="i-2", name="b"),
        look(EVENING, reason=billed, id="i-3", name="c"),
        look(EVENING, reason=protected, result="skipped", id="i-4", name="d"),
        look(EVENING, reason=protected + off, result="skipped", id="i-5", name="e"),
    )

    assert [(one.what, one.names) for one in night.unread] == [(tag, ["b", "c", "web-1"])]
    assert [(one.what, one.names) for one in night.guarded] == [(protected, ["d", "e"])]


def test_each_of_two_tags_that_cannot_be_read_is_told() -> None:
    kept, schedule = "tag curfew:keep-until, unreadable", "tag " + SPEC.format("")
    reason = f"guarded against stop: tag curfew:protect; {kept}; {schedule}"

    assert {one.what for one in night_of(look(EVENING, reason=reason)).unread} == {kept, schedule}


def test_a_text_of_many_tags_is_read_once() -> None:
    """No run writes such a line; who reads it for each of its words does not come to an end."""
    text = f"unreadable {'tag ' * 200_000}"

    [told] = night_of(line(result="skipped", reason=text), run()).unread

    assert told.what == text


def test_what_two_exports_both_hold_counts_once() -> None:
    lines = [
        line(result="skipped", reason="tag curfew:protect"),
        line(id="i-2", result="failed", reason="no"),
        line(id="i-3", seen_at=""),
        {"log": "error", "action": "stop", "request_id": "1-66aa", "error": "E", "message": "m"},
        run(seconds=2.5),
    ]

    once, twice = night_of(*lines), night_of(*lines, *lines)

    assert twice.runs == once.runs == {"complete": 1, "error": 1}
    assert (twice.guarded, twice.failed) == (once.guarded, once.failed)
    assert twice.untimed == once.untimed == 1


def test_runs_of_one_request_that_differ_count_each() -> None:
    again = {"log": "error", "action": "stop", "request_id": "1-66aa", "error": "E"}

    night = night_of(run(seconds=2.5), run(seconds=3.5), again, {**again, "retry_count": "1"})

    assert night.runs == {"complete": 2, "error": 2}


def test_lines_without_a_time_are_counted_and_in_no_picture() -> None:
    night = night_of(line(seen_at=""), line(seen_at="yesterday", id="i-2"))

    assert (night.untimed, night.days, night.machines) == (2, [], 2)
