"""Until when a guard holds: times as people write them, read on the safe side."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.times import CHINA
from shared.domain.guards import Guard, Harm, guard_of
from shared.settings.settings import Settings
from tests.unit.domain.tagged import NOW, tagged

TOKYO = timezone(timedelta(hours=9))


def test_a_guard_counts_days_in_the_operators_zone() -> None:
    one = tagged({"curfew:keep-until": "2026-11-24", "curfew:keep-off-until": "2026-11-24"})
    evening = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc)

    for harm in (Harm.COST, Harm.OUTAGE, Harm.LOSS):
        assert guard_of(harm, Settings()).reason(one, evening)
        assert not guard_of(harm, Settings(zone=TOKYO)).reason(one, evening)


@pytest.mark.parametrize(
    ("value", "zone", "last_kept", "local"),
    [
        pytest.param(
            "2026-11-24",
            CHINA,
            datetime(2026, 11, 24, 15, 59, 59, tzinfo=timezone.utc),
            "",
            id="a-plain-date-is-kept-to-the-end-of-that-day-in-china",
        ),
        pytest.param(
            "2026-11-24",
            TOKYO,
            datetime(2026, 11, 24, 14, 59, 59, tzinfo=timezone.utc),
            "",
            id="or-in-the-zone-that-is-set",
        ),
        pytest.param(
            " 2026-11-24 ",
            timezone.utc,
            datetime(2026, 11, 24, 23, 59, 59, tzinfo=timezone.utc),
            "",
            id="spaces-around-do-not-matter",
        ),
        pytest.param(
            "2026-12-31",
            timezone.utc,
            datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
            "",
            id="the-last-day-of-a-year",
        ),
        pytest.param(
            "2026-11-24T20:00:00+08:00",
            TOKYO,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            " (= 2026-11-24T21:00:00+09:00)",
            id="an-instant-has-its-own-zone",
        ),
        pytest.param(
            "2026-11-24T20:00+08:00",
            CHINA,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            "",
            id="also-in-the-operators-zone",
        ),
        pytest.param(
            "2026-11-24T12:00Z",
            CHINA,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            " (= 2026-11-24T20:00:00+08:00)",
            id="seconds-may-be-left-out",
        ),
        pytest.param(
            "2026-11-24t20:00:00+08:00",
            CHINA,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            "",
            id="in-the-zone-that-is-set-it-is-not-repeated",
        ),
        pytest.param(
            "2026-11-24T12:00:00z",
            timezone.utc,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            "",
            id="nor-in-utc",
        ),
    ],
)
def test_an_instance_is_kept_until_then_and_no_longer(
    value: str, zone: tzinfo, last_kept: datetime, local: str
) -> None:
    guard, instance = Guard(Harm.OUTAGE, zone), tagged({"curfew:keep-until": value})

    assert guard.reason(instance, last_kept) == f"tag curfew:keep-until {value.strip()}{local}"
    assert guard.reason(instance, last_kept + timedelta(seconds=1)) == ""


@pytest.mark.parametrize(
    "value",
    [
        "2020-02-30",
        "2020-1-1",
        "2020-01- 1",
        "2020/01/01",
        "20200101",
        "2020-W01-1",
        "01-01-2020",
        "2020-01-01T00:00:00",
        "2020-01-01 00:00",
        "\N{FULLWIDTH DIGIT TWO}020-01-01",
        "9999-12-31",
        "0001-01-01T00:00:00+23:00",
        "never",
        "true",
    ],
)
def test_a_time_that_cannot_be_read_keeps_for_ever(value: str) -> None:
    instance = tagged({"curfew:keep-until": value})

    assert Guard(Harm.OUTAGE).reason(instance, NOW) == "tag curfew:keep-until, unreadable"


@given(st.text("0123456789-: TZ+W", min_size=0, max_size=25) | st.text())
def test_only_a_time_that_is_over_lets_go(value: str) -> None:
    reason = Guard(Harm.OUTAGE).reason(tagged({"curfew:keep-until": value}), NOW)

    assert reason or re.match(r"\d{4}-\d\d-\d\d", value.strip(), re.ASCII)
