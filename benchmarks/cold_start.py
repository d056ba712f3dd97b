"""Cold start: from the start of the process to the handler imported, next to the bare SDK.

``python -m benchmarks.cold_start [--runs 20] [--python PATH ...]``. Whole processes, in turn,
compiled modules in place; medians, and the ratio pair by pair. Resident memory is the kernel's peak
for the process. What Function Compute gets is measured with the Python of an environment that
holds nothing but ``requirements.txt``: msgspec imports typing_extensions where it finds it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from rich.bar import Bar
from rich.table import Table

from benchmarks.sheet import sheet

REQUESTS = (
    "DescribeInstances",
    "StopInstances",
    "DeleteInstances",
    "ModifyInstanceAutoReleaseTime",
)
BARE = "import aliyunsdkcore.client\n" + "\n".join(
    f"import aliyunsdkecs.request.v20140526.{name}Request" for name in REQUESTS
)
PROGRAMS = {
    "bare SDK, four requests": BARE,
    "functions.release": "import functions.release",
    "functions.describe": "import functions.describe",
}
_PEAK = "\nprint(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024)"


def once(python: str, program: str) -> tuple[float, float]:
    """Seconds and MiB of one process."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own
        [python, "-c", program + _PEAK],
        capture_output=True,
        check=True,
        env=environment,
        text=True,
    )
    return time.perf_counter() - start, float(done.stdout)


def main(arguments: Sequence[str]) -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    options = parser.parse_args(arguments)
    with sheet("cold_start") as console:
        for python in options.python:
            console.print(_table(python, options.runs))


def _table(python: str, runs: int) -> Table:
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for round_number in range(runs + 1):
        for name, program in PROGRAMS.items():
            figures = once(python, program)
            if round_number:  # the first round writes the compiled modules
                measured[name].append(figures)
    table = Table("", "rel. time", "rel. memory", "ms", "MiB", title=_version(python))
    table.add_column("rel. time", width=20)
    bare = measured["bare SDK, four requests"]
    for name, taken in measured.items():
        ratio = statistics.median(
            ours[0] / theirs[0] for ours, theirs in zip(taken, bare, strict=True)
        )
        memory = statistics.median(one[1] for one in taken)
        table.add_row(
            name,
            f"{ratio:.2f}",
            f"{memory / statistics.median(one[1] for one in bare):.2f}",
            f"{1000 * statistics.median(one[0] for one in taken):.0f}",
            f"{memory:.1f}",
            Bar(1.5, 0, ratio, width=20),
        )
    return table


def _version(python: str) -> str:
    command = [python, "--version"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()  # noqa: S603  # the caller's own


if __name__ == "__main__":
    main(sys.argv[1:])
