"""ModifyInstanceAutoReleaseTime, and the same time in RunInstances.

Source: ModifyInstanceAutoReleaseTime, API reference. The trap of this operation: a request without
a time *clears* the one that was set.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from local.ecs.account import lifecycle
from local.ecs.account.model import ChargeType
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.request import Request

SOONEST = timedelta(minutes=30)
LATEST_YEARS = 3

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def modify_instance_auto_release_time(request: Request) -> JsonObject:
    """Set the minute when one PostPaid instance is released, or clear it if no time is given.

    The instance's status, DeletionProtection and locks do not matter.

    Raises:
        EcsError: no such instance, a PrePaid one, or a time that is malformed, less than 30
            minutes or more than 3 years ahead.
    """
    parameters, state = request.parameters, request.state
    instance_id = parameters.required("InstanceId", Refusal.NO_RELEASE_INSTANCE_ID)
    instance = state.instances.find(instance_id, request.optional_region())
    request.authorize_instance(instance_id, instance)
    if instance is None or instance.deleting:
        raise Refusal.NO_SUCH_RESOURCE.error()
    if instance.charge_type is ChargeType.PRE_PAID:
        raise Refusal.CHARGE_TYPE.error()
    lifecycle.set_auto_release(state, instance, asked_time(request))
    return {}


def asked_time(request: Request) -> datetime | None:
    """``AutoReleaseTime`` as ECS keeps it, to the minute; None when there is none.

    The range applies to the stored time: 30 minutes and a few seconds ahead may be too soon.

    Raises:
        EcsError: it is malformed or out of range.
    """
    parameters, quirks = request.parameters, request.state.settings.quirks
    text = parameters.text("AutoReleaseTime")
    if not text:
        if parameters.given("AutoReleaseTime") and not quirks.empty_auto_release_time_clears:
            raise Refusal.AUTO_RELEASE_TIME.error()
        return None
    asked = _parse(text)
    now = request.state.now
    latest = _years_after(now, LATEST_YEARS)
    if asked > latest + timedelta(minutes=1):  # a later one might not be a valid date when rounded
        raise Refusal.AUTO_RELEASE_TIME.error()
    if quirks.auto_release_time_is_rounded:
        asked += timedelta(seconds=30)
    kept = asked.replace(second=0)
    if not now + SOONEST <= kept <= latest:
        raise Refusal.AUTO_RELEASE_TIME.error()
    return kept


def _parse(text: str) -> datetime:
    if not _FORM.fullmatch(text):
        raise Refusal.AUTO_RELEASE_TIME.error()
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refusal.AUTO_RELEASE_TIME.error() from None


def _years_after(now: datetime, years: int) -> datetime:
    """The same day some years on; a 29 February becomes a 28."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year + years, day=day)
