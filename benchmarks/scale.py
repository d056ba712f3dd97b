"""How a release by force grows: time, calls and memory at ever larger fleets.

``python -m benchmarks.scale [--sizes 1000 10000 100000]``. No latency but the emulator's own, so
that what is measured is what Curfew and the SDK themselves take.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.fleet import measure


def main(arguments: Sequence[str]) -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    table = Table("instances", "work s", "ms each", "calls", "calls to least", "RSS MiB", "left")
    for size in parser.parse_args(arguments).sizes:
        figures = measure("curfew, by tag", "release", size, latency_ms=0)
        least = 3 * -(-size // 100)
        table.add_row(
            str(size),
            f"{figures['work_s']:.1f}",
            f"{1000 * figures['work_s'] / size:.2f}",
            str(figures["calls"]),
            f"{figures['calls'] / least:.3f}",
            f"{figures['rss_mib']:.0f}",
            str(figures["left"]),
        )
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
