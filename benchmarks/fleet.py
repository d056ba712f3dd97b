"""Whole fleets, side by side: release by force, and release times, with 20 ms an answer.

``python -m benchmarks.fleet [--sizes 200 2000] [--runs 3] [--latency-ms 20]``. The emulator runs
in a process of its own; each contender in a fresh one, in turn, several times. Shown are medians,
the calls that ECS got, and the instances left over. Nothing is written that was not measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from rich.bar import Bar
from rich.table import Table

from benchmarks.contenders import CONTENDERS, REGION
from benchmarks.server import PROTECTED
from benchmarks.sheet import BUILD, sheet

SLOW = {"tutorial", "libcloud"}
SLOW_SIZE = 200
JOBS = {
    "release": "release by force",
    "auto_release": "set release times",
    "bad night": "release by force, ten calls an API in 5 s, every twentieth a 503, two protected",
}


@contextmanager
def emulator(size: int, latency_ms: float, *, bad: bool = False) -> Iterator[str]:
    """An emulator of ``size`` running instances in another process; gives its URL."""
    command = [sys.executable, "-m", "benchmarks.server", str(size), str(latency_ms)]
    command += ["--bad"] if bad else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout is not None  # noqa: S101  # for the type checker
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def measure(name: str, job: str, size: int, latency_ms: float) -> dict[str, Any]:
    """One run of one contender on a fresh fleet."""
    bad = job == "bad night"
    with emulator(size, latency_ms, bad=bad) as url:
        ids = [one["instance_id"] for one in _instances(url)]
        command = [sys.executable, "-m", "benchmarks.contenders", name]
        done = subprocess.run(  # noqa: S603  # our own
            [*command, "release" if bad else job, url],
            input=json.dumps(ids),
            capture_output=True,
            text=True,
            check=True,
        )
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if "missing" in figures:
            return figures
        left = _instances(url)
        undone = [one for one in left if job != "auto_release" or not one["auto_release_at"]]
        kept = PROTECTED if bad else 0
        return {**figures, "calls": _calls(url), "left": len(undone) - kept}


def _instances(url: str) -> list[dict[str, Any]]:
    state = json.load(urlopen(f"{url}/_local/state"))  # noqa: S310  # this machine
    return [one for one in state["instances"] if one["region"] == REGION]


def _calls(url: str) -> int:
    entries: list[Any] = json.load(urlopen(f"{url}/_local/log"))["requests"]  # noqa: S310  # this machine
    return len(entries)


def main(arguments: Sequence[str]) -> None:
    """Measure, show, and keep under ``build/bench``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency-ms", type=float, default=20)
    options = parser.parse_args(arguments)
    results = []
    with sheet("fleet") as console:
        for job, title in JOBS.items():
            for size in options.sizes:
                rows = _table_rows(job, size, options)
                results += rows
                console.print(_table(f"{title}; {size} instances, {options.latency_ms:g} ms", rows))
    (BUILD / "fleet.json").write_text(json.dumps(results, indent=1))


def _table_rows(job: str, size: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for _ in range(1 if job == "bad night" else options.runs):
        for name in CONTENDERS:
            if name not in SLOW or size <= SLOW_SIZE:
                runs[name].append(measure(name, job, size, options.latency_ms))
    rows = []
    for name, measured in runs.items():
        if measured and "missing" not in measured[0]:
            medians = {
                key: statistics.median(one[key] for one in measured)
                for key in ("work_s", "import_s", "rss_mib", "calls", "failures", "left")
            }
            rows.append({"job": job, "size": size, "name": name, "runs": len(measured), **medians})
    return rows


def _table(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    """Ratios first: how much longer, and with how many more calls, than Curfew."""
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for heading in ("rel. time", "rel. calls", "left", "work s", "import s", "RSS MiB", "calls"):
        table.add_column(heading, justify="right", no_wrap=True)
    ours = next(row for row in rows if row["name"] == "curfew")
    shown = "left" if ours["job"] == "bad night" else "work_s"
    table.add_column(shown.replace("_", " "), width=20)
    most = max(row[shown] for row in rows)
    for row in rows:
        table.add_row(
            row["name"],
            f"{row['work_s'] / ours['work_s']:.2f}",
            f"{row['calls'] / ours['calls']:.2f}",
            f"{row['left']:.0f}",
            f"{row['work_s']:.2f}",
            f"{row['import_s']:.2f}",
            f"{row['rss_mib']:.0f}",
            f"{row['calls']:.0f}",
            Bar(most, 0, row[shown], width=20),
            style="bold green" if row["name"].startswith("curfew") else "",
        )
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
