"""The walk of one event, from its bytes to the answer: each step once, no way back.

parse the trigger → parse the request → settings → guards on the whole run → credentials →
select → guard and decide (the plan) → dry run: report; else converge → report → log → return or
raise. This is the only place where the pieces are put together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from shared.action import Action, Asked
from shared.answers import answer, http_answer
from shared.api import Api
from shared.clock import Clock, Deadline, SystemClock
from shared.ecs import Ecs
from shared.errors import CurfewError, InvalidEvent
from shared.events import Message, Trigger, parse
from shared.fleet import Fleet
from shared.guards import Guard
from shared.limits import check_age, check_number, check_percent, check_place, check_plan
from shared.log import Origin, log_error, log_plan, log_report
from shared.loop import SINGLES_AT_ONCE
from shared.parallel import Runner, threads
from shared.plan import dry_run_rows
from shared.plan_id import digest, make_plan_id
from shared.report import Report, worst_first
from shared.requests import R, Request, decode, require_cap_for_all
from shared.sdk import Connection, SdkTransport
from shared.settings import (
    Credentials,
    FcContext,
    Settings,
    read_credentials,
    read_settings,
    timeout_of,
)


def _connect(settings: Settings, credentials: Credentials) -> Connection:
    return SdkTransport(settings, credentials, connections=SINGLES_AT_ONCE)


class World(msgspec.Struct, frozen=True):
    """What a run touches outside itself; tests and the local tools bring their own.

    Attributes:
        clock: Makes the clock of one invocation.
        side_by_side: How several calls are made at once.
        connect: Makes the way to ECS.
        environ: The environment's variables.
    """

    clock: Callable[[], Clock] = SystemClock
    side_by_side: Runner = threads
    connect: Callable[[Settings, Credentials], Connection] = _connect
    environ: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)

    def __repr__(self) -> str:
        return "World(***)"  # the environment holds credentials


REAL_WORLD = World()


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
        CurfewError: one of its classes, see ``shared.errors``; never for an HTTP trigger whose
            event can be told as one.
    """
    try:
        parsed = parse(event)
    except InvalidEvent as error:
        log_error(_origin(action.name, context), error)
        raise
    invocation = _Invocation(action, context, world, parsed.trigger)
    try:
        if parsed.answers_http:
            return http_answer(parsed, invocation.report)
        return answer(parsed, invocation.report)
    finally:
        invocation.close()


class _Invocation:
    """One call of the function: one clock, one deadline, one way to ECS."""

    def __init__(
        self, action: Action[R], context: FcContext, world: World, trigger: Trigger
    ) -> None:
        self.action = action
        self.origin = _origin(action.name, context, trigger.value)
        self.context = context
        self.world = world
        self.clock = world.clock()
        self.deadline = Deadline.after(self.clock.now(), timeout_of(context))
        self._transport: Connection | None = None

    def report(self, message: Message | InvalidEvent) -> Report:
        """Do what one message asks, and log it.

        Raises:
            CurfewError: nothing came of it, and nothing was changed.
        """
        origin = self.origin
        try:
            if isinstance(message, InvalidEvent):
                raise message
            origin = msgspec.structs.replace(origin, event_id=message.event_id)
            report = self._run(message, origin)
        except CurfewError as error:
            log_error(origin, error)
            raise
        log_report(origin, report)
        return report

    def close(self) -> None:
        """Close the way to ECS, if there is one."""
        if self._transport is not None:
            self._transport.close()

    def _run(self, message: Message, origin: Origin) -> Report:
        started = self.clock.now()
        request = decode(self.action.request, message.request, self.action.name)
        settings = read_settings(self.world.environ)
        asked = Asked(message.sent_at or started, started, settings.zone)
        rule = self.action.rule(request, asked)
        regions = self._regions(request)
        self._check_run(request, settings, asked, regions)
        fleet = Fleet(
            rule=rule,
            guard=Guard(self.action.harm, settings.zone),
            sources=self._sources(settings, regions),
            disks=self.action.disks(request),
            clock=self.clock,
            deadline=self.deadline,
            side_by_side=self.world.side_by_side,
        )
        plan = fleet.plan(request.selection())
        asked_for = digest(self.action.name, regions, message.request)
        check_number(plan.targets, request, settings)
        if settings.max_percent and plan.targets:
            check_percent(plan.targets, fleet.inventory(), settings)
        check_plan(plan.targets, asked_for, request)
        dry_run = request.dry_run is True
        log_plan(origin, plan, dry_run=dry_run)
        rows = dry_run_rows(plan, rule, self.clock.now()) if dry_run else fleet.execute(plan)
        return Report(
            action=self.action.name,
            request_id=origin.request_id,
            dry_run=dry_run,
            rows=worst_first(rows),
            api_calls=sum(source.api.calls for source in fleet.sources),
            seconds=(self.clock.now() - started).total_seconds(),
            plan_id=make_plan_id(asked_for, (one.id for one in plan.targets)) if dry_run else "",
        )

    def _check_run(
        self, request: Request, settings: Settings, asked: Asked, regions: Sequence[str]
    ) -> None:
        """The guards on the whole run that need no look."""
        if not self.action.only_looks:
            require_cap_for_all(request)
        check_age(asked, settings)
        check_place(str(getattr(self.context, "account_id", "") or ""), regions, settings)

    def _regions(self, request: Request) -> tuple[str, ...]:
        if isinstance(request.regions, tuple):
            return tuple(dict.fromkeys(request.regions))
        region = getattr(self.context, "region", "") or self.world.environ.get("FC_REGION", "")
        if not region:
            raise InvalidEvent('the function\'s region is unknown; state "regions"')
        return (region,)

    def _sources(self, settings: Settings, regions: Sequence[str]) -> tuple[Ecs, ...]:
        if self._transport is None:
            credentials = read_credentials(self.context, self.world.environ)
            self._transport = self.world.connect(settings, credentials)
        return tuple(
            Ecs(
                Api(region, self._transport, self.clock, self.deadline),
                self.world.side_by_side,
            )
            for region in regions
        )


def _origin(action: str, context: FcContext, trigger: str = "") -> Origin:
    """What every line of the log says; a context that lacks a field leaves it empty."""
    return Origin(
        action=action,
        request_id=str(getattr(context, "request_id", "") or ""),
        retry_count=str(getattr(context, "retry_count", "") or ""),
        trigger=trigger,
    )
