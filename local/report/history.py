"""Each instance's history, from what was seen: spells of being on and off.

Only what ECS showed counts. An instance that was seen off stays off until it is seen on, and then
since ECS says that it was started. One that was seen on stays on until it is seen off, since ECS
shows no time of stopping; so what somebody else stopped earlier is not counted as off. Nothing is
known of an instance after a run saw it last: ECS may have released it at its release time, or
somebody in the console. Where it is unknown since when an instance is on, as in answers, it was on
since it was seen before, unless it was Curfew that started it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from local.report.entry import Entry, Price
from local.report.pricing import Prices
from local.report.times import NONE, minute_in, minute_of

_SKEW = 5
"""How many minutes ECS's clock and a run's may differ."""

_STARTS = frozenset({"start", "apply_schedule"})
_STOPS = frozenset({"stop", "apply_schedule"})
_ON = frozenset({"Running", "Starting", "Pending"})
_OFF = frozenset({"Stopped", "Stopping"})


UNSAVED = frozenset({"KeepCharging", "PrePaid", "spot"})
"""The charge types for which no hour off counts as avoided."""


class State(IntEnum):
    """What an instance was during a spell."""

    ON = 0
    OURS = 1  # off since Curfew stopped it
    OFF = 2  # off, by somebody else or since before these logs
    GONE = 3


class Sighting:
    """One sighting of an instance; times are minutes since 1970.

    Attributes:
        order: Among others, see `Machine.last`.
        mode: In which it is stopped, or how it is paid for in any mode; "" if that is not known.
        started: When ECS says that it was started; ``NONE`` if it does not say, or says a time that
            was yet to come.
    """

    __slots__ = ("at", "mode", "order", "started", "state")

    def __init__(self, entry: Entry, order: int, state: State) -> None:
        self.order = order
        self.at = at = minute_in(order // 2)
        self.state = state
        self.mode = _mode(entry)
        started = minute_of(entry.started_at) if entry.started_at else NONE
        self.started = NONE if started > at + _SKEW else min(started, at)
        if state is State.ON and entry.result == "changed" and entry.action in _STARTS:
            self.started = at if self.started == NONE else self.started

    def place(self) -> tuple[int, int, int, str]:
        """Where it stands among others, in whatever order lines are read."""
        return self.order, self.state, self.started, self.mode


@dataclass(frozen=True, slots=True)
class Spell:
    """A period in one state, from one minute to another; ``mode`` as in `Sighting`."""

    begin: int
    end: int
    state: State
    mode: str = ""


@dataclass(slots=True)
class Machine:
    """Everything seen of an instance; fields that may change are as last seen.

    Attributes:
        price: The one of its prices that is believed, once all lines are there.
        last: When it was seen last: twice the second, and one more where something was changed,
            which comes after looks of the same second; ``NONE`` if no line says when.
        is_spot: Does any line say that it is a spot instance? Responses do not tell.
    """

    id: str
    name: str = ""
    region: str = ""
    charge_type: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)
    price: Price | None = None
    told: str = ""
    sightings: list[Sighting] = field(default_factory=list)
    last: int = NONE
    account: str = ""
    is_spot: bool = False

    def see(self, entry: Entry, second: int, *, is_new: bool = True) -> None:
        """Add a line about it, with this second, or a repeated one."""
        order = NONE if second == NONE else 2 * second + (entry.result == "changed")
        if order >= self.last:
            self.last = order
            self.name = entry.name or self.name
            self.region = entry.region or self.region
            self.charge_type = entry.charge_type or self.charge_type
            self.tags = entry.tags or self.tags
            self.told = entry.reason
        if entry.list_price and entry.list_price.is_possible:
            self.prices.state(entry.list_price, order, is_new=is_new)
        self.is_spot |= entry.spot
        state = _state(entry)
        if state is not None and order != NONE:
            self.sightings.append(Sighting(entry, order, state))

    def joined(self, other: Machine) -> Machine:
        """Merge the same instance from other lines."""
        older, newer = sorted((self, other), key=lambda one: one.last)
        prices = Prices()
        for one in (older, newer):
            prices.merge(one.prices)
        return Machine(
            id=self.id,
            name=newer.name or older.name,
            region=newer.region or older.region,
            charge_type=newer.charge_type or older.charge_type,
            tags=newer.tags or older.tags,
            prices=prices,
            told=newer.told,
            sightings=[*older.sightings, *newer.sightings],
            last=newer.last,
            account=newer.account or older.account,
            is_spot=newer.is_spot or older.is_spot,
        )

    def spells(self) -> Iterator[Spell]:
        """Its spells, in order and without gaps, until it was last seen."""
        seen = sorted(self.sightings, key=Sighting.place)
        current: Spell | None = None
        for one in seen:
            for following in _following(one, current):
                if current and following.begin > current.begin:
                    yield Spell(current.begin, following.begin, current.state, current.mode)
                current = following
        if current and current.end > current.begin:
            yield current


def _following(seen: Sighting, current: Spell | None) -> Iterator[Spell]:
    """The spells that a sighting begins or continues; later ones end them."""
    is_on = seen.state is State.ON
    began = seen.at
    if is_on:
        unknown = current.end if current else seen.at
        began = unknown if seen.started == NONE else min(seen.at, seen.started)
    if current is None:
        yield Spell(began, seen.at, seen.state, seen.mode)
        return
    was_off = current.state is not State.ON
    if not is_on and was_off and seen.started > current.begin:
        yield Spell(seen.started, seen.at, State.ON)
    elif was_off and seen.state is State.OURS and seen.started == NONE:
        yield Spell(current.end, seen.at, State.ON)
    elif seen.state is current.state or (seen.state is State.OFF and current.state is State.OURS):
        if current.mode in UNSAVED and seen.mode and seen.mode != current.mode:
            yield Spell(seen.at, seen.at, current.state, seen.mode)  # another charge type from now
            return
        yield Spell(current.begin, seen.at, current.state, seen.mode or current.mode)
        return
    yield Spell(max(began, current.begin), seen.at, seen.state, seen.mode)


def _mode(entry: Entry) -> str:
    if entry.charge_type == "PrePaid":
        return "PrePaid"
    return "spot" if entry.spot else entry.stopped_mode


def _state(entry: Entry) -> State | None:
    if entry.status in _ON:
        return State.ON
    if entry.status in _OFF:
        ours = entry.result == "changed" and entry.action in _STOPS
        return State.OURS if ours else State.OFF
    is_released = entry.status == "Gone" and entry.result == "changed"  # else gone since who knows
    return State.GONE if is_released else None
