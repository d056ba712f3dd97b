"""Bugs to plant in Curfew: what one is, and the nights in which it can show itself.

The bugs themselves are in ``planted_writes`` and ``planted_reports``. Most were real once: what
outsiders found in the code, put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

import shared.ecs
from local.ecs.faults import DroppedTags, MissingPage
from tests.simulation.night import Night


@dataclass(frozen=True)
class Planted:
    """A bug, the nights that can show it, and what the law says that is there to find it.

    Attributes:
        plant: Puts it in.
        nights: Tells them.
        says: A part of what the law says; other laws may find the bug first in other nights.
    """

    plant: Callable[[pytest.MonkeyPatch], None]
    nights: Callable[[Night], bool]
    says: str

    @property
    def name(self) -> str:
        """What the bug is called."""
        return getattr(self.plant, "__name__", "").strip("_").replace("_", "-")


def of_many(given: Night) -> bool:
    return len(given.fleet) > shared.ecs.PAGE


def of_releases(given: Night) -> bool:
    return given.function == "release"


def of_snapshots(given: Night) -> bool:
    return of_releases(given) and any(
        one.request.get("snapshot") is not False for one in given.messages
    )


def of_releases_among_people(given: Night) -> bool:
    return of_releases(given) and of_people(given)


def of_refused_batches(given: Night) -> bool:
    """Somebody starts an instance of a batch that is about to be deleted without force."""
    request = given.messages[0].request
    return (
        of_releases(given)
        and of_people(given)
        and request.get("snapshot") is False
        and not request.get("force")
    )


def of_people(given: Night) -> bool:
    return given.meddling > 0


def of_missing_pages(given: Night) -> bool:
    return any(isinstance(fault, MissingPage) for fault in given.faults)


def of_slow_deletions(given: Night) -> bool:
    return of_releases(given) and given.durations.deleting > timedelta(seconds=60)


def of_many_far_away(given: Night) -> bool:
    """More than can be read with their disks in 20 seconds."""
    return of_snapshots(given) and of_many(given) and given.latency > timedelta(seconds=0.1)


def of_lost_tags(given: Night) -> bool:
    return any(isinstance(fault, DroppedTags) for fault in given.faults)


def of_lists(given: Night) -> bool:
    return given.is_list


def of_caps(given: Night) -> bool:
    return given.operator.max_instances != 100


def of_capped_lists(given: Night) -> bool:
    return given.is_list and of_caps(given)


def of_shares(given: Night) -> bool:
    return bool(given.operator.max_percent)


def of_earlier_runs(given: Night) -> bool:
    return given.earlier is not None


def of_stops(given: Night) -> bool:
    return given.function == "stop"


def of_starts(given: Night) -> bool:
    return given.function == "start"


def of_only_tags(given: Night) -> bool:
    return bool(given.operator.only_tags)


def of_required_snapshots(given: Night) -> bool:
    return given.operator.snapshot_required and of_releases(given)


def of_bad_regions(given: Night) -> bool:
    return bool(given.bad_regions)


def of_odd_answers(given: Night) -> bool:
    return any(how == "surprise" for _, how in given.odd)


def of_hidden(given: Night) -> bool:
    return given.hidden > 0


def of_initializing(given: Night) -> bool:
    return bool(given.initializing)


def of_old_records(given: Night) -> bool:
    return given.dress.old_record


def of_hostile(given: Night) -> bool:
    return any(one.must_be for one in given.messages)


def of_any(_: Night) -> bool:
    return True
