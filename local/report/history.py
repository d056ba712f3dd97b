"""What each instance did, from when it was seen: spells of being on and off.

Only what ECS showed counts. An instance that was seen off stays off until it is seen on, and then
since ECS says that it was started. One that was seen on stays on until it is seen off, since ECS
shows no time of stopping; so what somebody else stopped earlier is not counted as off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from local.report.entry import Entry, Price
from local.report.times import NONE, minute_of

_STOPS = frozenset({"stop", "apply_schedule"})
_ON = frozenset({"Running", "Starting", "Pending"})
_OFF = frozenset({"Stopped", "Stopping"})


class State(IntEnum):
    """What an instance was during a spell."""

    ON = 0
    AVOIDED = 1  # off since Curfew stopped it
    OFF = 2  # off, by somebody else or since before these logs
    GONE = 3


class Sighting:
    """One look at an instance; times are minutes since 1970."""

    __slots__ = ("at", "mode", "started", "state")

    def __init__(self, at: int, state: State, mode: str, started: int) -> None:
        self.at = at
        self.state = state
        self.mode = mode
        self.started = started


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in one state, from a minute to another; ``mode`` is "" if it is not known."""

    begin: int
    end: int
    state: State
    mode: str = ""


@dataclass(slots=True)
class Machine:
    """All that was seen of an instance; what may change is as it was seen last."""

    id: str
    name: str = ""
    region: str = ""
    charge_type: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    price: Price | None = None
    priced_at: int = NONE
    told: str = ""
    sightings: list[Sighting] = field(default_factory=list)
    last_at: int = NONE

    def see(self, entry: Entry, at: int) -> None:
        """Add a line about it, of this minute."""
        if at >= self.last_at:
            self.last_at = at
            self.name = entry.name or self.name
            self.region = entry.region or self.region
            self.charge_type = entry.charge_type or self.charge_type
            self.tags = entry.tags or self.tags
            self.told = entry.reason
        if entry.list_price and at >= self.priced_at:
            self.price, self.priced_at = entry.list_price, at
        state = _state(entry)
        if state is not None and at != NONE:
            started = minute_of(entry.started_at) if entry.started_at else NONE
            self.sightings.append(Sighting(at, state, entry.stopped_mode, started))

    def spells(self, until: int) -> Iterator[Spell]:
        """What it did, in order and without gaps, until a minute."""
        seen = sorted(self.sightings, key=lambda one: one.at)
        current: Spell | None = None
        for one in seen:
            for following in _following(one, current):
                if current and following.begin > current.begin:
                    yield Spell(current.begin, following.begin, current.state, current.mode)
                current = following
        if current and until > current.begin:
            yield Spell(current.begin, until, current.state, current.mode)


def _following(seen: Sighting, current: Spell | None) -> Iterator[Spell]:
    """The spells that a look begins, or the one that it goes on with; others end them."""
    is_on = seen.state is State.ON
    began = min(seen.at, seen.started) if is_on and seen.started != NONE else seen.at
    if current is None:
        yield Spell(began, began, seen.state, seen.mode)
        return
    if not is_on and current.state is not State.ON and seen.started > current.begin:
        yield Spell(seen.started, seen.at, State.ON)
    elif seen.state is current.state or (
        seen.state is State.OFF and current.state is State.AVOIDED
    ):
        yield Spell(current.begin, seen.at, current.state, seen.mode or current.mode)
        return
    yield Spell(max(began, current.begin), seen.at, seen.state, seen.mode)


def _state(entry: Entry) -> State | None:
    if entry.status in _ON:
        return State.ON
    if entry.status in _OFF:
        ours = entry.result == "changed" and entry.action in _STOPS
        return State.AVOIDED if ours else State.OFF
    is_gone = entry.status == "Gone" and entry.code != "InvalidInstanceId.NotFound"
    return State.GONE if is_gone else None


def span(machines: Sequence[Machine]) -> tuple[int, int]:
    """The first and the last minute at which anything was seen; ``NONE`` if nothing was."""
    times = [one.at for machine in machines for one in machine.sightings]
    return (min(times), max(times)) if times else (NONE, NONE)
