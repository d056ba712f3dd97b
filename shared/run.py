"""The walk of one event, from its bytes to the answer: each step once, no way back.

parse the trigger → parse the request → settings → guards on the whole run → credentials →
select → guard and decide (the plan) → dry run: report; else converge → report → log → return or
raise. This is the only place where the pieces are put together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from shared.action import Action, RequestTime
from shared.clock import Deadline
from shared.converge.fleet import Fleet
from shared.converge.survey import Pause
from shared.converge.target import LOOK_AGAIN_AFTER
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
from shared.domain.steps import DiskLook
from shared.ecs.client import Client
from shared.ecs.inventory import Inventory
from shared.ecs.transport import Connection
from shared.errors import UNFORESEEN, CurfewError, Incomplete, InvalidEvent, Refused, Unavailable
from shared.report.log import Origin, log_error, log_plan, log_report, log_unforeseen
from shared.report.report import LIST_ROWS, MAX_ROWS, Report, what_next, worst_first
from shared.report.response import answer, http_answer
from shared.request.request import R, Request, decode, require_cap_for_all
from shared.request.triggers import Message, parse
from shared.run_days import day_of
from shared.run_guards import Spent, check_age, check_number, check_percent, check_place, check_plan
from shared.settings import FcContext, Settings, read_credentials, read_settings, timeout_of
from shared.world import REAL_WORLD, World

__all__ = ["REAL_WORLD", "World", "run"]

MAX_WAITS = 6
"""How often an invocation waits for unknown ids to show."""

if TYPE_CHECKING:  # few runs ask for prices, and only those load what it takes
    from shared.ecs.prices import PriceBook


def run(
    action: Action[R], event: bytes, context: FcContext, world: World = REAL_WORLD
) -> dict[str, Any]:
    """Do what an event asks of an action, and answer in the form of its trigger.

    Args:
        action: The function.
        event: The event as Function Compute delivers it.
        context: Function Compute's context.
        world: What there is outside.

    Returns:
        The report; of a list of messages ``{"outcome", "reports"}``; for an HTTP trigger its
        answer with either, or the error, as body.

    Raises:
        CurfewError: one of its classes, see ``shared.errors``; never for an event that is answered
            as HTTP.
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


