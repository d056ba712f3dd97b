"""The summary of the logs: each day's fleet, hours avoided, what was guarded, failed, left over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from local.report.entry import Entry
from local.report.groups import Group, groups_of
from local.report.history import Machine
from local.report.picture import Day, Saving, days_of, draw
from local.report.roster import Key, Roster
from local.report.times import NONE, minute_in, minute_of, second_of

MOST_MACHINES = 50_000
MOST_REASONS = 5_000
"""The limits on what is kept; anything beyond is counted."""

_UNREAD = "unreadable|not understood|cannot be read|could not be read"
_UNREAD_TAG = re.compile("unreadable|not understood")
_BILLED = "still billed"
_MODE = re.compile("; stopped in (?:KeepCharging|StopCharging).*")


@dataclass(slots=True)
class Told:
    """One thing to report about some instances: a reason, and how often."""

    what: str
    names: list[str] = field(default_factory=list)
    times: int = 0


@dataclass(slots=True)
class Night:
    """The whole summary.

    Attributes:
        days: In order.
        groups: By tag key, its values, those that avoided most first.
        accounts: Like the values of a tag; empty unless the logs hold several accounts.
        runs: By outcome, how many runs there were; ``error`` are those that came to nothing.
        guarded: By reason; like ``failed`` and ``unread`` of these days.
        billed: What is off or gone, as last read, and is still billed.
        untimed: How many lines about instances have no time, so that they are in no picture.
        omitted: How many lines tell of more instances or reasons than are kept.
        more_keys: How many further tags make no groups.
        impossible: How many lines state a price that can be none.
        other_currency: How many instances have prices in another currency than their region.
    """

    zone: tzinfo
    days: list[Day]
    total: Saving
    machines: int
    groups: Mapping[str, Sequence[Group]]
    accounts: Sequence[Group]
    guarded: Sequence[Told]
    failed: Sequence[Told]
    unread: Sequence[Told]
    billed: Sequence[Told]
    runs: Mapping[str, int]
    untimed: int
    omitted: int
    more_keys: int
    impossible: int
    other_currency: int


class _Said:
    """What was said, about which instance, and when."""

    def __init__(self) -> None:
        self._times: dict[str, dict[Key, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.omitted = 0

    def add(self, what: str, of: Key, at: int) -> None:
        """Count it once more; "" says nothing."""
        if what and (what in self._times or len(self._times) < MOST_REASONS):
            self._times[what][of].append(at)
        else:
            self.omitted += bool(what)

    def since(self, minute: int) -> Iterator[tuple[str, Mapping[Key, int]]]:
        """How often each was said about which instance since then; untimed lines count, too."""
        for what, ids in self._times.items():
            times = {
                one: number
                for one, all_times in ids.items()
                if (number := sum(at == NONE or at >= minute for at in all_times))
            }
            if times:
                yield what, times


class Gathering:
    """Takes lines one by one; then ``night`` returns the summary."""

    def __init__(self) -> None:
        """Start empty."""
        self.machines: dict[Key, Machine] = {}
        self.untimed = 0
        self._impossible = 0
        self._omitted = 0
        self._known: set[int] = set()
        self._accounts: set[str] = set()
        self._runs: list[tuple[int, str]] = []
        self._guarded, self._failed, self._unread = _Said(), _Said(), _Said()

    def add(self, entry: Entry) -> None:
        """Take a line; a repeated one, as in overlapping exports, counts once."""
        is_new = not entry.request_id or entry.identity not in self._known
        self._known.add(entry.identity)
        self._accounts.add(entry.account)
        if entry.log == "instance":
            self._see(entry, is_new=is_new)
        elif is_new:
            self._hear(entry)

    def _hear(self, entry: Entry) -> None:
        at, whose = minute_of(entry.ended_at or entry.logged_at), (entry.account, "")
        if entry.log == "run":
            self._runs.append((at, entry.outcome or "unknown"))
        elif entry.log == "error":
            self._runs.append((at, "error"))
            self._failed.add(f"{entry.action}: {entry.error}: {entry.message}", whose, at)
        elif entry.log == "warning" and " tag " not in entry.message:  # which rows say, too
            for what in _unread(entry.message):
                self._unread.add(what, whose, at)

    def _see(self, entry: Entry, *, is_new: bool) -> None:
        key = (entry.account, entry.id)
        machine = self.machines.get(key)
        if machine is None:
            if len(self.machines) >= MOST_MACHINES:
                self._omitted += 1
                return
            machine = self.machines[key] = Machine(entry.id, account=entry.account)
        second = second_of(entry.seen_at or entry.logged_at)
        machine.see(entry, second, is_new=is_new)
        at = minute_in(second)
        if not is_new:
            return
        self.untimed += at == NONE
        self._impossible += bool(entry.list_price and not entry.list_price.is_possible)
        unread = _unread(entry.reason)
        for what in unread:
            self._unread.add(what, key, at)
        if entry.result == "skipped" and not unread:
            self._guarded.add(_MODE.sub("", entry.reason), key, at)
        elif entry.result in {"failed", "pending"}:
            parts = (entry.action, entry.code, entry.reason.removeprefix(f"{entry.action}: "))
            self._failed.add(": ".join(filter(None, parts)), key, at)

    def night(self, zone: tzinfo, days: int) -> Night:
        """The summary of the last days, up to the last line with a time."""
        roster = Roster.of(self.machines, self._accounts)
        other_currency = roster.settle_prices()
        seen = [one.at for machine in roster.machines.values() for one in machine.sightings]
        pictures = days_of([*seen, *(at for at, _ in self._runs if at != NONE)], days, zone)
        since = pictures[0].begin if pictures else NONE
        groups, more_keys = groups_of(roster)
        total = Saving()
        for machine in roster.machines.values():
            savings = [total, *(one.of(machine).saving for one in groups)]
            for minutes, mode, day in draw(machine, pictures):
                for saving in (day.saving, *savings):
                    saving.add(minutes, machine, mode)
        billed = _billed(roster)
        said = (self._guarded, self._failed, self._unread, billed)
        accounts, *tags = groups
        return Night(
            zone=zone,
            days=pictures,
            total=total,
            machines=len(roster.machines),
            groups={one.key: one.most_first() for one in tags},
            accounts=accounts.most_first() if roster.accounts else (),
            guarded=_told(self._guarded, roster, since),
            failed=_told(self._failed, roster, since),
            unread=_told(self._unread, roster, since),
            billed=_told(billed, roster, NONE),
            runs=Counter(outcome for at, outcome in self._runs if at == NONE or at >= since),
            untimed=self.untimed,
            omitted=self._omitted + sum(one.omitted for one in said),
            more_keys=more_keys,
            impossible=self._impossible,
            other_currency=other_currency,
        )


def _told(said: _Said, roster: Roster, since: int) -> list[Told]:
    """The instances by reason, from a minute on; the most common reasons first."""
    told = [Told(what, roster.names(ids), sum(ids.values())) for what, ids in said.since(since)]
    return sorted(told, key=lambda one: (-len(one.names), -one.times, one.what))


def _billed(roster: Roster) -> _Said:
    """What is off or gone, as last seen, and still billed."""
    found = _Said()
    for key, machine in roster.machines.items():
        billed = "; ".join(part for part in machine.told.split("; ") if _BILLED in part)
        found.add(billed, key, NONE)
    return found


def _unread(text: str) -> Sequence[str]:
    """What a text reports as unreadable: each tag, or the whole text if it names none."""
    text = _MODE.sub("", text)
    return ([*_unread_tags(text)] or [text]) if re.search(_UNREAD, text) else ()


def _unread_tags(text: str) -> Iterator[str]:
    """What is said of each tag, up to the word by which it is unread; the text is read once."""
    at = 0
    while (at := text.find("tag ", at)) >= 0:
        end = at + len(text[at:].partition(";")[0])
        if found := _UNREAD_TAG.search(text, at, end):
            yield text[at : found.end()]
            at = found.end()
        elif text.find(" cannot be read", at, end) >= 0:
            yield text[at:]
            return
        else:
            at = end
