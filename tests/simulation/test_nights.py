from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import functions.release
import shared.ecs
import shared.failures
import shared.loop
import shared.plan
import shared.target
import shared.wire
from local.ecs.faults import DroppedTags, MissingPage
from shared.deeds import Outcome, Rejected
from shared.failures import Kind
from shared.guards import Guard, Harm
from shared.plan import Result, Row
from shared.selection import ByTagsAndName
from shared.steps import Call
from shared.target import Target
from tests.simulation.night import Night, night
from tests.simulation.play import failing, failure_of, play

NIGHTS = 2000
CHUNK = 250


@pytest.mark.parametrize("first", range(0, NIGHTS, CHUNK))
def test_the_laws_hold_in_every_night(first: int) -> None:
    assert failing(range(first, first + CHUNK)) == []


def test_the_same_seed_is_the_same_night() -> None:
    def told(seed: int) -> list[str]:
        lines: list[str] = []
        play(night(seed), lines.append)
        return lines

    assert [told(seed) for seed in range(20)] == [told(seed) for seed in range(20)]


def _no_guard_after_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.plan.left_alone

    def careless(instance: Any, rule: Any, _: Guard, now: Any) -> Row | None:  # noqa: ANN401  # passed on
        return honest(instance, rule, Guard(Harm.NONE), now)

    monkeypatch.setattr("shared.target.left_alone", careless)


def _a_request_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, kept = shared.wire.listed, dict[str, str]()

    def leaking(prefix: str, values: Any) -> dict[str, str]:  # noqa: ANN401  # passed on
        kept.update(honest(prefix, values))
        return dict(kept)

    monkeypatch.setattr("shared.deeds.listed", leaking)


def _a_lost_page(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.ecs.Ecs.pages

    def first_page_only(self: Any, *arguments: Any) -> Any:  # noqa: ANN401  # passed on
        for number, row in enumerate(honest(self, *arguments)):
            if number >= shared.ecs.PAGE:
                return
            yield row

    monkeypatch.setattr(shared.ecs.Ecs, "pages", first_page_only)


def _a_bisect_that_drops_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.target.Target.learn

    def forgetful(self: Any, call: Call, outcome: Outcome, batch: int, *rest: Any) -> None:  # noqa: ANN401  # passed on
        honest(self, call, outcome, batch, *rest)
        if isinstance(outcome, Rejected) and not outcome.alone and batch == 2:
            self.row = Row(self.instance, Result.CHANGED)

    monkeypatch.setattr(shared.target.Target, "learn", forgetful)


def _a_snapshot_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions.release, "_is_accomplished", lambda *_: True)


def _pending_counted_as_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shared.target.Target, "pending", lambda self: Row(self.instance, Result.CHANGED)
    )


def _no_second_opinion_on_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ecs.Ecs, "with_tags_checked", lambda _, instances: list(instances))


def _gone_for_good_at_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ecs.Ecs, "look_twice", shared.ecs.Ecs.look)


def _a_retry_that_gives_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shared.failures.MAX_TRIES, Kind.STATUS, 5)


def _disks_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.loop, "WITH_DISKS", 10_000)


def _a_guard_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guard, "reason", lambda _, one, __: "because" if "7" in one.name else "")


def _a_plan_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.loop._Run._act  # noqa: SLF001  # where it would happen

    def greedy(self: Any, wave: Any) -> None:  # noqa: ANN401  # passed on
        honest(self, wave)
        known = {one.instance.id for one in self.targets}
        now, rule = self.job.clock.now(), self.job.rule
        self.targets += [
            Target(one, rule.next_step(one, now), now)
            for one in self.job.ecs.inventory(ByTagsAndName((("team", None),))).values()
            if one.id not in known and not one.id.startswith("i-sim")
        ]

    monkeypatch.setattr(shared.loop._Run, "_act", greedy)  # noqa: SLF001  # likewise


def _of_many(given: Night) -> bool:
    return len(given.fleet) > shared.ecs.PAGE


def _of_releases(given: Night) -> bool:
    return given.function == "release" and given.request["dry_run"] is False


def _of_refused_batches(given: Night) -> bool:
    """Somebody starts an instance of a batch that is about to be deleted without force."""
    request = given.request
    return (
        _of_releases(given)
        and _of_people(given)
        and request.get("snapshot") is False
        and not request.get("force")
    )


def _of_people(given: Night) -> bool:
    return given.meddling > 0


def _of_missing_pages(given: Night) -> bool:
    return any(isinstance(fault, MissingPage) for fault in given.faults)


def _of_slow_deletions(given: Night) -> bool:
    return _of_releases(given) and given.durations.deleting > timedelta(seconds=60)


def _of_many_far_away(given: Night) -> bool:
    """More than can be read with their disks in 20 seconds."""
    return (
        _of_releases(given)
        and _of_many(given)
        and given.request.get("snapshot") is not False
        and given.request.get("max_instances") != 2
        and given.latency > timedelta(seconds=0.1)
    )


def _of_everybody(given: Night) -> bool:
    return given.request.get("tags") == {"team": "*"} and _of_people(given)


def _of_lost_tags(given: Night) -> bool:
    return any(isinstance(fault, DroppedTags) for fault in given.faults)


def _of_any(_: Night) -> bool:
    return True


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("mutate", "nights"),
    [
        (_no_guard_after_the_plan, _of_people),
        (_a_request_used_again, _of_any),
        (_a_lost_page, _of_many),
        (_a_bisect_that_drops_an_id, _of_refused_batches),
        (_a_snapshot_not_awaited, _of_releases),
        (_pending_counted_as_changed, _of_any),
        (_no_second_opinion_on_tags, _of_lost_tags),
        (_gone_for_good_at_the_first_look, _of_missing_pages),
        (_a_retry_that_gives_up_soon, _of_slow_deletions),
        (_disks_of_all_at_once, _of_many_far_away),
        (_a_guard_made_up, _of_any),
        (_a_plan_that_grows, _of_everybody),
    ],
    ids=lambda part: part.__name__.strip("_"),
)
def test_a_planted_bug_is_found(
    mutate: Callable[[pytest.MonkeyPatch], None],
    nights: Callable[[Night], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutate(monkeypatch)

    bad = next(
        (one for one in map(night, range(50 * NIGHTS)) if nights(one) and failure_of(one)), None
    )

    assert bad is not None
    assert failure_of(bad)
