"""The first look at all regions of a request: what is selected there, what could not be read.

Each region is read on its own, for at most a third of the remaining time, and its disks for at most
another: one that cannot be reached, is denied or misspelt does not block the others. Ids that no
region of the request knows are looked up once in the operator's other regions, so that a machine
that runs elsewhere is not reported as gone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import Enum

import msgspec

from shared.base.clock import Clock, Deadline
from shared.base.errors import AccessDenied, CurfewError, InvalidEvent, Unavailable
from shared.base.parallel import Runner
from shared.converge.target import LOOK_AGAIN_AFTER
from shared.domain.instance import Instance
from shared.domain.selection import ByIds, Selection
from shared.ecs.client import Client
from shared.ecs.inventory import PAGE, Found, Inventory, chunks
from shared.report.log import log_unforeseen

ELSEWHERE_TIMEOUT = timedelta(seconds=3)
"""How long a region outside the request may take to say whether it knows an id."""

MAX_MESSAGE = 8_000
MAX_WAITS = 6
"""How often an invocation waits for unknown ids to show."""

NAMED = 5
"""How many ids a sentence lists."""


class Pause(Enum):
    """The outcome of waiting before missing instances are looked up again.

    ECS has been seen to omit an instance from two consecutive responses.
    """

    OVER = "over"
    NO_TIME = "no time for it"
    ENOUGH = "waited often enough"


class Waits:
    """Shared by all messages of an invocation.

    A list of messages waits only a few times, or its unknown ids would take all of its time. After
    that, two immediate looks must do: the next delivery could wait no more often.
    """

    def __init__(self, clock: Clock, deadline: Deadline) -> None:
        self._clock, self._deadline = clock, deadline
        self._number = 0

    def wait(self) -> Pause:
        """Wait before missing instances are looked up again, if there is time."""
        if self._number >= MAX_WAITS:
            return Pause.ENOUGH
        now = self._clock.now()
        if (self._deadline.work_until - now) / 3 < LOOK_AGAIN_AFTER:
            return Pause.NO_TIME
        self._number += 1
        self._clock.sleep(LOOK_AGAIN_AFTER.total_seconds())
        return Pause.OVER


class Eyes(msgspec.Struct, frozen=True):
    """How regions are read.

    Attributes:
        look: Looks at one of them.
        wait: Waits some seconds before unknown ids are looked up again, if it may.
        side_by_side: How several are read at once.
    """

    look: Callable[[Inventory, Selection], Found]
    wait: Callable[[], Pause]
    side_by_side: Runner


class Survey(msgspec.Struct, frozen=True):
    """What a first look found.

    Attributes:
        instances: The selected instances, including those whose row cannot be parsed.
        missing: The ids of the request that no region knows, in its order.
        elsewhere: Those of them that another of the operator's regions knows, with the region.
        unasked: Other regions that did not say whether they know the missing ids, each with what to
            report about it.
        unsure: Why the missing ids could not be looked up again; "" if they were, or if the next
            run could not do so either.
        unread: Regions of the request that could not be read, each with the reason.
        strays: Rows that cannot be parsed and are not known to be selected.
        hints: By region, near misses of a selection that matched nothing.
        misspelt: How many listed instances have a key that differs from one of the selection's only
            in spelling, by both keys.
        excepted: Which ids in ``except`` are among the selected.
    """

    instances: tuple[Instance, ...]
    missing: tuple[str, ...]
    elsewhere: Mapping[str, str]
    unasked: Mapping[str, str]
    unsure: str
    unread: Mapping[str, CurfewError]
    strays: tuple[Instance, ...]
    hints: Mapping[str, str]
    misspelt: Mapping[tuple[str, str], int]
    excepted: frozenset[str]


def survey(
    selection: Selection,
    sources: Sequence[Inventory],
    others: Sequence[Client],
    eyes: Eyes,
) -> Survey:
    """Read all regions of a request.

    Args:
        selection: Who is meant.
        sources: One for each region of the request.
        others: The operator's other regions.
        eyes: How they are read.

    Raises:
        InvalidEvent: ECS knows none of the regions.
        AccessDenied: no region could be read, and RAM denied one of them.
        Unavailable: no region could be read.
    """
    read, unread = _look_at_all(selection, sources, eyes)
    if not read:
        raise _of_no_region(unread)
    instances = _all_of(read)
    ids = selection.ids if isinstance(selection, ByIds) else ()
    missing = [one for one in ids if one not in instances]
    elsewhere, unasked = _look_elsewhere(missing, others, eyes.side_by_side)
    again = tuple(one for one in missing if one not in elsewhere)
    found_late, unsure = _look_again(
        again, [one for one in sources if one.client.region in read], eyes
    )
    instances |= found_late
    return Survey(
        instances=tuple(instances[key] for key in ids if key in instances)
        if ids
        else tuple(instances.values()),
        missing=tuple(one for one in missing if one not in instances),
        elsewhere=elsewhere,
        unasked=unasked,
        unsure=unsure,
        unread=unread,
        strays=tuple(one for found in read.values() for one in found.strays),
        hints={region: found.hint for region, found in read.items() if found.hint},
        misspelt=sum((Counter(found.misspelt) for found in read.values()), Counter()),
        excepted=frozenset().union(*(found.excepted for found in read.values())),
    )


def _look_at_all(
    selection: Selection, sources: Sequence[Inventory], eyes: Eyes
) -> tuple[dict[str, Found], dict[str, CurfewError]]:
    """What each readable region showed, and why the others could not be read."""
    looks = eyes.side_by_side(
        lambda source: _attempt(eyes, source, selection), sources, at_once=max(1, len(sources))
    )
    read: dict[str, Found] = {}
    unread: dict[str, CurfewError] = {}
    for source, found in zip(sources, looks, strict=True):
        if isinstance(found, Found):
            read[source.client.region] = found
        else:
            unread[source.client.region] = found
    return read, unread


def _look_again(
    missing: Sequence[str], sources: Sequence[Inventory], eyes: Eyes
) -> tuple[dict[str, Instance], str]:
    """Ids that show up seconds later; why they could not be looked up, if the next run can."""
    if not missing:
        return {}, ""
    pause = eyes.wait()
    if pause is not Pause.OVER:
        return {}, "too little time is left" if pause is Pause.NO_TIME else ""
    read, unread = _look_at_all(ByIds(tuple(missing)), sources, eyes)
    return _all_of(read), "; ".join(map(str, unread.values()))


def _all_of(read: Mapping[str, Found]) -> dict[str, Instance]:
    return {one.id: one for found in read.values() for one in found.instances.values()}


def _attempt(
    eyes: Eyes, source: Inventory, selection: Selection
) -> Found | AccessDenied | Unavailable:
    try:
        return eyes.look(source, selection)
    except (AccessDenied, Unavailable) as error:
        return error
    except Exception as error:  # noqa: BLE001  # one region's failure keeps no other from being done
        return Unavailable(f"{source.client.region}: {log_unforeseen(error)}")


def _of_no_region(unread: Mapping[str, CurfewError]) -> CurfewError:
    """The error of a run that could read no region: the most informative one."""
    errors = list(unread.values())
    if all(isinstance(one, Unavailable) and one.unknown_region for one in errors):
        return InvalidEvent("; ".join(str(one) for one in errors)[:MAX_MESSAGE])
    first = next((one for one in errors if isinstance(one, AccessDenied)), errors[0])
    if len(errors) == 1:
        return first
    text = "; ".join(dict.fromkeys(str(one)[:300] for one in (first, *errors)))[:MAX_MESSAGE]
    return AccessDenied(text, first.code) if isinstance(first, AccessDenied) else Unavailable(text)


def _look_elsewhere(
    missing: Sequence[str], others: Sequence[Client], side_by_side: Runner
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Where else the missing ids are known; which regions did not say, and why."""
    if not missing or not others:
        return {}, {}
    answers = side_by_side(
        lambda client: _known_if_any(client, missing), others, at_once=len(others)
    )
    elsewhere: dict[str, str] = {}
    unasked = {}
    for client, known in zip(others, answers, strict=True):
        if isinstance(known, str):
            unasked[client.region] = known
        else:
            elsewhere |= dict.fromkeys(known, client.region)
    return elsewhere, unasked


