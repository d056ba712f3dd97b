"""Bugs in what Curfew does and in how it ends, for the invariants of writes and ends to find."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

import functions.release
import functions.start
import shared.converge.fleet
import shared.converge.loop
import shared.converge.survey
import shared.converge.target
import shared.domain.guards
import shared.domain.plan
import shared.domain.retries
import shared.ecs.fields
import shared.ecs.inventory
import shared.run
import shared.run_guards
from shared.base.errors import Refused
from shared.converge.survey import Pause
from shared.converge.target import Target
from shared.domain.guards import Guard, Harm
from shared.domain.instance import SnapshotStatus
from shared.domain.outcome import Outcome, Rejected
from shared.domain.plan import Judge, Result, Row
from shared.domain.retries import Kind
from shared.domain.selection import ByTagsAndName
from shared.domain.steps import Call, Rule
from shared.ecs.disks import DiskReader
from shared.request.request import decode
from shared.settings.settings import read_settings
from tests.simulation import planted
from tests.simulation.planted import Planted, only


def _no_guard_after_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Target.decide

    def careless(self: Any, judge: Judge, now: datetime) -> None:  # noqa: ANN401  # passed on
        honest(self, msgspec.structs.replace(judge, guard=Guard(Harm.NONE)), now)

    monkeypatch.setattr(Target, "decide", careless)


def _no_selection_after_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.plan, "mismatch", lambda *_: "")


def _whoever_was_made_later_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.fleet.Fleet, "_is_late", lambda *_: False)


def _a_cap_that_a_request_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_request(targets: Any, request: Any, settings: Any, _: Any) -> None:  # noqa: ANN401  # passed on
        stated = request.max_instances
        if len(targets) > (stated if isinstance(stated, int) else settings.max_instances):
            raise Refused("too many")

    monkeypatch.setattr(shared.run, "check_number", by_request)


def _a_cap_for_each_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.run_guards.Spent, "add", lambda *_: None)


def _no_share_of_the_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.run, "check_percent", lambda *_: None)


def _snapshots_that_end_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions.release, "RETENTION_TOLERANCE", timedelta(days=100_000))


def _a_disk_that_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = functions.release.ReleaseRule._unchanged_since  # noqa: SLF001  # where it would happen

    def since(self: Any, instance: Any, disk: Any) -> datetime:  # noqa: ANN401  # passed on
        return honest(self, instance, msgspec.structs.replace(disk, attached_at=None))

    monkeypatch.setattr(functions.release.ReleaseRule, "_unchanged_since", since)


def _a_snapshot_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = functions.release.ReleaseRule._counting  # noqa: SLF001  # where it would happen

    def hasty(self: Any, *arguments: Any) -> Any:  # noqa: ANN401  # passed on
        return [SnapshotStatus.ACCOMPLISHED for _ in honest(self, *arguments)]

    monkeypatch.setattr(functions.release.ReleaseRule, "_counting", hasty)


def _misspelt_keys_that_guard_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.guards, "unknown_keys", lambda *_: [])


def _keys_compared_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.guards, "plain_key", lambda key: key)


def _nothing_that_keeps_a_machine_off(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded = msgspec.structs.replace(functions.start.ACTION, harm=Harm.NONE)
    monkeypatch.setattr(functions.start, "ACTION", unguarded)


def _only_tags_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_settings(monkeypatch, only_tags={})


def _snapshots_not_required(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_settings(monkeypatch, snapshot_required=False)


def _with_settings(monkeypatch: pytest.MonkeyPatch, **others: object) -> None:
    honest = read_settings

    def other(environ: Any) -> Any:  # noqa: ANN401  # passed on
        return msgspec.structs.replace(honest(environ), **others)

    monkeypatch.setattr(shared.run, "read_settings", other)


def _one_region_stops_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.survey, "_attempt", lambda look, *source: look(*source))


def _an_untyped_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def raw(_: Any, error: Exception, *__: Any, **___: Any) -> Any:  # noqa: ANN401  # passed on
        raise error

    monkeypatch.setattr(shared.run._Invocation, "unforeseen", raw)  # noqa: SLF001  # likewise
    monkeypatch.setattr(shared.converge.survey, "log_unforeseen", _raw_error)
    monkeypatch.setattr(shared.converge.loop, "log_unforeseen", _raw_error)


def _raw_error(error: Exception) -> str:
    """Not told as one of ours."""
    raise error


def _what_passes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shared.domain.retries.MAX_TRIES, Kind.BUSY, 5)


def _a_fresh_envelope_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.request.triggers.min", max, raising=False)


def _a_dry_run_that_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = decode

    def wet(request_type: Any, fields: Any, name: str) -> Any:  # noqa: ANN401  # passed on
        request = honest(request_type, fields, name)
        return msgspec.structs.replace(request, dry_run=False)

    monkeypatch.setattr(shared.run, "decode", wet)


def _any_message_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = decode

    def deaf(request_type: Any, fields: Any, name: str) -> Any:  # noqa: ANN401  # passed on
        return honest(request_type, {**fields, "action": name}, name)

    monkeypatch.setattr(shared.run, "decode", deaf)


def _a_request_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, kept = shared.ecs.fields.listed, dict[str, str]()

    def leaking(prefix: str, values: Any) -> dict[str, str]:  # noqa: ANN401  # passed on
        kept.update(honest(prefix, values))
        return dict(kept)

    monkeypatch.setattr("shared.ecs.changes.listed", leaking)


def _a_lost_page(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.ecs.inventory.Inventory.pages

    def first_page_only(self: Any, *arguments: Any) -> Any:  # noqa: ANN401  # passed on
        for number, row in enumerate(honest(self, *arguments)):
            if number >= shared.ecs.inventory.PAGE:
                return
            yield row

    monkeypatch.setattr(shared.ecs.inventory.Inventory, "pages", first_page_only)


def _a_bisect_that_drops_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Target.learn

    def forgetful(self: Any, call: Call, outcome: Outcome, batch: int, *rest: Any) -> None:  # noqa: ANN401  # passed on
        honest(self, call, outcome, batch, *rest)
        if isinstance(outcome, Rejected) and not outcome.alone and batch == 2:
            self.row = Row(self.instance, Result.CHANGED)

    monkeypatch.setattr(Target, "learn", forgetful)


def _no_second_opinion_on_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    def believing(_: Any, instances: Any) -> Any:  # noqa: ANN401  # passed on
        return [msgspec.structs.replace(one, tags_checked=True) for one in instances]

    monkeypatch.setattr(shared.ecs.inventory.Inventory, "with_tags_checked", believing)


def _a_token_used_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = functions.release.ReleaseRule._disk_snapshot  # noqa: SLF001  # where it would happen

    def ever(self: Any, *arguments: Any) -> Any:  # noqa: ANN401  # passed on
        some_day = self.kept_until.replace(year=2000, month=1, day=1)
        return honest(msgspec.structs.replace(self, kept_until=some_day), *arguments)

    monkeypatch.setattr(functions.release.ReleaseRule, "_disk_snapshot", ever)


def _a_message_of_when_its_turn_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = property(lambda self: self.clock.now(), lambda _, __: None)
    monkeypatch.setattr(shared.run._Invocation, "begun", begun, raising=False)  # noqa: SLF001  # likewise


def _a_dead_region_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shared.converge.fleet.Fleet, "_in_thirds", lambda self, _: self.deadline.work_until
    )


def _gone_for_good_at_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shared.ecs.inventory.Inventory, "look_twice", shared.ecs.inventory.Inventory.look
    )
    monkeypatch.setattr(shared.converge.survey.Waits, "wait", lambda _: Pause.ENOUGH)
    monkeypatch.setattr(shared.converge.target, "LOOK_AGAIN_AFTER", timedelta(0))


def _a_retry_that_gives_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shared.domain.retries.MAX_TRIES, Kind.STATUS, 5)


def _looks_that_grow_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.loop, "FRESH_FOR", timedelta(minutes=10))
    monkeypatch.setattr(Rule, "fresh_for", timedelta(minutes=10))
    monkeypatch.setattr(shared.converge.loop, "WITH_DISKS", 10_000)
    monkeypatch.setattr(DiskReader, "_still_as_they_were", lambda _, read: list(read))


def _a_guard_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guard, "reason", lambda _, one, __: "because" if "7" in one.name else "")


def _a_plan_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.converge.loop._Run._act  # noqa: SLF001  # where it would happen

    def greedy(self: Any, wave: Any) -> None:  # noqa: ANN401  # passed on
        honest(self, wave)
        known = {one.instance.id for one in self.targets}
        now, rule = self.job.clock.now(), self.job.judge.rule
        self.targets += [
            Target(one, rule.next_step(one, now), now, one)
            for one in self.job.inventory.select(
                ByTagsAndName((("team", None),))
            ).instances.values()
            if one.id not in known and not one.id.startswith("i-sim")
        ]

    monkeypatch.setattr(shared.converge.loop._Run, "_act", greedy)  # noqa: SLF001  # likewise


WRITES = (
    Planted(_no_guard_after_the_plan, planted.among_people, "protected"),
    Planted(_no_selection_after_the_plan, planted.among_people, "no longer selected"),
    Planted(
        _whoever_was_made_later_too, only(planted.of_late_events), "made after the event, since"
    ),
    Planted(_a_cap_that_a_request_raises, only(planted.of_caps), "touched, at most"),
    Planted(_a_cap_for_each_message, planted.of_capped_lists, "touched, at most"),
    Planted(_no_share_of_the_fleet, only(planted.of_shares), "touched, at most"),
    Planted(_snapshots_that_end_too_soon, only(planted.of_earlier_runs), "are kept"),
    Planted(
        _a_disk_that_was_away,
        only(planted.of_snapshots, planted.of_people),
        "has no snapshot since",
    ),
    Planted(_a_snapshot_not_awaited, only(planted.of_snapshots), "has no snapshot since"),
    Planted(_misspelt_keys_that_guard_nothing, planted.any_scenario, "a key is not understood"),
    Planted(_keys_compared_as_they_are, planted.any_scenario, "which was never so"),
    Planted(_nothing_that_keeps_a_machine_off, only(planted.of_starts), "kept off"),
    Planted(
        _only_tags_not_asked, only(planted.of_only_tags), "lacks what CURFEW_ONLY_TAGS asks for"
    ),
    Planted(
        _snapshots_not_required, only(planted.of_required_snapshots), "CURFEW_SNAPSHOT is required"
    ),
    Planted(_one_region_stops_all, only(planted.of_bad_regions), "in calm"),
    Planted(_a_dead_region_awaited, planted.of_dead_regions, "nothing was done for"),
    Planted(_a_token_used_for_ever, planted.of_expired_snapshots, "accepted 3 times"),
    Planted(
        _a_message_of_when_its_turn_comes, only(planted.of_lists_of_now), "made after the event"
    ),
    Planted(_an_untyped_end, only(planted.of_surprises), "is no error of ours"),
    Planted(_what_passes_fails, only(planted.of_initializing), "failed, though this passes"),
    Planted(_a_fresh_envelope_counts, only(planted.of_old_records), "for an event of"),
    Planted(_a_dry_run_that_acts, planted.any_scenario, "in a run that only looks"),
    Planted(_any_message_is_ours, only(planted.of_hostile), "for a message that is to end with"),
    Planted(_a_request_used_again, planted.any_scenario, ""),
    Planted(_a_lost_page, only(planted.of_many), ""),
    Planted(_a_bisect_that_drops_an_id, only(planted.of_refused_batches), ""),
    Planted(_no_second_opinion_on_tags, only(planted.of_lost_tags), ""),
    Planted(_gone_for_good_at_the_first_look, planted.of_missing_pages, ""),
    Planted(_a_retry_that_gives_up_soon, only(planted.of_slow_deletions), "tries, though"),
    Planted(_looks_that_grow_old, planted.of_many_far_away, ", since 20"),
    Planted(_a_guard_made_up, planted.any_scenario, ""),
    Planted(_a_plan_that_grows, planted.among_people, "touches what was not selected"),
)
