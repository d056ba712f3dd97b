"""``python -m tests.fuzz [--seed N]``: odd events, odd answers, broken answers; all processors.

Events come in chunks of a thousand, each with a seed of its own; the first that breaks a rule ends
them. Odd answers are counted through, each node of each answer of ECS in each way, and broken ones
too, with heads of random bytes besides; of these all that break a rule are listed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from tests.fuzz import answers, framing
from tests.fuzz.cases import CASES
from tests.fuzz.check import FuzzError, outcomes_of
from tests.harness.actions import FUNCTIONS

CHUNK = 1000
PARTS = 16
"""Into so many the answers of a case are divided among the processors."""

P = TypeVar("P")
R = TypeVar("R")
Checked = tuple[Counter[str], list[str]]


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, and say how it went; 0 if nothing broke a rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="which ones (default 0)")
    parser.add_argument("--events", type=int, default=100_000, help="how many (default 100,000)")
    parser.add_argument(
        "--one-in", type=int, default=1, help="of the odd answers, one in so many (default: all)"
    )
    parser.add_argument(
        "--heads", type=int, default=1000, help="heads of random bytes (default 1,000)"
    )
    parser.add_argument("--only", choices=("events", "odd", "broken"), help="one of the three")
    options = parser.parse_args(arguments)
    kinds: dict[str, Callable[[argparse.Namespace], bool]] = {
        "events": _events,
        "odd": _odd,
        "broken": _broken,
    }
    chosen = [options.only] if options.only else list(kinds)
    good = [kinds[kind](options) for kind in chosen]
    return 0 if all(good) else 1


def _events(options: argparse.Namespace) -> bool:
    started = time.monotonic()
    chunks = [
        (f"{options.seed}/{number}", min(CHUNK, options.events - first))
        for number, first in enumerate(range(0, options.events, CHUNK))
    ]
    try:
        outcomes = sum(_mapped(outcomes_of, chunks), Counter())
    except FuzzError as error:
        print(error, file=sys.stderr)  # noqa: T201  # a command's output
        return False
    _tell(
        f"{options.events} events to {len(FUNCTIONS)} functions, seed {options.seed}",
        outcomes,
        started,
    )
    return True


def _odd(options: argparse.Namespace) -> bool:
    started = time.monotonic()
    step = options.one_in * PARTS
    parts = [
        (name, (options.seed + number * options.one_in) % step, step)
        for name in CASES
        for number in range(PARTS)
    ]
    return _listed("odd answers", answers.outcomes_of, parts, started)


def _broken(options: argparse.Namespace) -> bool:
    started = time.monotonic()
    step = options.one_in * PARTS
    parts = [
        (options.seed, options.heads, (options.seed + number * options.one_in) % step, step)
        for number in range(PARTS)
    ]
    return _listed("broken answers", framing.outcomes_of, parts, started)


def _listed(what: str, work: Callable[[P], Checked], parts: Sequence[P], started: float) -> bool:
    """Check all parts, and list all that broke a rule."""
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for counted, problems in _mapped(work, parts):
        outcomes += counted
        wrong += problems
    for problem in wrong:
        print(problem, file=sys.stderr)  # noqa: T201  # a command's output
    _tell(f"{outcomes.total() + len(wrong)} {what}, {len(wrong)} wrong", outcomes, started)
    return not wrong


def _tell(what: str, outcomes: Counter[str], started: float) -> None:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    print(f"{what}: {counts}; {time.monotonic() - started:.0f} s")  # noqa: T201  # a command's output


def _mapped(work: Callable[[P], R], parts: Sequence[P]) -> Iterator[R]:
    """The work done for each part; of several parts by all processors."""
    if len(parts) == 1:
        yield work(parts[0])
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, parts)
        except FuzzError:
            pool.shutdown(cancel_futures=True)
            raise


if __name__ == "__main__":
    sys.exit(main())
