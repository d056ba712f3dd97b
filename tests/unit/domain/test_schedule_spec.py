# ruff: noqa: RUF001  # characters as people type them
"""Specs as people type them, each with its meaning or its error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from shared.domain.days import InvalidSpec
from shared.domain.schedule import Schedule
from shared.domain.schedule_spec import NAMED_CHARACTERS, TAG_CHARACTERS, parse_spec
from tests.unit.domain.schedules import schedules


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("workdays 08:30-20:00", "workdays 08:30-20:00"),
        ("Workdays 8:30-20:00", "workdays 08:30-20:00"),
        (
            "\uff37\uff2f\uff32\uff2b\uff24\uff21\uff39\uff33\u3000\uff10\uff18\uff1a\uff13\uff10\uff0d\uff12\uff10\uff1a\uff10\uff10",
            "workdays 08:30-20:00",
        ),
        ("workdays 8:30-20:00，sat 10:00-14:00", "workdays 08:30-20:00, sat 10:00-14:00"),
        (
            "mon-fri 09:00-18:00, sat 10:00-14:00 Asia/Tokyo",
            "mon-fri 09:00-18:00, sat 10:00-14:00 Asia/Tokyo",
        ),
        (
            "mon-fri 09:00-18:00, sat 10:00-14:00, asia/tokyo",
            "mon-fri 09:00-18:00, sat 10:00-14:00 Asia/Tokyo",
        ),
        ("mon wed fri 9:00-18:00", "mon wed fri 09:00-18:00"),
        (
            "mon-fri 9:00-12:00, mon-fri 13:00-18:00",
            "mon-fri 09:00-12:00, mon-fri 13:00-18:00",
        ),
        ("fri-mon 20:00-6:00", "fri-mon 20:00-06:00"),
        ("daily 0:00-24:00", "daily 00:00-24:00"),
        ("daily 20:00-0:00", "daily 20:00-24:00"),
        ("workdays -20:00", "workdays -20:00"),
        ("workdays -24:00", "workdays -24:00"),
        ("workdays 08:30-", "workdays 08:30-"),
        ("workdays -20:00, 2026-12-24 off", "workdays -20:00, 2026-12-24 off"),
        ("mon#1 fri#last 9:00-18:00 utc", "mon#1 fri#last 09:00-18:00 UTC"),
        (
            "workdays 09:00-19:00, 2026-12-24..2027-01-03 off",
            "workdays 09:00-19:00, 2026-12-24..2027-01-03 off",
        ),
        (
            "offdays 10:00-16:00, workdays 8:00-22:00, 2026-12-31 8:00-12:00 America/New_York",
            "offdays 10:00-16:00, workdays 08:00-22:00, 2026-12-31 08:00-12:00 America/New_York",
        ),
        ("never", "never"),
        ("NEVER", "never"),
        ("never Europe/Paris", "never Europe/Paris"),
        ("never, 2026-12-24 09:00-18:00", "never, 2026-12-24 09:00-18:00"),
        ("always", "always"),
        ("always, 2027-02-06..2027-02-12 off", "always, 2027-02-06..2027-02-12 off"),
        ("workdays 8:30-20:00,", "workdays 08:30-20:00"),
    ],
)
def test_a_spec_is_read_and_printed(typed: str, printed: str) -> None:
    assert str(parse_spec(typed)) == printed


def test_a_spec_may_be_as_long_as_a_tag() -> None:
    fits = "workdays 08:30-20:00".ljust(TAG_CHARACTERS)

    assert parse_spec(fits) == parse_spec(fits.strip())
    with pytest.raises(
        InvalidSpec, match="it has 129 characters, but at most 128 are allowed; put a long schedule"
    ):
        parse_spec(f"{fits} ")


@settings(max_examples=400, derandomize=True, deadline=None)
@given(schedules())
def test_printed_a_schedule_is_a_spec_that_means_the_same(schedule: Schedule) -> None:
    assert parse_spec(str(schedule), NAMED_CHARACTERS) == schedule