def _known_if_any(client: Client, ids: Sequence[str]) -> list[str] | str:
    """The same as ``_known``, or why not; no error there fails the run."""
    silent = f"{client.region} did not answer"
    try:
        known = _known(client, ids)
    except Unavailable as error:
        return f"CURFEW_REGIONS: {error}".removesuffix(".") if error.unknown_region else silent
    except Exception as error:  # noqa: BLE001  # the region was not even asked for
        log_unforeseen(error)
        return silent
    return silent if known is None else known


def _known(client: Client, ids: Sequence[str]) -> list[str] | None:
    """Which of the ids this region knows; None if it does not say in time."""
    known: list[str] = []
    until = client.clock.now() + ELSEWHERE_TIMEOUT
    for part in chunks(ids, PAGE):
        parameters = {"MaxResults": str(PAGE), "InstanceIds": json.dumps(list(part))}
        answer = client.ask_once("DescribeInstances", parameters, until)
        listed = answer.body.get("Instances") if answer else None
        listed = listed.get("Instance") if isinstance(listed, Mapping) else None
        if not isinstance(listed, list):
            return None
        found = [row.get("InstanceId") for row in listed if isinstance(row, Mapping)]
        if len(found) < len(listed) or not all(isinstance(one, str) for one in found):
            return None  # a row without an id may be any of them
        if not set(part).issuperset(found):
            return None  # the response is not about them
        known += [one for one in part if one in found]
    return known
