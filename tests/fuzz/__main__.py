"""``python -m tests.fuzz [--events N] [--seed N]``: ends at the first event that breaks a rule.

Events come in chunks of a thousand, each with a seed of its own, checked on all processors.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.fuzz.check import FuzzError, outcomes_of

CHUNK = 1000


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, and say how it went; 0 if every event was answered as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="how many (default 100,000)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default 0)")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    chunks = [
        (f"{options.seed}/{number}", min(CHUNK, options.events - first))
        for number, first in enumerate(range(0, options.events, CHUNK))
    ]
    try:
        outcomes = sum(_checked(chunks), Counter())
    except FuzzError as error:
        print(error, file=sys.stderr)  # noqa: T201  # a command's output
        return 1
    counts = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    print(  # noqa: T201  # likewise
        f"{options.events} events to six functions, seed {options.seed}: {counts}; "
        f"{time.monotonic() - started:.0f} s"
    )
    return 0


def _checked(chunks: Sequence[tuple[str, int]]) -> Iterator[Counter[str]]:
    """What became of each chunk's events; several chunks are checked by all processors."""
    if len(chunks) == 1:
        yield outcomes_of(chunks[0])
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(outcomes_of, chunks)
        except FuzzError:
            pool.shutdown(cancel_futures=True)
            raise


if __name__ == "__main__":
    sys.exit(main())
