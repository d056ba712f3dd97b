"""The report on a large fleet: 30 nights of 2,000 instances, as a table and a page.

``python -m benchmarks.nights``. The log is made first: each evening stops all, each morning starts
all, each noon a look tells prices; 180,000 lines as Log Service exports them. Then ``report`` reads
it in a process of its own, whose time and memory are measured. Wanted: 5 seconds and 300 MB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from benchmarks.sheet import sheet
from shared.base.times import CHINA

NIGHTS, INSTANCES = 30, 2_000
FIRST = datetime(2025, 11, 1, tzinfo=CHINA)
OWNERS, TEAMS = 40, 8
_PEAK = """
import resource, sys
from local.cli.main import group
try:
    group.main(sys.argv[1:], prog_name="curfew")
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{used.ru_utime + used.ru_stime:.1f}", used.ru_maxrss // 1024, file=sys.stderr)
"""


def main() -> None:
    """Measure, and show what came of it."""
    with TemporaryDirectory() as folder, sheet("nights") as console:
        log, page = Path(folder) / "nights.json", Path(folder) / "nights.html"
        with log.open("w", encoding="utf-8") as file:
            lines = sum(1 for line in _lines() if file.write(line))
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603  # ourselves
            [sys.executable, "-c", _PEAK, "report", str(log), "--html", str(page)],
            check=True,
            capture_output=True,
            text=True,
        )
        took = time.perf_counter() - began
        table = Table(title=f"report on {NIGHTS} nights of {INSTANCES:,} instances")
        cpu_s, peak_mib = done.stderr.split()[-2:]
        for column in ("lines", "log", "seconds", "of a CPU", "peak memory", "page"):
            table.add_column(column, justify="right")
        table.add_row(
            f"{lines:,}",
            f"{log.stat().st_size / 2**20:,.0f} MiB",
            f"{took:.1f}",
            cpu_s,
            f"{peak_mib} MiB",
            f"{page.stat().st_size / 2**10:,.0f} KiB",
        )
        console.print(table)


def _lines() -> Iterator[str]:
    for night in range(NIGHTS):
        day = FIRST + timedelta(days=night)
        for action, hour in (("start", 8), ("describe", 12), ("stop", 20)):
            at = day + timedelta(hours=hour)
            for number in range(INSTANCES):
                yield _exported(_line(action, number, at + timedelta(seconds=number // 20)))


def _line(action: str, number: int, at: datetime) -> dict[str, Any]:
    is_off = action == "stop"
    price = {"hour": 0.72, "ends": 0.65, "currency": "CNY"}
    return {
        "log": "instance",
        "action": action,
        "request_id": "1-6745f0a1-15c4e7d2-9a8b7c6d5e4f",
        "retry_count": "",
        "trigger": "timer",
        "event_id": "",
        "dry_run": False,
        "id": f"i-bp1benchmark{number:08}",
        "name": f"dev-{number:05}",
        "region": "cn-hangzhou",
        "result": "unchanged" if action == "describe" else "changed",
        "reason": "stop (StopCharging); stopped in StopCharging" if is_off else "",
        "code": "",
        "status": "Stopped" if is_off else "Running",
        "charge_type": "PostPaid",
        "instance_type": "ecs.g7.large",
        "auto_release_at": "",
        "tags": {"owner": f"owner-{number % OWNERS}", "team": f"team-{number % TEAMS}"},
        **({"list_price": price} if action == "describe" else {}),
        "stopped_mode": "StopCharging" if is_off else "",
        "started_at": at.replace(hour=8, second=0).isoformat(),
        "seen_at": at.isoformat(),
    }


def _exported(line: dict[str, Any]) -> str:
    """A line as Log Service has it, behind Function Compute's prefix."""
    prefix = "2025-11-24T12:00:00.123Z 1-6745f0a1-15c4e7d2-9a8b7c6d5e4f [INFO] "
    row = {
        "__time__": 1764000000,
        "__topic__": "FCLogs:curfew",
        "message": prefix + json.dumps(line),
    }
    return json.dumps(row) + "\n"


if __name__ == "__main__":
    main()
