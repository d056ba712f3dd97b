"""Times as triggers write them: each is read as the instant it means, or not at all."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.errors import InvalidEvent
from shared.request.event_times import epoch_ms, epoch_ms_or_instant, epoch_s, instant

MOMENT = datetime(2026, 11, 26, 13, 24, 20, 965000, tzinfo=timezone.utc)
WHOLE = MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26T13:24:20.965Z",
        "2026-11-26T21:24:20.965+08:00",
        # Glued to the time, as in samples of "Event overview" (EventBridge docs).
        "2026-11-26T21:24:20.965PRC",
        "2026-11-26T21:24:20.965Asia/Shanghai",
        "2026-11-26 21:24:20.965 Asia/Shanghai",
        "2026-11-26T22:24:20.965Asia/Tokyo",
        "2026-11-26T10:24:20.965America/Argentina/Buenos_Aires",
        "2026-11-26T21:24:20.965Etc/GMT-8",
        "2026-11-26T13:24:20.965UTC",
        "2026-11-26T13:24:20.965GMT",
        # As Java writes a time with its zone.
        "2026-11-26T21:24:20.965+08:00[Asia/Shanghai]",
        "2026-11-26T13:24:20.965Z[UTC]",
        "2026-11-26T21:24:20.965GMT+08:00",
    ],
)
def test_a_time_is_read_with_its_offset_or_its_zone(text: str) -> None:
    assert instant(text, "time") == MOMENT


@pytest.mark.parametrize("zone", ["PRC", "Asia/Shanghai"])
def test_the_zones_of_eventbridges_samples_need_no_zone_data(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_there(key: str) -> None:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr("zoneinfo.ZoneInfo", none_there)

    assert instant(f"2026-11-26T21:24:20.965{zone}", "time") == MOMENT
    with pytest.raises(InvalidEvent, match="is not a time with a zone"):
        instant("2026-11-26T22:24:20.965Asia/Tokyo", "time")


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=timezone.utc)

    assert instant("2026-11-01T01:30:00America/New_York", "time") == first


@pytest.mark.parametrize("sign", ["+0800", "GMT+0800", "+0800[Asia/Shanghai]"])
def test_an_offset_may_be_written_without_its_colon(sign: str) -> None:
    assert instant(f"2026-11-26T21:24:20.965{sign}", "time") == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26T21:24:20.965",
        "2026-11-26T21:24:20.965 ",
        "2026-11-26T21:24:20.965[]",
        "2026-11-26T21:24:20.965CST",
        "2026-11-26T21:24:20.965+08",
        "2026-11-26T21:24:20.965+080",
        "2026-11-26T21:24:20.965+2460",
        "2026-11-26T21:24:20.965Asia",
        "2026-11-26T21:24:20.965Asia/Nowhere",
        "2026-11-26T21:24:20.965America/Argentina",
        "2026-11-26T21:24:20.965../../etc/passwd",
        "2026-11-26T21:24:20.965Asia/../Shanghai",
        "2026-13-26T21:24:20.965Asia/Tokyo",
        "0001-01-01T00:00:00Asia/Shanghai",
        "9999-12-31T23:59:59America/New_York",
        "2026-11-26T21:24:20.965Asia/Shanghai\n",
        "\uff12\uff10\uff12\uff16-11-26T21:24:20.965Asia/Shanghai",
        "today",
        "",
    ],
)
def test_a_time_whose_zone_is_not_known_is_none(text: str) -> None:
    with pytest.raises(InvalidEvent, match=r"^time: .* is not a time with a zone"):
        instant(text, "time")


@pytest.mark.parametrize("value", [1795699460965, "1795699460965"])
def test_milliseconds_may_be_a_number_or_digits(value: object) -> None:
    assert epoch_ms(value, "t") == epoch_ms_or_instant(value, "t") == MOMENT


@pytest.mark.parametrize("value", [1795699460, "1795699460"])
def test_seconds_may_be_a_number_or_digits(value: object) -> None:
    assert epoch_s(value, "t") == WHOLE


def test_what_is_no_number_may_be_a_time_in_text() -> None:
    assert epoch_ms_or_instant("2026-11-26T13:24:20.965Z", "t") == MOMENT


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 1.5, "", "-5", "1e3", " 5", pytest.param("٣", id="arabic")),
        *("9" * 21, "9" * 5000, 10**40, -(10**40), [], {}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_whole_number_is_no_time(value: object) -> None:
    with pytest.raises(InvalidEvent, match=r"^t: .*write milliseconds since 1970$"):
        epoch_ms(value, "t")
    with pytest.raises(InvalidEvent, match=r"^t: .*write seconds since 1970$"):
        epoch_s(value, "t")


@given(st.text() | st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d[A-Za-z/+\[\]:0-9]{0,20}\Z"))
def test_reading_a_time_raises_nothing_but_invalid_event(text: str) -> None:
    try:
        moment = instant(text, "time")
    except InvalidEvent:
        return
    assert moment.tzinfo is timezone.utc
