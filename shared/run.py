"""The path of one event, from its bytes to the response: each step once, never going back.

parse the trigger → parse the request → settings → guards on the whole run → credentials →
select → guard and decide (the plan) → dry run: report; else converge → report → log → return or
raise. This is the only place where the pieces are put together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.action import Action, RequestTime
from shared.base.clock import Deadline
from shared.base.errors import (
    UNFORESEEN,
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from shared.converge.fleet import Fleet
from shared.converge.survey import Waits
from shared.domain.misread import misread_tags
from shared.domain.plan import (
    Judge,
    Plan,
    Result,
    Row,
    dry_run_rows,
    rows_released_by,
    without_regions,
)
from shared.domain.plan_id import digest, make_plan_id, members_of
from shared.domain.selection import ByIds
from shared.domain.steps import DiskLook, Rule
from shared.report.log import Origin, log_error, log_plan, log_report, log_unforeseen
from shared.report.report import LIST_ROWS, MAX_ROWS, Report, what_next, worst_first
from shared.report.response import answer, http_answer
from shared.request.request import R, Request, decode, require_cap_for_all
from shared.request.triggers import Message, parse
from shared.run_days import EventDay, day_of
from shared.run_guards import Spent, check_age, check_number, check_percent, check_place, check_plan
from shared.settings.settings import FcContext, Settings, account_of, read_settings, timeout_of
from shared.world import REAL_WORLD, World

__all__ = ["REAL_WORLD", "World", "run"]


def run(
    action: Action[R], event: bytes, context: FcContext, world: World = REAL_WORLD
) -> dict[str, Any]:
    """Do what an event requests of an action, and respond in its trigger's format.

    Args:
        action: The function.
        event: The event as Function Compute delivers it.
        context: Function Compute's context.
        world: Everything outside the run.

    Returns:
        The report; for a list of messages ``{"outcome", "reports"}``; for an HTTP trigger, a
        response with either, or the error, as its body.

    Raises:
        CurfewError: one of its subclasses, see ``shared.base.errors``; never for an event that gets
            an HTTP response.
    """
    try:
        parsed = parse(event)
    except InvalidEvent as error:
        unread = _Invocation(action, context, world)
        log_error(unread.origin, error)
        unread.ends_early(error)
        raise
    invocation = _Invocation(action, context, world, parsed.trigger.value, len(parsed.messages))
    try:
        if parsed.answers_http:
            return http_answer(parsed, invocation.report)
        return answer(parsed, invocation.report, invocation.has_time)
    except CurfewError as error:
        invocation.ends_early(error)
        raise
    except Exception as error:  # noqa: BLE001  # no end is untyped, whatever is wrong
        typed = invocation.unforeseen(error, invocation.origin, writes_before=0)
        invocation.ends_early(typed)
        raise typed from None
    finally:
        invocation.close()


class _Asked(msgspec.Struct, frozen=True):
    """What one message requests, before anything was read.

    Attributes:
        digest: What its plan_id says about it.
        within: See ``Action.releases_within``.
        day: Whether it does nothing today.
        disks: Which disks the rule needs to see.
        prices: Whether rows have prices.
    """

    request: Request
    digest: str
    when: RequestTime
    regions: tuple[str, ...]
    within: timedelta | None
    rule: Rule
    day: EventDay
    disks: DiskLook
    prices: bool

    @property
    def dry_run(self) -> bool:
        """Is only the plan requested?"""
        return self.request.dry_run is True

    @property
    def released_by(self) -> datetime | None:
        """Instances released later than this get no row; None: every instance gets one."""
        return None if self.within is None else self.when.now + self.within

    def plan_id(self, plan: Plan) -> str:
        """The id that confirms its plan; "" unless it is a dry run for now."""
        if not self.dry_run or self.rule.moment(self.when.now) != self.when.now:
            return ""
        return make_plan_id(self.digest, members_of(self.rule, plan.to_change))


class _Invocation:
    """One invocation: one clock, one deadline, one pacer, one connection to ECS."""

    def __init__(
        self,
        action: Action[R],
        context: FcContext,
        world: World,
        trigger: str = "",
        messages: int = 1,
    ) -> None:
        self.action = action
        self.origin = Origin.of(action.name, context, trigger)
        self.rows_kept = min(MAX_ROWS, max(1, LIST_ROWS // messages))
        self.messages_left = messages
        self.may_tell = True
        self.context = context
        self.world = world
        self.clock = world.clock()
        self.begun = self.clock.now()
        timeout = timeout_of(context)
        self.telling = world.telling(self.clock, self.begun + timeout, account_of(context))
        notices_s = self.telling.longest_s if self.telling else 0
        self.deadline = Deadline.after(self.begun, timeout, notices_s=notices_s)
        self.spent = Spent()
        self.ecs = world.ecs(context, self.clock, self.deadline)
        self.waits = Waits(self.clock, self.deadline)

    def report(self, message: Message | InvalidEvent) -> Report:
        """Do what one message requests, and log it; after the last one, notify the channels.

        Raises:
            CurfewError: it failed and nothing was changed; or it is unknown what was changed.
        """
        self.may_tell = True
        try:
            whole = self._report(message)
        except CurfewError as error:
            self._ended(error)
            raise
        report = whole.cut_to(self.rows_kept)
        # An advance notice has every row.
        not_told = self._ended(whole if whole.released_by else report)
        return msgspec.structs.replace(report, warnings=(*report.warnings, *not_told))

    def ends_early(self, error: CurfewError) -> None:
        """Notify the channels of an error that ends the invocation early."""
        if self.telling and self.messages_left:
            sentence, _, _ = str(error).partition(' {"outcome": ')  # the rest are reports
            self.telling.add(type(error)(sentence))
            self.telling.tell(self.origin)

    def _ended(self, ending: Report | CurfewError) -> list[str]:
        """Record a message's outcome; after the last, also which channels were not reached."""
        self.messages_left -= 1
        if self.telling is None:
            return []
        if self.may_tell:
            self.telling.add(ending)
        return [] if self.messages_left else self.telling.tell(self.origin)

    def _report(self, message: Message | InvalidEvent) -> Report:
        if isinstance(message, InvalidEvent):
            log_error(self.origin, message)
            raise message
        origin = msgspec.structs.replace(self.origin, event_id=message.event_id)
        writes_before = self.ecs.sent().writes
        try:
            report = self._run(message, origin)
            if report.refusal:
                log_error(origin, Refused(report.refusal))
            log_report(origin, report)
        except CurfewError as error:
            log_error(origin, error)
            raise
        except Exception as error:  # noqa: BLE001  # no end is untyped, whatever is wrong
            raise self.unforeseen(error, origin, writes_before=writes_before) from None
        return report

    def unforeseen(self, error: Exception, origin: Origin, *, writes_before: int) -> CurfewError:
        """How the invocation ends after an unforeseen error, which is logged."""
        told = log_unforeseen(error)
        typed: CurfewError = Unavailable(f"{told}; nothing was changed")
        if self.ecs.sent().writes > writes_before:
            typed = Incomplete(f"{told}; what was done before is in the log")
        log_error(origin, typed)
        return typed

    def has_time(self) -> bool:
        """Is there time to begin another message?"""
        return self.clock.now() < self.deadline.work_until

    def close(self) -> None:
        """Close the connection to ECS, if any; a failure to do so changes no response."""
        try:
            self.ecs.close()
        except Exception as error:  # noqa: BLE001  # the answer is made
            log_unforeseen(error)

    def _run(self, message: Message, origin: Origin) -> Report:
        started, before = self.clock.now(), self.ecs.sent()
        asked = self._asked(message, started)
        if not asked.day.is_meant:
            return self._blank(asked, origin, started)
        fleet = self._fleet(asked)
        scene = fleet.look()
        plan, refusal = self._allowed(asked, fleet, scene.plan)
        log_plan(origin, plan, dry_run=asked.dry_run)
        rows = self._rows(asked, fleet, plan, is_refused=bool(refusal))
        released_by = asked.released_by if rows else None
        if released_by is not None:
            rows = rows_released_by(rows, released_by)
        rows, on_prices = self.ecs.priced(rows, fleet.sources) if asked.prices else (rows, [])
        can_be_confirmed = not (refusal or scene.unread)
        ended = self.clock.now()
        blank = self._blank(asked, origin, ended)
        return msgspec.structs.replace(
            blank,
            rows=worst_first(rows),
            api_calls=self.ecs.sent().calls - before.calls,
            plan_id=asked.plan_id(plan) if can_be_confirmed else "",
            warnings=(
                *blank.warnings,
                *scene.warnings,
                *asked.rule.warnings((row.instance for row in rows), ended),
                *misread_tags(rows, fleet.judge.guard),
                *what_next(rows, scene.unread, dry_run=asked.dry_run),
                *on_prices,
            ),
            refusal=refusal,
            unread=scene.unread,
            calendar_until=asked.rule.calendar_until(),
            released_by=released_by,
        )

    def _asked(self, message: Message, started: datetime) -> _Asked:
        """What a message requests, if the run guards that need no read allow it."""
        request = decode(self.action.request, message.request, self.action.name)
        self.may_tell = request.notify
        settings = read_settings(self.world.environ)
        # A message without a time counts from delivery, not from when its turn in a list comes.
        when = RequestTime(message.sent_at or self.begun, started, settings)
        regions = self._regions(request)
        if not self.action.only_reads:
            require_cap_for_all(request)
        check_age(when)
        check_place(account_of(self.context), regions, settings)
        return _Asked(
            request=request,
            digest=digest(self.action.name, regions, message.request),
            when=when,
            regions=regions,
            within=self.action.releases_within(request),
            rule=self.action.rule(request, when),
            day=day_of(request, when, self.action.harm),
            disks=self.action.disks(request),
            prices=self.action.prices(request),
        )

    def _blank(self, asked: _Asked, origin: Origin, ended: datetime) -> Report:
        """The report before anything was read; on a day that is not selected, the final one."""
        settings = asked.when.settings
        return Report(
            action=self.action.name,
            request_id=origin.request_id,
            dry_run=asked.dry_run,
            rows=(),
            api_calls=0,
            seconds=(ended - asked.when.now).total_seconds(),
            ended_at=ended,
            zone=settings.zone,
            show_tags=settings.show_tags,
            warnings=(*(self.telling.problems if self.telling else ()), *asked.day.warnings),
            rests=not asked.day.is_meant,
        )

    def _fleet(self, asked: _Asked) -> Fleet:
        """Which instances are requested, and where."""
        when, settings = asked.when, asked.when.settings
        selection = asked.request.selection()
        by_ids = isinstance(selection, ByIds)
        others = sorted(settings.regions.difference(asked.regions)) if by_ids else []
        guard = self.action.guard(settings)
        return Fleet(
            judge=Judge(selection, asked.request.narrowing(when.at), guard, asked.rule),
            sources=tuple(self.ecs.inventory(region, settings) for region in asked.regions),
            others=tuple(self.ecs.client(region, settings) for region in others),
            born_by=None
            if by_ids or self.action.only_reads
            else when.at.replace(second=0, microsecond=0),
            disks=asked.disks,
            clock=self.clock,
            deadline=self.deadline,
            wait=self.waits.wait,
            side_by_side=self.world.side_by_side,
        )

    def _allowed(self, asked: _Asked, fleet: Fleet, plan: Plan) -> tuple[Plan, str]:
        """The plan as far as the guards on its size allow, and why they refuse it, if they do."""
        settings = asked.when.settings
        try:
            check_number(plan.to_change, asked.request, settings, self.spent)
            if settings.max_percent and plan.to_change:
                plan = self._check_percent(plan, fleet, settings)
            check_plan(members_of(asked.rule, plan.to_change), asked.digest, asked.request)
        except Refused as error:
            return plan, str(error)
        return plan, ""

    def _rows(self, asked: _Asked, fleet: Fleet, plan: Plan, *, is_refused: bool) -> Sequence[Row]:
        """The result for each instance; raises as ``_execute`` does."""
        if asked.dry_run or is_refused:
            return dry_run_rows(plan, asked.rule, self.clock.now())
        return self._execute(fleet, plan)

    def _execute(self, fleet: Fleet, plan: Plan) -> Sequence[Row]:
        """Carry the plan out.

        Raises:
            Unavailable: something unforeseen happened before any write was sent.
        """
        self.spent.add(plan.to_change)
        writes_before = self.ecs.sent().writes
        try:
            rows = fleet.execute(plan)
        except Exception as error:  # noqa: BLE001  # the rows must be told, whatever happens
            told = log_unforeseen(error)
            unsettled = (*plan.to_change, *plan.awaited)
            rows = [*plan.left_alone, *(Row(one, Result.FAILED, told) for one in unsettled)]
        settled = {row.instance.id for row in plan.left_alone}
        ends = [row.reason for row in rows if row.instance.id not in settled]
        nothing_sent = self.ecs.sent().writes == writes_before
        if ends and nothing_sent and all(one.startswith(UNFORESEEN) for one in ends):
            raise Unavailable(f"{ends[0]}; nothing was changed")
        return rows

    def _check_percent(self, plan: Plan, fleet: Fleet, settings: Settings) -> Plan:
        """The plan without the regions that could not be counted.

        Raises:
            Refused: more of a region than CURFEW_MAX_PERCENT would change.
        """
        uncounted = {one.region for one in plan.to_change} - self.spent.sizes.keys()
        sizes, problems = fleet.sizes(uncounted)
        self.spent.sizes |= sizes
        plan = without_regions(plan, problems)
        check_percent(plan.to_change, self.spent, settings)
        return plan

    def _regions(self, request: Request) -> tuple[str, ...]:
        if isinstance(request.regions, tuple):
            return tuple(dict.fromkeys(request.regions))
        region = getattr(self.context, "region", "") or self.world.environ.get("FC_REGION", "")
        if not region:
            raise InvalidEvent('the function\'s region is unknown; specify "regions"')
        return (region,)
