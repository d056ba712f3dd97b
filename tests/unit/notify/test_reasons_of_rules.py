"""Every reason that a guard, a rule or a selection can give has its Chinese words.

The reasons are derived: rules are asked about every kind of instance. That nothing is left out is
proved from the other end: each piece of a sentence in their code must have come up in a reason.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from itertools import product
from typing import Any, Literal

import msgspec
import pytest

from functions.clear_auto_release import ClearAutoReleaseRule
from functions.release import ReleaseRule
from functions.set_auto_release import SetAutoReleaseRule
from shared.base.times import CHINA
from shared.domain import guards, instance, narrowing, power, selection, steps
from shared.domain.guards import TAG_GUARDS, Guard, Harm
from shared.domain.instance import (
    Bought,
    Disk,
    Instance,
    Snapshot,
    SnapshotStatus,
    Status,
    StoppedMode,
    after_transition,
)
from shared.domain.narrowing import Kept, Narrowing
from shared.domain.plan import LOST_TAGS, UNCONFIRMED_TAGS, UNSURE_TAGS, WatchOnly
from shared.domain.power import StartRule, StopRule
from shared.domain.selection import ByIds, ByTagsAndName
from shared.domain.steps import NoCall, Rule, in_words
from shared.notify.reasons import in_chinese
from tests.harness.actions import MODULES
from tests.unit.notify.runs import NOW

AS_THE_REPORT_HAS_THEM = {
    "DescribeRule",  # tells schedules, too
    "ScheduleRule",  # whose reasons are sentences of their own
    "Side",  # says what the rule of schedules, of stop or of start says
    "ExtendRule",  # has a page of its own, in both languages
}
"""The rules of which docs/reference says that their reasons stay English."""

CODE: dict[str, object] = {
    "guards": Guard,
    "narrowing": narrowing,
    "selection": selection,
    "in_doubt": guards.in_doubt,
    "not_understood": guards.not_understood,
    "stop": StopRule,
    "start": StartRule,
    "power": power,
    "rule": Rule,
    "in_words": steps.in_words,
    "watch": WatchOnly,
    "hindered": instance.hindered,
    "given_up": instance.given_up,
    "public_address": instance.public_address,
    "stopped_in_words": instance.stopped_in_words,
    **{name: MODULES[name] for name in ("release", "set_auto_release", "clear_auto_release")},
}
"""Where reasons are made."""

NO_REASONS = ("Request", "_rule", "_release_time", "_AT", "_AFTER")
"""What else stands in the modules of functions: what requests may say, and what is refused."""

SEEN = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, charge_type="PostPaid")
HOUR = timedelta(hours=1)
MODES = (StoppedMode.STOP_CHARGING, StoppedMode.KEEP_CHARGING, StoppedMode.NOT_APPLICABLE)
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"started_at": NOW - HOUR},
    "never-started": {},
    "just-started": {"started_at": NOW},
    "address": {"public_ip": "192.0.2.1"},
    "eip": {"eip": "192.0.2.2"},
    "subscription": {"charge_type": "PrePaid"},
    "local": {"has_local_disks": True},
    "classic": {"bought": Bought(network="classic")},
    "release-time": {"auto_release_at": NOW + 5 * HOUR},
    "soon-released": {"auto_release_at": NOW + timedelta(minutes=20)},
}


def disk(number: int, category: str = "cloud_essd", **fields: Any) -> Disk:  # noqa: ANN401  # any field
    return Disk(f"d-{number}", category, **{"deleted_with_instance": True, **fields})


def snapshots(status: SnapshotStatus, *, ends: bool) -> tuple[Snapshot, ...]:
    end = NOW + timedelta(days=7) if ends else None
    return (Snapshot("s-1", "d-1", status, NOW - timedelta(minutes=9), end),)


DISKS: tuple[tuple[Disk, ...] | None, ...] = (
    None,
    (),
    (disk(1),),
    (disk(1), disk(2)),
    (disk(1), disk(2, deleted_with_instance=False)),
    (disk(1, "local_ssd_pro"), disk(2, "ephemeral_ssd")),
    *(
        (disk(1, snapshots=snapshots(status, ends=ends)), *more)
        for status, ends, more in product(SnapshotStatus, (True, False), ((), (disk(2),)))
    ),
)


@lru_cache(maxsize=1)
def instances() -> tuple[Instance, ...]:
    return tuple(
        msgspec.structs.replace(SEEN, status=status, stopped_mode=mode, disks=disks, **fields)
        for status, mode, disks, fields in product(Status, MODES, DISKS, KINDS.values())
        if status is Status.STOPPED or mode is StoppedMode.NOT_APPLICABLE
    )


def rules() -> Iterator[Rule]:
    for force, mode, wait in product((True, False), (None, *MODES[:2]), (True, False)):
        yield StopRule(force, mode, wait)
        yield StartRule(wait)
    for force, snapshot in product((True, False), repeat=2):
        yield ReleaseRule(force, snapshot, 7, NOW + timedelta(days=7), NOW - HOUR, CHINA)
    kept: tuple[Literal["replace", "keep", "earlier", "later"], ...]
    kept = ("replace", "keep", "earlier", "later")
    for hours, may_move in product((0, 5, 9), (True, False)):
        yield from (
            SetAutoReleaseRule(NOW + hours * HOUR, if_set, may_move, CHINA) for if_set in kept
        )
    yield ClearAutoReleaseRule()


def asked(rule: Rule, one: Instance) -> Iterator[str]:
    """All that a rule says of an instance, and of what becomes of it."""
    step, after = rule.next_step(one, NOW), after_transition(one)
    off = [msgspec.structs.replace(one, status=Status.STOPPED, stopped_mode=mode) for mode in MODES]
    yield from (rule.way(one, NOW), rule.awaited(one), rule.unchanged(one), rule.left(one))
    yield from (rule.changed(one, later) for later in (one, after, *off))
    yield in_words(step)
    if not isinstance(step, NoCall):
        yield from (rule.told(in_words(step), ""), rule.told(in_words(step), in_words(step)))
        yield in_words(WatchOnly(rule).next_step(one, NOW))
    yield WatchOnly(rule).awaited(one)


def guarded() -> Iterator[str]:
    """All that guards say, and what stands before it where ECS releases all the same."""
    kinds: list[dict[str, Any]] = [
        *({"tags": {key: value}} for key, value in product(TAG_GUARDS, ("2030-01-01", "soon"))),
        {"tags": {"curfew:keepuntil": "", "acs:autoscaling:scalingGroupId": "asg-1"}},
        {"locks": ("financial", "security", "recycling"), "deletion_protection": True},
        {"charge_type": "PrePaid", "deletion_protection": True},
        {"charge_type": ""},
    ]
    for harm, fields, only, at in product(
        Harm, kinds, ({}, {"stage": "dev"}, {"stage": "*"}), (None, NOW + HOUR)
    ):
        one = msgspec.structs.replace(SEEN, auto_release_at=at, **fields)
        guard = Guard(harm, CHINA, only)
        yield from (guard.reason(one, NOW), guard.despite(one, NOW))


def left_out() -> Iterator[str]:
    """Why an instance is not meant, or not yet."""
    owner = (("owner", frozenset({"li.na"})),)
    narrowings = [
        *(Narrowing(kept) for kept in (Kept(frozenset({"i-1"})), Kept(tags=owner), Kept(name="*"))),
        *(Narrowing(older_than="14d", created_by=at) for at in (NOW, NOW - HOUR)),
        Narrowing(without_tags=("owner",)),
    ]
    selections: tuple[ByIds | ByTagsAndName, ...]
    selections = (ByIds(()), ByTagsAndName((("owner", frozenset({"x"})),)), ByTagsAndName((), "y"))
    shown = [
        msgspec.structs.replace(SEEN, tags=tags, created_at=at)
        for tags, at in product(({}, {"owner": "li.na"}), (None, NOW))
    ]
    why = {one.mismatch(seen) for one, seen in product(narrowings, shown)}
    why |= {selection.mismatch(one, seen) for one in selections for seen in shown}
    yield from (f"{was} selected: {one}" for was, one in product(("not", "no longer"), why - {""}))
    yield from (LOST_TAGS, UNCONFIRMED_TAGS, UNSURE_TAGS)


@lru_cache(maxsize=1)
def reasons() -> frozenset[str]:
    derived = {said for rule in rules() for one in instances() for said in asked(rule, one)}
    return frozenset({*derived, *guarded(), *left_out()} - {""})


def test_every_reason_is_chinese() -> None:
    assert len(reasons()) > 150
    assert sorted(one for one in reasons() if in_chinese(one).startswith("“")) == []


def test_no_rule_is_left_out() -> None:
    classes = {
        one.__name__
        for module in (*MODULES.values(), power)
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Rule) and one is not Rule
    }

    assert classes - AS_THE_REPORT_HAS_THEM == {type(one).__name__ for one in rules()}


@pytest.mark.parametrize("code", CODE.values(), ids=list(CODE))
def test_every_piece_of_a_sentence_has_come_up(code: object) -> None:
    everything = "\n".join(reasons())

    assert [piece for piece in pieces(code) if piece not in everything] == []


def pieces(code: object) -> Iterator[str]:
    """The texts of several words in some code, but for docstrings and what are no reasons."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))  # type: ignore[arg-type]  # modules, classes, functions
    top = [one for one in tree.body if not _name(one).endswith(NO_REASONS)]
    for node in (found for one in top for found in _without_docstrings(one)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (node.value.strip() for _ in range(" " in node.value.strip()))


def _name(node: ast.stmt) -> str:
    """What a statement defines; "" if it is no definition."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return str(getattr(node, "name", ""))


def _without_docstrings(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _without_docstrings(child)