class _Invocation:
    """One call of the function: one clock, one deadline, one pace, one way to ECS."""

    def __init__(
        self,
        action: Action[R],
        context: FcContext,
        world: World,
        trigger: str = "",
        messages: int = 1,
    ) -> None:
        self.action = action
        self.origin = _origin(action.name, context, trigger)
        self.rows_kept = min(MAX_ROWS, max(1, LIST_ROWS // messages))
        self.messages_left = messages
        self.may_tell = True
        self.context = context
        self.world = world
        self.clock = world.clock()
        self.begun = self.clock.now()
        timeout = timeout_of(context)
        self.telling = world.telling(self.clock, self.begun + timeout, _account(context))
        notices_s = self.telling.longest_s if self.telling else 0
        self.deadline = Deadline.after(self.begun, timeout, notices_s=notices_s)
        self.spent = Spent()
        self.waits = 0
        self._transport: Connection | None = None
        self._clients: dict[str, Client] = {}
        self._prices: PriceBook | None = None

    def report(self, message: Message | InvalidEvent) -> Report:
        """Do what one message asks, and log it; after the last of them the channels are told.

        Raises:
            CurfewError: nothing came of it, and nothing was changed; or what was changed cannot
                be told.
        """
        self.may_tell = True
        try:
            whole = self._report(message)
        except CurfewError as error:
            self._ended(error)
            raise
        report = whole.cut_to(self.rows_kept)
        # Who is about to be released is told of to the last row.
        not_told = self._ended(whole if whole.released_by else report)
        return msgspec.structs.replace(report, warnings=(*report.warnings, *not_told))

    def ends_early(self, error: CurfewError) -> None:
        """Tell the channels of what ends the invocation before its last message has ended."""
        if self.telling and self.messages_left:
            sentence, _, _ = str(error).partition(' {"outcome": ')  # what follows are reports
            self.telling.add(type(error)(sentence))
            self.telling.tell(self.origin)

    def _ended(self, ending: Report | CurfewError) -> list[str]:
        """Note what became of a message; after the last, which channels could not be told."""
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
        writes_before = self._sent()[1]
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
        """What the invocation ends with after an error that nothing foresees; it is logged."""
        told = log_unforeseen(error)
        typed: CurfewError = Unavailable(f"{told}; nothing was changed")
        if self._sent()[1] > writes_before:
            typed = Incomplete(f"{told}; what was done before is in the log")
        log_error(origin, typed)
        return typed

    def has_time(self) -> bool:
        """Is there time to begin another message?"""
        return self.clock.now() < self.deadline.work_until

    def close(self) -> None:
        """Close the way to ECS, if there is one; that it cannot be closed changes no answer."""
        try:
            if self._transport is not None:
                self._transport.close()
        except Exception as error:  # noqa: BLE001  # the answer is made
            log_unforeseen(error)

    def _run(self, message: Message, origin: Origin) -> Report:
        started, before = self.clock.now(), self._sent()
        request = decode(self.action.request, message.request, self.action.name)
        self.may_tell = request.notify
        settings = read_settings(self.world.environ)
        # What has no time is of the delivery, not of when its turn in a list comes.
        when = RequestTime(message.sent_at or self.begun, started, settings)
        regions = self._regions(request)
        self._check_run(request, when, regions)
        within = self.action.releases_within(request)
        rule = self.action.rule(request, when)
        day = day_of(request, when, self.action.harm)
        blank = Report(
            action=self.action.name,
            request_id=origin.request_id,
            dry_run=request.dry_run is True,
            rows=(),
            api_calls=0,
            seconds=0.0,
            ended_at=started,
            zone=settings.zone,
            show_tags=settings.show_tags,
            warnings=(*(self.telling.problems if self.telling else ()), *day.warnings),
            rests=not day.is_meant,
        )
        if blank.rests:
            return blank
        guard = self.action.guard(settings)
        judge = Judge(request.selection(), request.narrowing(when.at), guard, rule)
        fleet = self._fleet(judge, self.action.disks(request), when, regions)
        scene = fleet.look()
        plan, refusal = scene.plan, ""
        asked_for = digest(self.action.name, regions, message.request)
        try:
            check_number(plan.to_change, request, settings, self.spent)
            if settings.max_percent and plan.to_change:
                plan = self._check_percent(plan, fleet, settings)
            check_plan(members_of(rule, plan.to_change), asked_for, request)
        except Refused as error:
            refusal = str(error)
        dry_run = request.dry_run is True
        log_plan(origin, plan, dry_run=dry_run)
        if dry_run or refusal:
            rows: Sequence[Row] = dry_run_rows(plan, rule, self.clock.now())
        else:
            self.spent.add(plan.to_change)
            rows = self._execute(fleet, plan, writes_before=before[1])
        released_by = started + within if within is not None and rows else None
        if released_by is not None:
            rows = rows_released_by(rows, released_by)
        rows, on_prices = self._priced(rows, fleet) if self.action.prices(request) else (rows, [])
        is_of_now = rule.moment(started) == started
        confirmable = dry_run and not refusal and not scene.unread and is_of_now
        return msgspec.structs.replace(
            blank,
            rows=worst_first(rows),
            api_calls=self._sent()[0] - before[0],
            seconds=(self.clock.now() - started).total_seconds(),
            ended_at=self.clock.now(),
            plan_id=make_plan_id(asked_for, members_of(rule, plan.to_change))
            if confirmable
            else "",
            warnings=(
                *blank.warnings,
                *scene.warnings,
                *rule.warnings((row.instance for row in rows), self.clock.now()),
                *misread_tags(rows, judge.guard),
                *what_next(rows, scene.unread, dry_run=dry_run),
                *on_prices,
            ),
            refusal=refusal,
            unread=scene.unread,
            calendar_until=rule.calendar_until(),
            released_by=released_by,
        )

    def _execute(self, fleet: Fleet, plan: Plan, *, writes_before: int) -> Sequence[Row]:
        """Carry the plan out.

        Raises:
            Unavailable: something unforeseen happened before anything was sent that changes.
        """
        try:
            rows = fleet.execute(plan)
        except Exception as error:  # noqa: BLE001  # the rows must be told, whatever happens
            told = log_unforeseen(error)
            unsettled = (*plan.to_change, *plan.awaited)
            rows = [*plan.left_alone, *(Row(one, Result.FAILED, told) for one in unsettled)]
        settled = {row.instance.id for row in plan.left_alone}
        ends = [row.reason for row in rows if row.instance.id not in settled]
        nothing_sent = self._sent()[1] == writes_before
        if ends and nothing_sent and all(one.startswith(UNFORESEEN) for one in ends):
            raise Unavailable(f"{ends[0]}; nothing was changed")
        return rows

    def _priced(self, rows: Sequence[Row], fleet: Fleet) -> tuple[Sequence[Row], list[str]]:
        """The rows with their list prices, and what is to be said of prices that are not known."""
        from shared.ecs.prices import PriceBook  # noqa: PLC0415  # few runs ask for prices

        self._prices = self._prices or PriceBook()
        now = self.clock.now()
        until = now + (self.deadline.work_until - now) / 3
        return self._prices.priced(rows, fleet.sources, until)

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

    def _check_run(self, request: Request, when: RequestTime, regions: Sequence[str]) -> None:
        """The guards on the whole run that need no look."""
        if not self.action.only_reads:
            require_cap_for_all(request)
        check_age(when)
        check_place(_account(self.context), regions, when.settings)

    def _regions(self, request: Request) -> tuple[str, ...]:
        if isinstance(request.regions, tuple):
            return tuple(dict.fromkeys(request.regions))
        region = getattr(self.context, "region", "") or self.world.environ.get("FC_REGION", "")
        if not region:
            raise InvalidEvent('the function\'s region is unknown; specify "regions"')
        return (region,)

    def _fleet(
        self, judge: Judge, disks: DiskLook, when: RequestTime, regions: Sequence[str]
    ) -> Fleet:
        settings = when.settings
        others = sorted(settings.regions.difference(regions))
        by_ids = isinstance(judge.selection, ByIds)
        return Fleet(
            judge=judge,
            sources=tuple(
                Inventory(self._client(region, settings), self.world.side_by_side)
                for region in regions
            ),
            others=tuple(self._client(region, settings) for region in others) if by_ids else (),
            born_by=None
            if by_ids or self.action.only_reads
            else when.at.replace(second=0, microsecond=0),
            disks=disks,
            clock=self.clock,
            deadline=self.deadline,
            wait=self._wait,
            side_by_side=self.world.side_by_side,
        )

    def _wait(self) -> Pause:
        """Wait before who is missing is looked for again, if there is time for it.

        A list of messages waits a few times only, or its unknown ids would take all of its time.
        Beyond that two looks at once must do: the next delivery could wait no more often.
        """
        if self.waits >= MAX_WAITS:
            return Pause.ENOUGH
        again_at = self.clock.now() + LOOK_AGAIN_AFTER
        third = (self.deadline.work_until - self.clock.now()) / 3
        if again_at > self.clock.now() + third:
            return Pause.NO_TIME
        self.waits += 1
        self.clock.sleep(LOOK_AGAIN_AFTER.total_seconds())
        return Pause.OVER

    def _client(self, region: str, settings: Settings) -> Client:
        """The region's calls, the same for all messages: they share its pace."""
        if self._transport is None:
            credentials = read_credentials(self.context, self.world.environ)
            self._transport = self.world.connect(settings, credentials)
        if region not in self._clients:
            self._clients[region] = Client(region, self._transport, self.clock, self.deadline)
        return self._clients[region]

    def _sent(self) -> tuple[int, int]:
        """How many calls, and how many that change something, this invocation has sent."""
        clients = self._clients.values()
        return sum(one.calls for one in clients), sum(one.writes for one in clients)


def _account(context: FcContext) -> str:
    return str(getattr(context, "account_id", "") or "")


def _origin(action: str, context: FcContext, trigger: str = "") -> Origin:
    """What every line of the log says; a context that lacks a field leaves it empty."""
    return Origin(
        action=action,
        request_id=str(getattr(context, "request_id", "") or ""),
        retry_count=str(getattr(context, "retry_count", "") or ""),
        trigger=trigger,
    )
