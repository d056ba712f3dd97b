"""More of everything than a report shows: it is counted, and nothing swells."""

from __future__ import annotations

from typing import Any

import pytest

from local.report import night as nights
from local.report.groups import MOST_KEYS, Group, at_most
from local.report.picture import Saving
from local.report.remarks import named, remarks
from local.report.words import Words
from tests.local.report.lines import line, run, started
from tests.local.report.test_night import night_of
from tests.local.report.test_page import page_of

EN, ZH = Words("en"), Words("zh")


def tagged(number: int, **tags: str) -> dict[str, Any]:
    return line(id=f"i-{number}", name=f"n-{number}", tags=tags)


def test_the_tags_that_most_have_make_groups() -> None:
    odd = [tagged(number, **{f"key-{number}": "x"}, owner="li.na") for number in range(500)]

    night = night_of(*odd)

    assert len(night.groups) == MOST_KEYS
    assert [(one.value, one.machines) for one in night.groups["owner"]] == [("li.na", 500)]
    assert night.more_keys == 501 - MOST_KEYS
    assert list(remarks(night, EN)) == ["495 more tags are not grouped here."]
    assert list(remarks(night, ZH)) == ["另有 495 个标签没有分组。"]


def test_values_that_are_too_many_are_one_group_with_all_they_come_to() -> None:
    def saved(minutes: int) -> Saving:
        return Saving(minutes, minutes, minutes, {"CNY": 1.5, "USD": 1.0})

    groups = [Group(f"o-{number}", 2, saved(100 - number)) for number in range(5)]

    shown = at_most(groups, 3)

    others = Group("", 4, Saving(97 + 96, 97 + 96, 97 + 96, {"CNY": 3.0, "USD": 2.0}), values=2)
    assert shown == [*groups[:3], others]
    assert (named(others, EN), named(others, ZH)) == ("others (2)", ZH("others", 2))
    assert at_most(groups, 5) is groups
    assert [one.machines for one in groups] == [2] * 5


def test_a_page_of_thousands_of_owners_is_no_larger_than_one_of_some() -> None:
    def page(number: int) -> str:
        lines = [tagged(one, owner=f"o-{one}", **{f"k{one}": "v"}) for one in range(number)]
        return page_of(*lines, *[started(id=one["id"], tags=one["tags"]) for one in lines])

    some, many = page(100), page(3_000)

    assert len(many) < len(some) + 2_000
    assert "others (2,970)" in many


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_not_kept_is_counted(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nights, "MOST_MACHINES", 50)
    monkeypatch.setattr(nights, "MOST_REASONS", 20)
    lines = [
        line(id=f"i-{number}", result="failed", reason=f"no {number}: still billed")
        for number in range(60)
    ]

    night = night_of(*lines, *lines, run())

    assert night.machines == 50
    assert (len(night.failed), len(night.billed)) == (20, 20)
    assert night.omitted == 2 * 10 + 30 + 30
    assert any("80" in one for one in remarks(night, Words(language)))


def test_a_sum_of_many_currencies_is_short() -> None:
    sums = {"CNY": 1.0, "USD": 2.0}

    assert EN.money(sums) == "CNY 1.00 + USD 2.00"
    assert EN.money({**sums, "EUR": 3.0, "JPY": 4.0}) == "CNY 1.00 + EUR 3.00 + JPY 4.00 + …"


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [(0, "0"), (2, "<0.1"), (3, "0.1"), (595, "9.9"), (598, "10"), (600, "10"), (6e4, "1,000")],
)
def test_a_few_minutes_are_not_shown_as_none(minutes: int, hours: str) -> None:
    assert EN.hours(minutes) == hours


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "CNY 0.00"),
        (0.004, "CNY <0.01"),
        (0.006, "CNY 0.01"),
        (99.9, "CNY 99.90"),
        (1e3, "CNY 1,000"),
    ],
)
def test_a_small_sum_is_not_shown_as_none(amount: float, text: str) -> None:
    assert EN.money({"CNY": amount}) == text


def test_a_sum_of_which_a_part_is_not_known_says_so() -> None:
    assert EN.money({"CNY": 1.0}, 1) == "CNY 1.00 + ?"
    assert EN.money({}, 1) == "?"
    assert EN.money({}) == ""


def test_a_day_of_long_ago_makes_no_empty_days() -> None:
    old = line(seen_at="2001-01-01T00:00:00Z", id="i-2")

    night = night_of(old, line(), started(), run())

    assert [str(day.date) for day in night.days] == ["2020-11-23", "2020-11-24"]


def test_days_between_runs_are_shown() -> None:
    night = night_of(line(), line(seen_at="2020-11-26T12:00:00Z"), days=3)

    assert [str(day.date) for day in night.days] == ["2020-11-26"]
    assert len(night_of(line(), line(seen_at="2020-11-26T12:00:00Z")).days) == 4


def test_a_start_of_later_than_it_was_seen_counts_backwards_nothing() -> None:
    later = "2020-12-24T08:00:00+08:00"

    for seen in (started(started_at=later), line(started_at=later, seen_at=later)):
        night = night_of(line(), seen)
        assert night.total.minutes >= 0
        assert all(number >= 0 for day in night.days for row in day.states for number in row)
