"""The settings of schedules: names, catch-up, and the operator's own days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.base.errors import Refused
from shared.domain.calendar import Calendar, calendar_of
from shared.domain.schedule_names import schedules_of
from shared.domain.schedule_spec import parse_spec
from shared.settings.settings import Settings, read_settings

RIGHT = 'it must be a JSON object of name to schedule, like {"office": "workdays 08:30-20:00"}'


@pytest.mark.parametrize("text", ["", " "])
def test_empty_variables_are_as_if_they_were_not_set(text: str) -> None:
    names = ("SCHEDULES", "CATCH_UP", "HOLIDAYS", "WORKDAYS")

    settings = read_settings({f"CURFEW_{name}": text for name in names})

    assert settings == Settings(schedules={}, catch_up=timedelta(hours=2), holidays="", workdays="")
    assert calendar_of(settings) == Calendar()
    assert schedules_of(settings) == {}


def test_each_variable_sets_its_own_setting() -> None:
    settings = read_settings(
        {
            "CURFEW_SCHEDULES": '{"Office": "workdays 08:30-20:00"}',
            "CURFEW_CATCH_UP": "90m",
            "CURFEW_HOLIDAYS": "2026-12-24..2026-12-25",
            "CURFEW_WORKDAYS": "2026-12-26, 2026-12-27",
        }
    )

    assert settings.catch_up == timedelta(minutes=90)
    assert schedules_of(settings) == {"office": parse_spec("workdays 08:30-20:00")}
    assert calendar_of(settings) == Calendar(
        holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
        workdays=frozenset({date(2026, 12, 26), date(2026, 12, 27)}),
    )


@pytest.mark.parametrize("text", ["30m", "24h", "1d", "120m"])
def test_catch_up_is_from_half_an_hour_to_a_day(text: str) -> None:
    assert timedelta(minutes=30) <= read_settings({"CURFEW_CATCH_UP": text}).catch_up
    assert read_settings({"CURFEW_CATCH_UP": text}).catch_up <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("CURFEW_CATCH_UP", "29m", "CURFEW_CATCH_UP is 29m; it must be from 30m to 24h, or unset"),
        ("CURFEW_CATCH_UP", "25h", "CURFEW_CATCH_UP is 25h; it must be from 30m to 24h, or unset"),
        (
            "CURFEW_CATCH_UP",
            "2",
            "CURFEW_CATCH_UP: '2' is not a duration; write it like 90m, 2h or 3d",
        ),
        ("CURFEW_SCHEDULES", "[]", f"CURFEW_SCHEDULES is []; {RIGHT}"),
        ("CURFEW_SCHEDULES", '"office"', f"CURFEW_SCHEDULES is 'office'; {RIGHT}"),
        (
            "CURFEW_SCHEDULES",
            "office",
            (
                "CURFEW_SCHEDULES is not a JSON object: not JSON: Expecting value at line 1, "
                f"column 1: 'office'; {RIGHT}"
            ),
        ),
    ],
)
def test_what_means_nothing_refuses_the_run(variable: str, text: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({variable: text})

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            Settings(holidays="christmas"),
            "CURFEW_HOLIDAYS: word 1, 'christmas', is not a date; write dates like 2026-12-24",
        ),
        (
            Settings(workdays="2026-12-24 sat"),
            "CURFEW_WORKDAYS: word 2, 'sat', is not a date; write dates like 2026-12-24",
        ),
        (
            Settings(holidays="2026-12-24", workdays="2026-12-24"),
            (
                "CURFEW_HOLIDAYS and CURFEW_WORKDAYS: 2026-12-24 is both a holiday and a working "
                "day; list it only once"
            ),
        ),
    ],
)
def test_days_that_cannot_be_read_refuse_whoever_asks_for_them(
    settings: Settings, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        calendar_of(settings)

    assert str(caught.value).startswith(message)


def test_a_named_schedule_that_cannot_be_read_refuses_whoever_asks_for_it() -> None:
    settings = read_settings({"CURFEW_SCHEDULES": '{"office": "workdays 8-20"}'})

    with pytest.raises(Refused, match=r"CURFEW_SCHEDULES: 'office': word 2, '8-20', .*8:00-20:00"):
        schedules_of(settings)
