"""Reading and writing times and durations."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.times import parse_duration, parse_instant, to_minute_text

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        pytest.param("2026-11-24T12:00:00Z", NOON, id="utc"),
        pytest.param("2026-11-24t12:00:00z", NOON, id="lower-case"),
        pytest.param("2026-11-24 12:00:00Z", NOON, id="space"),
        pytest.param("2026-11-24T12:00Z", NOON, id="minutes-as-ecs-shows"),
        pytest.param("2026-11-24T20:00:00+08:00", NOON, id="east"),
        pytest.param("2026-11-24T08:30:00-03:30", NOON, id="west"),
        pytest.param("2026-11-24T12:00:00-00:00", NOON, id="unknown-zone"),
        pytest.param("2026-11-24T12:00:00.5Z", NOON.replace(microsecond=500_000), id="tenths"),
        pytest.param("2026-11-24T12:00:00.125Z", NOON.replace(microsecond=125_000), id="millis"),
        pytest.param("2026-11-24T12:00:00.1234569Z", NOON.replace(microsecond=123_456), id="cut"),
    ],
)
def test_an_instant_is_read_in_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant
    assert parse_instant(text).tzinfo is timezone.utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-11-24",
        "2026-11-24T12:00:00",
        "2026-11-24T12:00:00 Z",
        "2026-11-24T12Z",
        "2026-11-24T12:00:00.Z",
        "2026-11-24T12:00:00Z\n",
        "2026-11-24T12:00:00+0800",
        "2026-11-24T12:00:00+08:60",
        "2026-11-24T12:00:00+24:00",
        "2026-11-24T12:00:60Z",
        "2026-11-24T24:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "26-11-24T12:00:00Z",
        "\N{FULLWIDTH DIGIT TWO}026-11-24T12:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "1795521600000",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a time with a zone; write it like 2026-11-24T20:00"
    ):
        parse_instant(text)


def test_a_long_text_is_quoted_in_part() -> None:
    with pytest.raises(ValueError, match="is not a time") as caught:
        parse_instant("x" * 1_000_000)

    assert len(str(caught.value)) < 200


@given(st.datetimes(timezones=st.timezones()))
def test_every_datetime_is_read_back_from_its_iso_form(moment: datetime) -> None:
    try:
        utc = moment.astimezone(timezone.utc)
    except OverflowError:
        return

    assert parse_instant(utc.isoformat()) == utc


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(NOON, "2026-11-24T12:00:00Z", id="whole-minute"),
        pytest.param(NOON + timedelta(seconds=59.9), "2026-11-24T12:00:00Z", id="seconds-cut"),
        pytest.param(
            datetime(2026, 11, 24, 20, 0, tzinfo=timezone(timedelta(hours=8))),
            "2026-11-24T12:00:00Z",
            id="other-zone",
        ),
    ],
)
def test_minute_text_is_utc_without_seconds(moment: datetime, text: str) -> None:
    assert to_minute_text(moment) == text


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        to_minute_text(datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001  # the fault itself


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1m", timedelta(minutes=1)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("999999d", timedelta(days=999_999)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0m",
        "007m",
        "-5m",
        "+5m",
        "1.5h",
        "2 h",
        "2H",
        "30s",
        "1w",
        "90",
        "m",
        "2h30m",
        "PT2H",
        "2h\n",
        "\N{ARABIC-INDIC DIGIT THREE}d",
        "1000000d",
        "9" * 5000 + "d",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a duration; write it like 90m, 2h or 3d"
    ) as caught:
        parse_duration(text)

    assert len(str(caught.value)) < 200
