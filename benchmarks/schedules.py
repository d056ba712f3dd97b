"""What 300 schedules cost, each of its own zone: as people write them, and as hostile as they come.

``python -m benchmarks.schedules``. Anybody who may tag an instance may write a schedule that never
changes, so that a plan looks for its boundaries over hundreds of days. Wanted of 300: well under
a second of a CPU.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice
from zoneinfo import available_timezones

from rich.table import Table

from benchmarks.sheet import sheet
from shared.base.times import CHINA
from shared.domain.calendar import Calendar
from shared.domain.schedule import Schedule
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import state_at, zone_of

SCHEDULES = 300
NOON = datetime(2026, 11, 27, 12, 2, tzinfo=CHINA)
KINDS = {
    "as people write them": (
        *("workdays 08:30-20:00", "mon-fri 9:00-18:00, sat 10:00-14:00", "daily 20:00-06:00"),
        *("workdays 9:00-19:00, 2026-12-24..2027-01-03 off", "workdays -20:00", "never"),
    ),
    "always on": (
        *("daily 0:00-24:00", "daily 12:00-11:59, daily 11:00-12:30", "always, 2020-01-01 off"),
        *("workdays offdays 0:00-24:00", "mon#5 0:00-24:00, daily 0:00-24:00"),
    ),
    "on again for good today": ("always, 2026-11-27 off", "daily 0:00-24:00, 2026-11-27 off"),
    "never on": (
        *("never, 2020-01-01 9:00-18:00", "daily 9:00-18:00, 2025-01-01..2030-01-01 off"),
        *("2020-01-01 -20:00", "2030-01-01 8:00-"),
    ),
}


def main() -> None:
    """Measure, and show what came of it."""
    with sheet("schedules") as console:
        table = Table(title=f"what {SCHEDULES} schedules say, each of its own zone")
        for column in ("schedules", "s of a CPU", "ms each"):
            table.add_column(column, justify="left" if column == "schedules" else "right")
        for name, specs in KINDS.items():
            took_s = _took_s(specs)
            table.add_row(name, f"{took_s:.2f}", f"{took_s * 1000 / SCHEDULES:.2f}")
        console.print(table)


def _took_s(specs: Sequence[str]) -> float:
    zones = sorted(one for one in available_timezones() if one.startswith(("Europe/", "America/")))
    pairs = islice(zip(cycle(specs), cycle(zones), strict=False), SCHEDULES)
    schedules: list[Schedule] = [parse_spec(f"{spec} {zone}") for spec, zone in pairs]
    for one in schedules:
        zone_of(one, CHINA)  # reads the zone's file
    calendar = Calendar()
    calendar.workday((NOON - timedelta(days=1)).date())  # reads the calendar
    began = time.process_time()
    for one in schedules:
        state_at(one, NOON, CHINA, calendar)
    return time.process_time() - began


if __name__ == "__main__":
    main()
