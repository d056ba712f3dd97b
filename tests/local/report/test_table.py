"""The table on a terminal."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

from local.report.entry import Entry
from local.report.night import Gathering
from local.report.table import show
from local.report.words import LANGUAGES, Words
from shared.base.times import CHINA
from tests.local.report.lines import line, run, started

LATER = {"action": "describe", "result": "unchanged", "seen_at": "2020-11-24T12:00:00+08:00"}


def shown(*lines: dict[str, Any], language: str = "en", width: int = 100) -> list[str]:
    gathering = Gathering()
    for one in lines:
        gathering.add(msgspec.convert(one, Entry))
    console = Console(file=io.StringIO(), width=width, markup=False)
    show(console, gathering.night(CHINA, 30), Words(language))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_day_is_a_character_an_hour_as_high_as_the_share_that_is_on() -> None:
    told = shown(line(), line(id="i-2"), started(), started(**LATER), line(id="i-2", **LATER))

    [first] = [one for one in told if one.startswith(" Mon 23 Nov")]
    [second] = [one for one in told if one.startswith(" Tue 24 Nov")]
    assert first[13:37] == "·" * 20 + " " * 4
    assert second[13:37] == " " * 8 + "▂" + "▄" * 3 + "·" * 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hours_above_the_strips_stand_where_they_are(language: str) -> None:
    [hours] = [one for one in shown(line(), language=language) if "12" in one and "24" in one]

    begin, noon, end = (cell_len(hours[: hours.index(one)]) for one in ("0 ", "12", "24"))
    assert (noon - begin, end - begin) == (12, 23)


def test_the_signs_of_the_strips_are_explained_where_there_are_strips() -> None:
    legend = "█ on, blank off, · not seen"

    assert [one.strip() for one in shown(line())].count(legend) == 1
    assert Words("zh")("legend") in [one.strip() for one in shown(line(), language="zh")]
    assert legend not in " ".join(shown(line(), width=60))
    assert legend not in " ".join(shown(line(seen_at="")))


def test_long_lists_are_cut_and_counted() -> None:
    many = [
        line(id=f"i-{number}", name=f"n{number:02}", result="failed", reason=f"no {number % 10}")
        for number in range(50)
    ]
    owners = [line(id=f"i-9{number}", tags={"owner": f"o{number:02}"}) for number in range(20)]

    told = shown(*many, *owners, run())

    assert "  stop: no 0  n00, n10, n20 and 2 more" in told
    assert "  and 2 more reasons" in told
    assert "  and 1 more reason" in shown(*many[:9])
    assert [one.split() for one in told if "others" in one] == [["others", "(9)", "9", "0"]]


@pytest.mark.parametrize("mode", ["StopCharging", "KeepCharging"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "For 12 hours avoided the sum is unknown"), ("zh", "中有 12 小时金额不明")],
)
def test_hours_without_a_price_are_told(mode: str, language: str, sentence: str) -> None:
    told = " ".join(shown(line(stopped_mode=mode), started(), language=language))

    assert (sentence in told) is (mode == "StopCharging")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_is_marked_wherever_it_counts(language: str) -> None:
    price = {"hour": 1, "ends": 0.5, "currency": "CNY"}
    lines = [
        line(id="i-1", list_price=price, tags={"owner": "amy"}),
        line(id="i-2", tags={"owner": "amy"}),
        line(id="i-3", tags={"owner": "bob"}),
        line(id="i-4", list_price=price, tags={"owner": "cat"}),
        line(id="i-5", stopped_mode="KeepCharging", tags={"owner": "dan"}),
    ]
    looks = [{**one, **LATER, "seen_at": "2020-11-23T22:00:30+08:00"} for one in lines]

    told = shown(*lines, *looks, language=language)

    rows = [re.fullmatch(r" (amy|bob|cat|dan) +\d +(?:[24].0|0) +(.*?) *", one) for one in told]
    assert {one[1]: one[2] for one in rows if one} == {
        "amy": "CNY 1.00 + ?", "bob": "?", "cat": "CNY 1.00", "dan": "",
    }  # fmt: skip
    assert "CNY 2.00 + ?" in told[0]
    assert any(mark in " ".join(told) for mark in ("stands for them", "表示"))


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_is_lost_on_a_narrow_terminal(language: str, width: int) -> None:
    price = {"hour": 9000, "ends": 8000, "currency": "CNY"}
    dollars = {"hour": 9000, "ends": 8000, "currency": "USD"}
    abroad = {"id": "i-2", "region": "us-west-1", "list_price": dollars}
    reason = {"id": "i-3", "result": "failed", "reason": "a long story " * 9}

    told = shown(
        line(list_price=price), started(), line(**abroad), started(**abroad), line(**reason),
        language=language, width=width,
    )  # fmt: skip

    assert not [one for one in told if "…" in one or cell_len(one) > width]
    for number in ("CNY 32,000", "USD 68,000", "li.na", "CNY 100,000", " 25 "):
        first, _, second = number.strip().partition(" ")
        assert any(first in one for one in told), number
        assert any(second in one for one in told), number
    assert [one for one in told if "long story" in one and not one.startswith("  ")] == []


def test_runs_that_failed_are_in_the_headline() -> None:
    runs = [run(outcome=one, request_id=one) for one in ("complete", "incomplete", "error")]

    assert shown(*runs)[0].endswith("3 runs · 1 incomplete · 1 came to nothing")
    assert shown(*runs, language="zh")[0].endswith("3 次运行 · 1 次未完成 · 1 次未执行")
    assert shown(run())[0].endswith("1 run")


def test_chinese_days_have_their_weekday() -> None:
    assert any(one.startswith(" 11月23日 周一") for one in shown(line(), language="zh"))


@pytest.mark.parametrize(
    ("first", "last", "english", "chinese"),
    [
        ((2020, 11, 2), (2020, 11, 2), "2 November 2020", "2020年11月2日"),
        ((2020, 11, 2), (2020, 11, 9), "2 to 9 November 2020", "2020年11月2日至11月9日"),
        ((2020, 10, 2), (2020, 11, 9), "2 October to 9 November 2020", "2020年10月2日至11月9日"),
        (
            (2020, 12, 30),
            (2027, 1, 2),
            "30 December 2020 to 2 January 2027",
            "2020年12月30日至2027年1月2日",
        ),
    ],
    ids=["day", "month", "year", "years"],
)
def test_a_period_says_no_more_than_is_needed(
    first: tuple[int, int, int], last: tuple[int, int, int], english: str, chinese: str
) -> None:
    told = [Words(one).period(date(*first), date(*last)) for one in ("en", "zh")]

    assert told == [english, chinese]


@pytest.mark.parametrize(
    ("language", "reason", "told"),
    [
        ("en", "tag curfew:protect", "tag curfew:protect"),
        ("zh", "tag curfew:protect", "标签 curfew:protect"),
        ("zh", "what ECS says", "“what ECS says”"),
    ],
)
def test_reasons_are_in_the_language_or_in_quotation_marks(
    language: str, reason: str, told: str
) -> None:
    skipped = line(name="n", result="skipped", reason=reason)

    assert f"  {told}  n" in shown(skipped, language=language)
