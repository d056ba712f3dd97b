"""Play nights: one to its end, many side by side, and make a failing one as small as it gets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

from local.fc.trigger_events import ENVELOPES
from tests.simulation.contract import Order
from tests.simulation.ending import Ending, ending_of
from tests.simulation.laws import LawBroken
from tests.simulation.laws_of_ends import may_be_refused, unread_regions
from tests.simulation.night import DUSK, Earlier, Night, night, simpler
from tests.simulation.watch import Invocation
from tests.simulation.world import Killed, Stage

AN_HOUR = timedelta(hours=1)
_RETRIES = 3
_ROUNDS = 4
_FINAL = {"Refused", "InvalidEvent"}
"""What the next delivery would end with, too."""


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
    _play_earlier(stage)
    stage.fall()
    for _ in range(1 + _RETRIES):
        try:
            outcome = stage.invoke(given.timeout)
        except Killed:
            stage.laws.killed()
            continue
        if ending_of(outcome).error in {"", *_FINAL}:
            break
    stage.calm_down()
    _converge(stage)
    return stage.calls


def _play_earlier(stage: Stage) -> None:
    """An earlier release of the same, which dies in the middle."""
    earlier = stage.night.earlier
    if earlier is None:
        return
    if not stage.night.messages[0].must_be:
        _begin_release(stage, earlier)
    if stage.clock.now() < DUSK:
        stage.clock.advance(DUSK - stage.clock.now())


def _begin_release(stage: Stage, earlier: Earlier) -> None:
    request = {
        **stage.night.messages[0].request,
        "dry_run": False,
        "snapshot": True,
        "snapshot_retention_days": earlier.retention_days,
        "max_instances": 1000,
    }
    now = stage.clock.now()
    order = Order("release", request, now, stage.night.operator)
    stage.last_write = earlier.killed_after
    with suppress(Killed):
        stage.invoke(AN_HOUR, (order,), ENVELOPES["direct"](request, now))
    stage.laws.killed()
    stage.last_write = 0
    stage.calls = stage.writes = 0


def _converge(stage: Stage) -> None:
    """Run again in calm: all that can be done gets done, and then nothing more."""
    ending, mark = _calm_run(stage)
    for _ in range(_ROUNDS - 1):
        if not (ending.error and mark.writes):
            break  # done, or nothing that another run would find otherwise
        ending, mark = _calm_run(stage)
    if ending.error:
        _accept(stage, ending, mark)
    if ending.error not in _FINAL:
        _check_goals(stage, mark)
    if not ending.error:
        _check_peace(stage)


def _calm_run(stage: Stage) -> tuple[Ending, Invocation]:
    ending = ending_of(stage.invoke(AN_HOUR))
    return ending, stage.laws.last


def _check_goals(stage: Stage, mark: Invocation) -> None:
    """All are as they should be, but for the guarded, and what ECS never does, or cannot."""
    watch = stage.laws.watch
    most = stage.night.operator.max_instances
    if not mark.in_time or (stage.night.is_list and len(mark.matched) > most):
        return
    bad = {one.region for one in stage.night.bad_regions}
    now = stage.clock.now()
    for standing in mark.standings:
        order = standing.order
        if order.must_be or order.only_looks or may_be_refused(watch, mark, standing):
            continue
        for one in stage.engine.instances():
            if one.region in bad or one.instance_id in standing.ever:
                continue
            # Several messages may want different times; each has its way until the next.
            if any(each.is_at_goal(one, now) for each in mark.orders) or watch.is_never(order, one):
                continue
            raise LawBroken(f"in calm {one.instance_id} does not get there: {one}")


def _check_peace(stage: Stage) -> None:
    """Once all is done nothing more is."""
    stage.clock.advance(timedelta(minutes=10))  # what was kept until then is so no longer
    stage.invoke(AN_HOUR)
    writes = stage.writes
    if not stage.laws.last.writes:
        return
    stage.invoke(AN_HOUR)
    orders = stage.laws.watch.orders()
    if stage.writes == writes or len(orders) > 1:  # several messages may want different things
        return
    moves = "release_after" in orders[0].request and stage.night.is_of_now
    if not moves and not stage.laws.watch.tries_in_vain(orders[0]):
        raise LawBroken("a run that had nothing to do did something")


def _accept(stage: Stage, ending: Ending, mark: Invocation) -> None:
    """In calm only what cannot be done fails, and with the class that says why."""
    watch, orders = stage.laws.watch, mark.orders
    unread = {
        one.how for one in stage.night.bad_regions if one.region in unread_regions(watch, mark)
    }
    alone = all(len(order.regions) == 1 for order in orders) and len(unread) == 1
    allowed = {order.must_be for order in orders if order.must_be}
    if not mark.in_time:
        allowed |= {"Refused", "InvalidEvent"}
    if any(may_be_refused(watch, mark, one) for one in mark.standings):
        allowed.add("Refused")
    if unread:
        allowed.add(_class_of(unread, alone=alone))
    if len(orders) > 1 and allowed:
        allowed.add("Incomplete")
    if any(watch.tries_in_vain(order) for order in orders):
        allowed.add("Incomplete")
    if ending.error not in allowed:
        raise LawBroken(f"in calm: {ending.error}: {ending.text[:500]}, expected: {allowed}")


def _class_of(unread: set[str], *, alone: bool) -> str:
    """With what it ends that regions cannot be read; of one that is asked for alone its own."""
    if "denied" in unread:
        return "AccessDenied"
    if not alone:
        return "Incomplete"
    return "Unavailable" if "dead" in unread else "InvalidEvent"


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
