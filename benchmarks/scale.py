"""How a release by force grows: time, calls and memory at ever larger fleets.

``python -m benchmarks.scale [--sizes 1000 10000 100000]``. No latency but the emulator's own, so
that what is measured is what Curfew and the SDK themselves take.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.bar import Bar
from rich.table import Table

from benchmarks.fleet import measure
from benchmarks.sheet import sheet


def main(arguments: Sequence[str]) -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    sizes = parser.parse_args(arguments).sizes
    table = Table("instances", "calls to least", "ms each", "work s", "calls", "RSS MiB", "left")
    table.add_column("ms each", width=20)
    for size in sizes:
        figures = measure("curfew, by tag", "release", size, latency_ms=0)
        least = 3 * -(-size // 100)
        each_ms = 1000 * figures["work_s"] / size
        table.add_row(
            str(size),
            f"{figures['calls'] / least:.3f}",
            f"{each_ms:.2f}",
            f"{figures['work_s']:.1f}",
            str(figures["calls"]),
            f"{figures['rss_mib']:.0f}",
            str(figures["left"]),
            Bar(1.0, 0, each_ms, width=20),
        )
    with sheet("scale") as console:
        console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
