"""Simulate: one scenario to its end, many side by side, and make a failing one ever smaller."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from local.fc.trigger_events import ENVELOPES
from tests.simulation.contract import Order
from tests.simulation.ending import Ending, ending_of
from tests.simulation.invariants import InvariantBroken
from tests.simulation.invariants_of_ends import may_be_refused, unread_regions
from tests.simulation.scenario import DUSK, Earlier, Scenario, scenario, simpler
from tests.simulation.watch import Invocation
from tests.simulation.world import Killed, Simulation

AN_HOUR = timedelta(hours=1)
_RETRIES = 3
_ROUNDS = 4
_FINAL = {"Refused", "InvalidEvent"}
"""What the next delivery would end with, too."""


@contextmanager
def _silence() -> Iterator[None]:
    """Nobody reads the log of a scenario; it would take most of the time."""
    logger = logging.getLogger("curfew")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@_silence()
def simulate(given: Scenario, say: Callable[[str], None] | None = None) -> int:
    """Simulate a scenario to its end, and the morning after; gives how many calls it took.

    Raises:
        InvariantBroken: an invariant did not hold.
    """
    simulation = Simulation(given, say)
    _simulate_earlier(simulation)
    simulation.fall()
    for _ in range(1 + _RETRIES):
        try:
            outcome = simulation.invoke(given.timeout)
        except Killed:
            simulation.invariants.killed()
            continue
        if ending_of(outcome).error in {"", *_FINAL}:
            break
    simulation.calm_down()
    _converge(simulation)
    return simulation.calls


def _simulate_earlier(simulation: Simulation) -> None:
    """An earlier release of the same, which dies in the middle."""
    earlier = simulation.scenario.earlier
    if earlier is None:
        return
    if not simulation.scenario.messages[0].must_be:
        _begin_release(simulation, earlier)
    if simulation.clock.now() < DUSK:
        simulation.clock.advance(DUSK - simulation.clock.now())


def _begin_release(simulation: Simulation, earlier: Earlier) -> None:
    asked = simulation.scenario.messages[0].request
    request = {
        **{key: value for key, value in asked.items() if key != "days"},
        "dry_run": False,
        "snapshot": True,
        "snapshot_retention_days": earlier.retention_days,
        "max_instances": 1000,
    }
    now = simulation.clock.now()
    order = Order("release", request, now, simulation.scenario.operator)
    simulation.last_write = earlier.killed_after
    with suppress(Killed):
        simulation.invoke(AN_HOUR, (order,), ENVELOPES["direct"](request, now))
    simulation.invariants.killed()
    simulation.last_write = 0
    simulation.calls = simulation.writes = 0


def _converge(simulation: Simulation) -> None:
    """Run again in calm: all that can be done gets done, and then nothing more."""
    ending, mark = _calm_run(simulation)
    for _ in range(_ROUNDS - 1):
        if not (ending.error and mark.writes):
            break  # done, or nothing that another run would find otherwise
        ending, mark = _calm_run(simulation)
    if ending.error:
        _accept(simulation, ending, mark)
    if ending.error not in _FINAL:
        _check_goals(simulation, mark)
    if not ending.error:
        _check_peace(simulation)


def _calm_run(simulation: Simulation) -> tuple[Ending, Invocation]:
    ending = ending_of(simulation.invoke(AN_HOUR))
    return ending, simulation.invariants.last


def _check_goals(simulation: Simulation, mark: Invocation) -> None:
    """All are as they should be, but for the guarded, and what ECS never does, or cannot."""
    watch = simulation.invariants.watch
    most = simulation.scenario.operator.max_instances
    if not mark.in_time or (simulation.scenario.is_list and len(mark.matched) > most):
        return
    bad = {one.region for one in simulation.scenario.bad_regions}
    now = simulation.clock.now()
    for standing in mark.standings:
        order = standing.order
        if order.must_be or order.only_reads or may_be_refused(watch, mark, standing):
            continue
        for one in simulation.engine.instances():
            if one.region in bad or one.instance_id in standing.ever:
                continue
            # Several messages may want different times; each has its way until the next.
            began_at = mark.began_at
            if any(each.was_at_goal(one, began_at, now) for each in mark.orders) or watch.is_never(
                order, one
            ):
                continue
            raise InvariantBroken(f"in calm {one.instance_id} does not get there: {one}")


def _check_peace(simulation: Simulation) -> None:
    """Once all is done nothing more is."""
    simulation.clock.advance(timedelta(minutes=10))  # what was kept until then is so no longer
    simulation.invoke(AN_HOUR)
    writes, since = simulation.writes, simulation.invariants.last.began_at
    if not simulation.invariants.last.writes:
        return
    simulation.invoke(AN_HOUR)
    orders = simulation.invariants.watch.orders()
    if simulation.writes == writes or len(orders) > 1:  # several messages may want different things
        return
    moves = "release_after" in orders[0].request and simulation.scenario.is_of_now
    moves |= _is_due_since(simulation, orders[0], since)
    if not moves and not simulation.invariants.watch.tries_in_vain(orders[0]):
        raise InvariantBroken("a run that had nothing to do did something")


def _is_due_since(simulation: Simulation, order: Order, since: datetime) -> bool:
    """Was anybody as its schedule has it in the meantime, who now is not?"""
    now = simulation.clock.now()
    changes = (
        change
        for one in simulation.engine.instances()
        if order.evening
        for change in order.evening.moments(one, since, now)
    )
    return any(since < change < now for change in changes)


def _accept(simulation: Simulation, ending: Ending, mark: Invocation) -> None:
    """In calm only what cannot be done fails, and with the class that says why."""
    watch, orders = simulation.invariants.watch, mark.orders
    unread = {
        one.how
        for one in simulation.scenario.bad_regions
        if one.region in unread_regions(watch, mark)
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
        raise InvariantBroken(f"in calm: {ending.error}: {ending.text[:500]}, expected: {allowed}")


def _class_of(unread: set[str], *, alone: bool) -> str:
    """With what it ends that regions cannot be read; of one that is asked for alone its own."""
    if "denied" in unread:
        return "AccessDenied"
    if not alone:
        return "Incomplete"
    return "Unavailable" if "dead" in unread else "InvalidEvent"


def failure_of(given: Scenario) -> str:
    """Why a scenario fails; "" if it does not."""
    try:
        simulate(given)
    except InvariantBroken as broken:
        return str(broken)
    except Exception as error:  # noqa: BLE001  # a scenario must not end with any
        return f"{type(error).__name__}: {error}"
    return ""


def shrunk(bad: Scenario) -> Scenario:
    """The simplest scenario like this one that still fails."""
    for one in simpler(bad):
        if failure_of(one):
            return shrunk(one)
    return bad


def failing(seeds: Iterable[int]) -> list[tuple[int, str]]:
    """The seeds among these whose scenario fails, each with the reason."""
    return [(seed, reason) for seed in seeds if (reason := failure_of(scenario(seed)))]


def simulate_all(first: int, count: int, workers: int) -> list[tuple[int, str]]:
    """Simulate so many scenarios in several processes; gives those that fail."""
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
    """Show a scenario call by call, as small as it still fails."""
    given = scenario(seed)
    if shrink and failure_of(given):
        given = shrunk(given)
    for name in Scenario.__dataclass_fields__:
        print(f"{name}: {getattr(given, name)}")  # noqa: T201  # for a person
    try:
        simulate(given, print)
    except InvariantBroken as broken:
        print(f"INVARIANT BROKEN: {broken}")  # noqa: T201  # likewise


def main(arguments: Sequence[str]) -> int:
    """``python -m tests.simulation.simulate COUNT [FIRST]``, or ``replay SEED``."""
    if arguments[0] == "replay":
        replay(int(arguments[1]))
        return 0
    count, first = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    bad = simulate_all(first, count, workers=2)
    for seed, reason in bad[:20]:
        print(f"seed {seed}: {reason[:300]}\n  python -m tests.simulation.simulate replay {seed}")  # noqa: T201  # likewise
    print(f"{count} scenarios from seed {first}: {len(bad)} failed")  # noqa: T201  # likewise
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
