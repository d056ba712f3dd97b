"""Live progress of a running function: its calls to ECS and what it waits for.

It wraps the function's world, observing every call and every wait: the function itself is the
deployed code. Only changes are shown, and after some seconds again what has not changed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from threading import Lock
from typing import Any

import msgspec

from local.show.screen import State
from shared.base.clock import Clock, Deadline
from shared.base.printable import counted
from shared.base.times import parse_instant
from shared.ecs.transport import Connection, ErrorResponse, NoResponse
from shared.run import World
from shared.settings.settings import Credentials, Settings

REPEAT_AFTER_S = 10.0
"""Real seconds after which an unchanged state is shown again."""
_READS = ("Describe", "List")
_TRIED = "DryRunOperation"
"""ECS's response to a dry run that would have been allowed ("Common parameters", ECS API)."""


class Progress:
    """Reports what one invocation does. Thread-safe."""

    def __init__(
        self,
        say: Callable[[str], None],
        timeout_s: float,
        zone: tzinfo,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to observe.

        Args:
            say: Prints a line.
            timeout_s: The function's timeout, by its own clock.
            zone: The zone of the times shown.
            monotonic: Real seconds since some moment.
        """
        self._say = say
        self._timeout = timedelta(seconds=timeout_s)
        self._zone = zone
        self._monotonic = monotonic
        self._lock = Lock()
        self._clock: Clock | None = None
        self._until: datetime | None = None
        self._states: dict[str, str] = {}
        self._first: dict[str, State] = {}
        self._is_new_look = True
        self._reads: set[str] = set()
        self._awaited = ""
        self._told = ""
        self._told_at = 0.0

    def around(self, world: World) -> World:
        """The same world, observed."""

        def clock() -> Clock:
            inner = world.clock()
            self._clock = inner
            self._until = Deadline.after(inner.now(), self._timeout).work_until
            return _WatchedClock(inner, self)

        def connect(settings: Settings, credentials: Credentials) -> Connection:
            return _WatchedConnection(world.connect(settings, credentials), self)

        return msgspec.structs.replace(world, clock=clock, connect=connect)

    def sends(self, operation: str, parameters: Mapping[str, str]) -> None:
        """A call is sent."""
        where = parameters.get("RegionId", "")
        if operation.startswith(_READS):
            read = f"{operation} in {where}"
            with self._lock:
                is_known = read in self._reads
                self._reads.add(read)
            if not is_known:
                self._tell(read)
            return
        number = sum(key.startswith(("InstanceId", "DiskId")) for key in parameters)
        what = "disk" if "DiskId" in parameters else "instance"
        with self._lock:
            self._states.clear()
            self._awaited = f"for what {operation} started"
        self._tell(f"{operation} in {where}: {counted(number, what)}", again=True)

    @property
    def before(self) -> Mapping[str, State]:
        """The states of instances, by id, when they were first seen."""
        return self._first

    def answered(self, answer: Mapping[str, Any]) -> None:
        """ECS responded; what it shows is what is waited for next."""
        with self._lock:
            if self._is_new_look:
                self._states.clear()
                self._is_new_look = False
            for key, state in _states(answer):
                self._states[key] = state
            for one in _listed(answer, "Instances", "Instance"):
                self._first.setdefault(str(one.get("InstanceId")), _state(one))

    def went_wrong(self, operation: str, problem: str) -> None:
        """ECS refused, or did not respond."""
        with self._lock:
            self._awaited = f"until {operation} can be tried again"
        self._tell(f"{operation}: {problem}")

    def waits(self, seconds: float) -> None:
        """Nothing is done for a while."""
        with self._lock:
            states = Counter(self._states.values())
            self._is_new_look = True
            shown = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
            awaited = f": {shown}" if shown else f" {self._awaited or f'{seconds:.0f} s'}"
        self._tell(f"waiting{awaited}", is_wait=True)

    def _tell(self, text: str, *, again: bool = False, is_wait: bool = False) -> None:
        """Say it, unless it was the last message, recently."""
        with self._lock:
            moment = self._monotonic()
            known = text == self._told and moment - self._told_at < REPEAT_AFTER_S
            if known and not again:
                return
            self._told, self._told_at = text, moment
            now = self._clock.now() if self._clock else None
        left = f"; {_left(self._until - now)} left" if is_wait and now and self._until else ""
        when = f"{now.astimezone(self._zone):%H:%M:%S}  " if now else ""
        self._say(f"{when}{text}{left}")


class _WatchedClock:
    def __init__(self, inner: Clock, progress: Progress) -> None:
        self._inner = inner
        self._progress = progress

    def now(self) -> datetime:
        return self._inner.now()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._progress.waits(seconds)
        self._inner.sleep(seconds)


class _WatchedConnection:
    def __init__(self, inner: Connection, progress: Progress) -> None:
        self._inner = inner
        self._progress = progress

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        self._progress.sends(operation, parameters)
        try:
            answer = self._inner.send(operation, parameters, timeout_s=timeout_s)
        except ErrorResponse as error:
            if error.code != _TRIED:
                self._progress.went_wrong(operation, f"ECS returns {error.code}")
            raise
        except NoResponse as error:
            self._progress.went_wrong(operation, str(error))
            raise
        self._progress.answered(answer)
        return answer

    def close(self) -> None:
        self._inner.close()


def _states(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a read shows of each instance, or of each incomplete snapshot."""
    instances = _listed(answer, "Instances", "Instance")
    snapshots = _listed(answer, "Snapshots", "Snapshot")
    return [
        *((str(one.get("InstanceId")), str(one.get("Status"))) for one in instances),
        *(
            (str(one.get("SnapshotId")), f"at {one.get('Progress')} of a snapshot")
            for one in snapshots
            if one.get("Status") == "progressing"
        ),
    ]


def _state(instance: Mapping[str, Any]) -> State:
    release_at = None
    with suppress(ValueError):
        release_at = parse_instant(str(instance.get("AutoReleaseTime")))
    return State(str(instance.get("Status")), release_at=release_at)


def _listed(answer: Mapping[str, Any], outer: str, inner: str) -> list[Mapping[str, Any]]:
    """The items of an ECS list; none if it is not a list, which is not checked here."""
    wrapped = answer.get(outer)
    items = wrapped.get(inner) if isinstance(wrapped, Mapping) else None
    return [one for one in items if isinstance(one, Mapping)] if isinstance(items, list) else []


def _left(length: timedelta) -> str:
    minutes, seconds = divmod(max(0, int(length.total_seconds())), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
