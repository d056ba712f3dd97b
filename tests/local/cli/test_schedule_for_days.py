"""``schedule explain``: what runs for longer than a day is told day by day."""

from __future__ import annotations

import pytest

from tests.local.cli.test_schedule import drawn, lines


@pytest.mark.parametrize(
    ("spec", "at", "told"),
    [
        (
            "mon 8:00-24:00, tue-thu 0:00-24:00, fri 0:00-18:00",
            "2026-11-23 12:00",
            ["08:00-24:00", *["00:00-24:00"] * 3, "00:00-18:00", "", ""],
        ),
        (
            "mon-fri 0:00-24:00, sat 0:00-6:00",
            "2026-11-26 12:00",
            [*["00:00-24:00"] * 2, "00:00-06:00", "", "00:00-24:00"],
        ),
        ("daily 0:00-24:00", "2026-11-26 12:00", ["00:00-24:00"] * 3),
        ("wed 20:00-24:00, thu 0:00-23:00", "2026-11-26 12:00", ["00:00-23:00", ""]),
        ("tue 23:30-24:00, wed 0:00-24:00, thu 0:00-0:30", "2026-11-26 12:00", ["00:00-00:30", ""]),
        ("tue 20:00-6:00, wed 6:00-5:00", "2026-11-26 12:00", ["00:00-05:00", ""]),
        ("wed 20:00-6:00, thu 22:00-6:00", "2026-11-26 12:00", ["22:00-06:00", ""]),
        ("sat 10:00-9:30", "2026-11-28 12:00", ["10:00-09:30", ""]),
        ("sun 0:00-24:00 America/New_York", "2026-11-01 12:00", ["00:00-24:00", ""]),
    ],
    ids=[
        "week",
        "over",
        "always",
        "ended",
        "long-ended",
        "of-nights",
        "nights",
        "nearly-a-day",
        "25-hours",
    ],
)
def test_of_what_runs_for_days_each_days_hours_are_told(
    spec: str, at: str, told: list[str]
) -> None:
    rows = [one for one in drawn(lines(spec, at, len(told))) if "▲" not in one]

    assert [row[60:].strip() for row in rows] == told
