"""The guards on a whole run: if one refuses, nothing is done at all.

Before any call: the event's age, the account, the regions. After the plan: the number cap, the
percentage cap, and a plan that was confirmed beforehand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from shared.action import RequestTime
from shared.base.errors import InvalidEvent, Refused
from shared.base.printable import counted
from shared.base.times import to_zone_text
from shared.domain.instance import Instance
from shared.domain.plan_id import digest_in, not_in_plan
from shared.request.request import Request
from shared.settings.settings import Settings

AHEAD_TOLERANCE = timedelta(minutes=5)
"""How far ahead of this machine's clock an event's time may be."""

PERCENT_FLOOR = 5
"""This many instances of a region may always change: in a fleet of eight, 20 % would be one."""

_NAMED = 5


def check_age(when: RequestTime) -> None:
    """Yesterday's "stop" must not fire at noon today.

    Raises:
        Refused: the event is older than CURFEW_MAX_EVENT_AGE.
        InvalidEvent: it is further in the future than a wrong clock explains.
    """
    age, settings = when.now - when.at, when.settings
    if age > settings.max_event_age:
        raise Refused(
            f"the event was sent at {_shown(when)}, {_span(age)} ago; at most "
            f"{_span(settings.max_event_age)} is allowed (CURFEW_MAX_EVENT_AGE). To run it anyway, "
            "send only the request, without the trigger's fields around it"
        )
    if -age > AHEAD_TOLERANCE:
        raise InvalidEvent(
            f"the event's time {_shown(when)} is {_span(-age)} ahead; at most 5 minutes are "
            "allowed for clocks that differ"
        )


def check_place(account: str, regions: Sequence[str], settings: Settings) -> None:
    """Only the operator's accounts and regions, if CURFEW_ACCOUNTS and CURFEW_REGIONS name any.

    Raises:
        Refused: it is another, or the account is unknown.
    """
    if settings.accounts and account not in settings.accounts:
        raise Refused(f"account {account or 'unknown'} is not among CURFEW_ACCOUNTS")
    for region in regions:
        if settings.regions and region not in settings.regions:
            raise Refused(f"region {region} is not among CURFEW_REGIONS")


class Spent:
    """What an invocation has changed or is about to change, over all of its messages.

    Attributes:
        ids: By region, the distinct instances.
        sizes: By region, how many instances it had when it was first counted.
    """

    def __init__(self) -> None:
        self.ids: dict[str, set[str]] = defaultdict(set)
        self.sizes: dict[str, int] = {}

    def add(self, to_change: Iterable[Instance]) -> None:
        """Count these from now on."""
        for one in to_change:
            self.ids[one.region].add(one.id)

    def total_with(self, to_change: Iterable[Instance], region: str | None = None) -> int:
        """How many distinct instances there would be with these, in one region or in all."""
        regions = self.ids if region is None else (region,)
        counted = {(each, one) for each in regions for one in self.ids.get(each, ())}
        counted |= {(one.region, one.id) for one in to_change if region in {None, one.region}}
        return len(counted)


def check_number(
    targets: Sequence[Instance], request: Request, settings: Settings, spent: Spent
) -> None:
    """No more instances than the request allows, nor than CURFEW_MAX_INSTANCES per invocation.

    Raises:
        Refused: more would change; all or nothing.
    """
    stated = request.max_instances
    if isinstance(stated, int) and stated <= settings.max_instances and len(targets) > stated:
        more = (
            f'If you mean all of them, set "max_instances": {len(targets)}; '
            if len(targets) <= settings.max_instances
            else ""
        )
        raise Refused(
            f"{counted(len(targets), 'instance')} would change, at most {stated} may "
            f"(max_instances of the request); nothing was done. {more}CURFEW_MAX_INSTANCES allows "
            f"{settings.max_instances} in one invocation"
        )
    total = spent.total_with(targets)
    if total > settings.max_instances and targets:
        earlier = f" with those of earlier messages {total}," if total > len(targets) else ""
        raise Refused(
            f"{counted(len(targets), 'instance')} would change,{earlier} at most "
            f"{settings.max_instances} may in one invocation (CURFEW_MAX_INSTANCES; a request can "
            "only lower it); nothing was done. Narrow the selection, or raise the variable if all "
            "are meant"
        )


def check_percent(targets: Sequence[Instance], spent: Spent, settings: Settings) -> None:
    """No more than CURFEW_MAX_PERCENT of any region's inventory, but always ``PERCENT_FLOOR``.

    Args:
        targets: The instances that would change.
        spent: What earlier messages have changed, and the size of each region.
        settings: The operator's choices.

    Raises:
        Refused: more would change in a region; all or nothing.
    """
    for region in dict.fromkeys(one.region for one in targets):
        total = spent.sizes[region]
        would_change = spent.total_with(targets, region)
        allowed = max(PERCENT_FLOOR, total * settings.max_percent // 100)
        if would_change > allowed:
            raise Refused(
                f"{would_change} of {counted(total, 'instance')} in {region} would change, at most "
                f"{allowed} may (CURFEW_MAX_PERCENT is {settings.max_percent}); nothing was done"
            )


def check_plan(members: Mapping[str, str], request_digest: str, request: Request) -> None:
    """A request that confirms a plan may change what that plan would change, and nothing else.

    Args:
        members: The instances that would change now, as ``plan_id.members_of`` has them.
        request_digest: The digest of the current request.
        request: The request, perhaps with a ``plan_id``.

    Raises:
        InvalidEvent: the ``plan_id`` is invalid.
        Refused: it belongs to another request, or other instances would change now.
    """
    if not isinstance(request.plan_id, str):
        return
    others = not_in_plan(request.plan_id, members)
    if digest_in(request.plan_id) != request_digest:
        raise Refused(
            "plan_id belongs to another request: action, regions and every field but dry_run, "
            "max_instances and notify must be as they were in the dry run"
        )
    if others:
        named = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
        raise Refused(
            f"{counted(len(others), 'instance')} would change that "
            f"{'is' if len(others) == 1 else 'are'} not in the plan: {named}; nothing was done. Do "
            "a new dry run and confirm that one"
        )


def _shown(when: RequestTime) -> str:
    """The event's time in the operator's zone."""
    return to_zone_text(when.at, when.settings.zone)


def _span(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    return f"{days} d {rest // 60} h" if days else f"{rest // 60} h {rest % 60} min"
