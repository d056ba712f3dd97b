# ruff: noqa: RUF001  # characters as people type them
"""Schedules as people type them: each is read as it is meant, or refused with what to write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.days import InvalidSpec, parse_days
from shared.domain.schedule_names import resolve_spec
from shared.domain.schedule_spec import parse_spec
from tests.unit.domain.test_hints_can_be_read import wrong_in

BOTH_ENDS = (
    "write both ends everywhere, like 9:00-18:00, or only closes, like -20:00, or only openings, "
    "like 8:30-"
)


def told(typed: str) -> str:
    """What the error tells to write."""
    with pytest.raises(InvalidSpec) as raised:
        resolve_spec(typed)
    _, _, hint = str(raised.value).partition("; ")
    assert wrong_in(hint.rpartition("write ")[2]) == []
    return hint


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ｗｏｒｋｄａｙｓ ８：３０－２０：００", "workdays 8:30-20:00"),
        ("Mon-Fri 9:00-18:00", "mon-fri 9:00-18:00"),
        ("mon-fri 09:00-24:00", "mon-fri 9:00-24:00"),
        ("mon-fri 09:00-00:00", "mon-fri 9:00-24:00"),
        ("daily 22:00-6:00", "daily 22:00-6:00"),
        ("  workdays\t9:00-18:00 , ", "workdays 9:00-18:00"),
        ("workdays 9:00-18:00，2026-12-24 off", "workdays 9:00-18:00, 2026-12-24 off"),
        ("mon 9:00-18:00, tue 9:00-18:00,", "mon 9:00-18:00, tue 9:00-18:00"),
    ],
)
def test_it_is_read_as_it_is_meant(typed: str, meant: str) -> None:
    assert resolve_spec(typed) == parse_spec(meant)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("Monday to Friday 9:00-18:00", "write mon-fri"),
        ("mon through fri 9:00-18:00", "write mon-fri"),
        ("星期一 至 星期五 9:00-18:00", "write mon-fri"),
        ("Mon/Tue/Wed 9:00-18:00", "write mon tue wed"),
        ("Mon&Tue 9:00-18:00", "write mon tue"),
        ("friday#last 9:00-18:00", "write fri#last"),
        ("last friday 9:00-18:00", "write fri#last for the last Friday"),
        ("first monday 9:00-18:00", "write mon#1 for the first Monday"),
        ("every day 9:00-18:00", "write daily for every day"),
        ("business days 9:00-18:00", "write workdays"),
        ("1-5 9:00-18:00", "write mon-fri"),
        ("9:00-18:00 mon-fri", "write mon-fri 9:00-18:00"),
        ("9:00-18:00 工作日", "write workdays 9:00-18:00"),
        ("24/7", "write always, which stops nothing, or daily 0:00-24:00"),
        ("7x24", "write always, which stops nothing, or daily 0:00-24:00"),
        ("always on", "write always"),
        ("always off", "write never"),
        ("never off", "write a comma after it: never, …"),
        ("不关机", "write always"),
        ("mon-fri 9.00-18.00", "write 9:00-18:00"),
        ("mon-fri 9h-18h", "write 9:00-18:00"),
        ("mon-fri 9h30-18h", "write 9:30-18:00"),
        ("workdays:9:00-18:00", "write workdays 9:00-18:00"),
        ("workdays9:00-18:00", "write workdays 9:00-18:00"),
        ("mon-fri9:00-18:00", "write mon-fri 9:00-18:00"),
        ("workdays: 9:00-18:00", "write workdays"),
        ("workdays 9:00-18:00.", "write 9:00-18:00"),
        ('"workdays 9:00-18:00"', "write the schedule without"),
        ("“workdays 9:00-18:00”", "write the schedule without"),
        ("cron(0 20 * * ? *)", "write a schedule like workdays 08:30-20:00"),
        ("0 0 20 * * *", "write a schedule like workdays 08:30-20:00"),
        (
            "mon 20:00-fri 8:00",
            (
                "a span of several days is one entry for each: write mon 20:00-24:00, tue-thu "
                "0:00-24:00, fri 0:00-8:00"
            ),
        ),
        ("workdays 22:00-次日6:00", "write 22:00-6:00"),
        ("每天20:00关机", "write daily -20:00"),
        ("每天8点开机20点关机", "write daily 8:00-20:00"),
        ("workdays 20:00关机", "write -20:00"),
        ("周六周日 10:00-14:00", "write sat sun"),
        ("周六日 10:00-14:00", "write sat sun"),
        ("周一、三、五 9:00-18:00", "write mon wed fri"),
        ("周1-周5 9:00-18:00", "write mon-fri"),
        ("周一三五9:00-18:00", "write mon wed fri 9:00-18:00"),
        ("workdays 9:00-18:00, 2026-12-24 - 2027-01-03 off", "write 2026-12-24..2027-01-03"),
        ("workdays 9:00-18:00, 2026-12-24 to 2027-01-03 off", "write 2026-12-24..2027-01-03"),
        ("workdays 9:00-18:00, Dec 24 off", "write dates like 2026-12-24"),
        (
            "workdays 9:00-18:00, 春节 off",
            "write offdays for China's holidays, or dates like 2026-12-24",
        ),
        (
            "workdays 9:00-18:00 except 2026-12-24",
            "write a comma and then days off: 2026-12-24 off",
        ),
        ("mon-fri 9:00-18:00 America/New York", "write America/New_York"),
        ("workdays off 20:00", "write workdays -20:00 to close then"),
        ("workdays off 9:00-18:00", "write hours or off, not both"),
        ("每月第一个周一 9:00-18:00", "write mon#1"),
        ("最后一个星期五9:00-18:00", "write fri#last 9:00-18:00"),
        ("周一周三 9:00-18:00", "write mon wed"),
        ("第二个周天 9:00-18:00", "write sun#2"),
        ("friL 9:00-18:00", "write fri#last"),
        ("1st monday 9:00-18:00", "write mon#1 for the first Monday"),
        ("每天早上8点到晚上8点", "write daily 8:00-20:00"),
        ("工作日上午8:30到下午6:30", "write workdays 8:30-18:30"),
        ("工作日中午12点到晚上12点", "write workdays 12:00-24:00"),
        ("每天晚上10点关机", "write daily -22:00"),
        ("工作日下午13点到18点", "write workdays 13:00-18:00"),
        ("7x24小时", "write always, which stops nothing, or daily 0:00-24:00"),
        ("永不关机", "write always"),
        ("nightly 20:00-6:00", "write daily, with hours like 20:00-6:00"),
        ("mon-fri from 8:00 to 20:00", "write days and then hours, mon-fri 8:30-20:00"),
        ("on 8:00 off 20:00", "write days and then hours, mon-fri 8:30-20:00"),
        ("mon-fri 8:00-18:00 (Berlin)", "write Europe/Berlin"),
        *(
            (f"mon-fri 8:00-18:00 {zone}", f"write a zone like {right}, or UTC")
            for zone, right in (
                ("CEST", "Europe/Berlin"),
                ("MEZ", "Europe/Berlin"),
                ("+01:00", "Asia/Tokyo"),
                ("+0800", "Asia/Shanghai"),
            )
        ),
        *(
            (typed, "write one like workdays 08:30-20:00")
            for typed in ("off=(M-F,19);on=(M-F,7);tz=pt", "off=[(M-F,21),(U,18)]")
        ),
        (
            "ignore",
            (
                "write always to leave the instance alone, a spec like workdays 08:30-20:00, or "
                "put it in CURFEW_SCHEDULES"
            ),
        ),
        # A period for the begin, and one for the end.
        ("daily 6:00-, daily -0:30", "write daily 06:00-00:30"),
        ("mon wed -24:00, mon wed 9:00-", "write mon wed 09:00-24:00"),
        ("mon-fri -20:00, mon-fri 8:30-, sat -14:00", "write mon-fri 08:30-20:00"),
        (
            "sun 22:00-, fri -19:00",
            "write sun 22:00-24:00, mon-thu 00:00-24:00, fri 00:00-19:00",
        ),
        ("fri -6:00, wed 8:00-", "write wed 08:00-24:00, thu 00:00-24:00, fri 00:00-06:00"),
        ("fri 20:00-, sat -6:00", "write fri 20:00-24:00, sat 00:00-06:00"),
        (
            "fri 20:00-, mon -8:00",
            "write fri 20:00-24:00, sat-sun 00:00-24:00, mon 00:00-08:00",
        ),
        ("sun 20:00-, mon -8:00", "write sun 20:00-24:00, mon 00:00-08:00"),
        ("workdays 9:00- 18:00", "write workdays 9:00-18:00"),
        ("workdays -", "write hours like 8:30-20:00, with minutes, a hyphen and no spaces"),
        ("daily 9:00-24:30", "write 0:00 to 24:00"),
        ("workdays 9:00 -18:00", "write workdays 9:00-18:00"),
        ("workdays 9:00 - 18:00 daily", "write workdays 9:00-18:00"),
        ("mon-fri 8:30-, mon-fri -8:30", BOTH_ENDS),
        ("mon -20:00, tue -21:00, wed 9:00-18:00", BOTH_ENDS),
        ("mon-fri 22:00-, mon-fri -6:00", BOTH_ENDS),
        ("mon tue 22:00-, fri -6:00", BOTH_ENDS),
        ("mon-wed 22:00-, fri -6:00", BOTH_ENDS),
        ("mon 23:45-, fri -6:00", BOTH_ENDS),
        ("mon 8:00-, tue 8:00-, fri -20:00", BOTH_ENDS),
        ("daily 9:00-, daily -9:15", BOTH_ENDS),
        ("mon 8:00-, mon 13:00-, mon -20:00", BOTH_ENDS),
        ("mon 9:00-18:00, mon 20:00-, mon -22:00", "write mon 20:00-22:00"),
    ],
)
def test_it_is_refused_with_what_to_write(typed: str, hint: str) -> None:
    assert told(typed) == hint


def test_the_word_that_has_no_effect_is_named() -> None:
    with pytest.raises(InvalidSpec, match=r"^word 4, 'off', has no effect after never"):
        resolve_spec("never, 2026-12-24 2026-12-25 off")


@pytest.mark.parametrize("typed", ["mon never", "mon 9:00-18:00, tue always"])
def test_never_and_always_stand_first_or_nowhere(typed: str) -> None:
    with pytest.raises(InvalidSpec, match="may only stand first; write it first, then a comma"):
        resolve_spec(typed)


def test_an_entry_that_is_missing_is_told_where() -> None:
    with pytest.raises(
        InvalidSpec, match="an entry is missing before or between commas, after word 2"
    ):
        resolve_spec("mon 9:00-18:00,, tue 9:00-18:00")


def test_the_hours_that_do_not_fit_are_named_whatever_days_stand_before() -> None:
    with pytest.raises(InvalidSpec, match=r"^word 6, '-20:00', is a lone close next to a span"):
        resolve_spec("mon tue 9:00-18:00, wed thu -20:00")


def test_a_zone_in_chinese_is_told_by_its_name() -> None:
    with pytest.raises(InvalidSpec, match="write a zone like Asia/Shanghai, or UTC"):
        resolve_spec("mon-fri 9:00-18:00 北京时间")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("mon to fri", "word 2, 'to', stands between two days; write mon-fri"),
        ("sat, Monday through Friday", "word 3, 'through', stands between two days; write mon-fri"),
        (
            "2026-12-24 to 2026-12-27",
            "word 2, 'to', stands between two days; write 2026-12-24..2026-12-27",
        ),
        ("24/7", "word 1, '24/7', is not a day word; write daily"),
        (["sat", "mon fri"], "word 2, 'mon fri', is several words; write each by itself"),
    ],
    ids=str,
)
def test_days_of_a_request_are_refused_with_what_to_write(
    typed: str | list[str], error: str
) -> None:
    with pytest.raises(InvalidSpec) as raised:
        parse_days(typed)

    assert str(raised.value) == error


_PIECES = (
    *("mon", "mon-fri", "monday", "workdays", "2026-12-24", "12-24", "2026-12-24..2027-01-03"),
    *("9:00-18:00", "9-18", "-20:00", "8:30-", "9:00", "24:00", "9.00", "9h", "PM", "off", "never"),
    *(
        "always",
        "to",
        "-",
        "至",
        "周一",
        "周1",
        "三",
        "点",
        "关机",
        "开机",
        "每天",
        "、",
        "，",
        ",",
    ),
    *(
        "Asia/Tokyo",
        "New",
        "York",
        "utc",
        ".",
        ":",
        "#",
        "/",
        "*",
        "?",
        '"',
        " ",
        " ",
        " ",
        "\u202e",
    ),
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=9))
def test_whatever_is_typed_is_read_or_refused_in_words_that_can_be_seen(pieces: list[str]) -> None:
    told = ""
    try:
        found = resolve_spec("".join(pieces))
    except InvalidSpec as error:
        told = str(error)
    else:
        assert resolve_spec(str(found)) == found
    assert told.isprintable()
