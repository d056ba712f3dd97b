"""Play nights: one to its end, many side by side, and make a failing one as small as it gets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from tests.simulation.laws import LawBroken
from tests.simulation.night import Night, night, simpler
from tests.simulation.world import Killed, Stage, error_class

AN_HOUR = timedelta(hours=1)
_RETRIES = 3
_ROUNDS = 4


@contextmanager
def _silence() -> Iterator[None]:
    """Nobody reads the log of a night; it would take most of the time."""
    logger = logging.getLogger("curfew")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@_silence()
def play(given: Night, say: Callable[[str], None] | None = None) -> int:
    """Play a night to its end, and the morning after; gives how many calls it took.

    Raises:
        LawBroken: a law did not hold.
    """
    stage = Stage(given, say)
    for _ in range(1 + _RETRIES):
        try:
            outcome = stage.invoke()
        except Killed:
            stage.laws.killed()
            continue
        if not isinstance(outcome, Exception):
            break
    stage.calm_down()
    _converge(stage)
    return stage.calls


def _converge(stage: Stage) -> None:
    """Run again in calm: all that can be done gets done, and then nothing more."""
    laws = stage.laws
    guarded = {one.instance_id for one in laws.matching() if laws.is_guarded(one)}
    outcome: object = None
    for _ in range(_ROUNDS):
        outcome = stage.invoke(AN_HOUR)
        if not isinstance(outcome, Exception):
            break
    if isinstance(outcome, Exception):
        _accept(stage, outcome)
    if not isinstance(outcome, Exception) or error_class(outcome) == "Incomplete":
        _check_goals(stage, guarded)
    if not isinstance(outcome, Exception):
        _check_peace(stage)


def _check_goals(stage: Stage, guarded: set[str]) -> None:
    """All are as they should be, but for the guarded and what ECS never does."""
    laws = stage.laws
    if stage.night.request.get("dry_run") is True:
        return
    for one in laws.matching():
        if one.instance_id not in guarded and not (laws.is_at_goal(one) or laws.is_refused(one)):
            raise LawBroken(f"in calm {one.instance_id} does not get there: {one}")


def _check_peace(stage: Stage) -> None:
    """Once all is done nothing more is."""
    stage.clock.advance(timedelta(minutes=10))  # what was kept until then is so no longer
    stage.invoke(AN_HOUR)
    deeds = stage.deeds
    stage.invoke(AN_HOUR)
    moves = "release_after" in stage.night.request and stage.laws.is_of_now()
    refused = any(map(stage.laws.is_refused, stage.laws.matching()))  # and tried in vain
    if stage.deeds != deeds and not (moves or refused):
        raise LawBroken("a run that had nothing to do did something")


def _accept(stage: Stage, error: Exception) -> None:
    """In calm only a request that cannot be done fails."""
    request, name = stage.night.request, error_class(error)
    ids = request.get("instance_ids", ())
    unknown = isinstance(ids, list) and any(stage.laws.find(one) is None for one in ids)
    refused = any(map(stage.laws.is_refused, stage.laws.matching()))
    if name == "Incomplete" and (unknown or refused):
        return
    if name == "Refused" and (request.get("max_instances") == 2 or len(stage.night.fleet) > 100):
        return
    if name == "InvalidEvent" and "release" in str(error):
        return
    if name in {"Refused", "InvalidEvent"} and not stage.laws.is_in_time():
        return
    raise LawBroken(f"in calm: {name}: {str(error)[:500]}")


def failure_of(given: Night) -> str:
    """Why a night fails; "" if it does not."""
    try:
        play(given)
    except LawBroken as broken:
        return str(broken)
    except Exception as error:  # noqa: BLE001  # a night must not end with any
        return f"{type(error).__name__}: {error}"
    return ""


def shrunk(bad: Night) -> Night:
    """The simplest night like this one that still fails."""
    for one in simpler(bad):
        if failure_of(one):
            return shrunk(one)
    return bad


def failing(seeds: Iterable[int]) -> list[tuple[int, str]]:
    """The seeds among these whose night fails, each with the reason."""
    return [(seed, reason) for seed in seeds if (reason := failure_of(night(seed)))]


def play_all(first: int, count: int, workers: int) -> list[tuple[int, str]]:
    """Play so many nights in several processes; gives those that fail."""
    step = 250
    parts = [
        range(start, min(start + step, first + count))
        for start in range(first, first + count, step)
    ]
    if workers == 1:
        return [bad for part in parts for bad in failing(part)]
    with ProcessPoolExecutor(workers) as pool:
        return [bad for found in pool.map(failing, parts) for bad in found]


def replay(seed: int, *, shrink: bool = True) -> None:
    """Show a night call by call, as small as it still fails."""
    given = night(seed)
    if shrink and failure_of(given):
        given = shrunk(given)
    for name in Night.__dataclass_fields__:
        print(f"{name}: {getattr(given, name)}")  # noqa: T201  # for a person
    try:
        play(given, print)
    except LawBroken as broken:
        print(f"LAW BROKEN: {broken}")  # noqa: T201  # likewise


def main(arguments: Sequence[str]) -> int:
    """``python -m tests.simulation.play COUNT [FIRST]``, or ``replay SEED``."""
    if arguments[0] == "replay":
        replay(int(arguments[1]))
        return 0
    count, first = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    bad = play_all(first, count, workers=2)
    for seed, reason in bad[:20]:
        print(f"seed {seed}: {reason[:300]}\n  python -m tests.simulation.play replay {seed}")  # noqa: T201  # likewise
    print(f"{count} nights from seed {first}: {len(bad)} failed")  # noqa: T201  # likewise
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
