"""StopInstance(s), StartInstance(s), RebootInstance(s).

Sources: their pages in the API reference, "API behavior when an instance is locked". They only
    begin the change; ``CurrentStatus`` in a batch's response is the transitional one. RAM denies a
    batch as a whole, even with SuccessFirst.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum

from local.ecs.account import lifecycle
from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import (
    ChargeType,
    Instance,
    LockReason,
    NetworkType,
    Status,
    StoppedMode,
)
from local.ecs.account.state import JsonObject
from local.ecs.errors import EcsError, Refusal
from local.ecs.rpc.instance_ids import instance_ids, one_instance
from local.ecs.rpc.request import Request

Check = Callable[[Request, Instance], None]
Write = Callable[[Instance], Instance]


class BatchOptimization(Enum):
    """The effect of one failure on the rest of a batch."""

    ALL_TOGETHER = "AllTogether"
    SUCCESS_FIRST = "SuccessFirst"


class AskableStoppedMode(Enum):
    """The modes that a request may name."""

    KEEP_CHARGING = "KeepCharging"
    STOP_CHARGING = "StopCharging"


def stop_instance(request: Request) -> JsonObject:
    """Begin to stop one running instance.

    Raises:
        EcsError: it cannot be stopped, or this is a dry run.
    """
    return _one(request, _check_stop, _stopping(request))


def stop_instances(request: Request) -> JsonObject:
    """Begin to stop up to 100 instances of one region.

    Raises:
        EcsError: as `stop_instance`; with SuccessFirst only for the request as a whole.
    """
    return _batch(request, _check_stop, _stopping(request))


def start_instance(request: Request) -> JsonObject:
    """Begin to start one stopped instance.

    Raises:
        EcsError: it cannot be started, or this is a dry run.
    """
    return _one(request, _check_start, _starting(request))


def start_instances(request: Request) -> JsonObject:
    """Begin to start up to 100 instances of one region.

    Raises:
        EcsError: as `start_instance`; with SuccessFirst only for the request as a whole.
    """
    return _batch(request, _check_start, _starting(request))


def reboot_instance(request: Request) -> JsonObject:
    """Begin to reboot one running instance.

    Raises:
        EcsError: it cannot be rebooted, or this is a dry run.
    """
    request.parameters.flag("ForceStop")
    return _one(request, _check_reboot, _rebooting(request))


def reboot_instances(request: Request) -> JsonObject:
    """Begin to reboot up to 100 instances of one region.

    Raises:
        EcsError: as `reboot_instance`; with SuccessFirst only for the request as a whole.
    """
    request.parameters.flag("ForceReboot")
    return _batch(request, _check_reboot, _rebooting(request))


def _stopping(request: Request) -> Write:
    by_force = request.parameters.flag("ForceStop")
    asked = request.parameters.choice("StoppedMode", AskableStoppedMode, Refusal.INVALID_PARAMETER)
    mode = StoppedMode(asked.value) if asked else None
    return lambda instance: lifecycle.stop(request.state, instance, mode, by_force=by_force)


def _starting(request: Request) -> Write:
    return lambda instance: lifecycle.start(request.state, instance)


def _rebooting(request: Request) -> Write:
    return lambda instance: lifecycle.reboot(request.state, instance)


def _check_stop(request: Request, instance: Instance) -> None:
    quirks = request.state.settings.quirks
    mode = request.parameters.text("StoppedMode")
    _check_security(instance)
    if quirks.unpaid_instance_refuses_stop:
        _check_paid(instance, request.state.now)
    _check_status(instance, Status.RUNNING)
    if mode == StoppedMode.STOP_CHARGING.value and quirks.unsupported_stop_charging_is_refused:
        _check_stop_charging(instance)


def _check_start(request: Request, instance: Instance) -> None:
    _check_security(instance)
    if instance.is_over(request.state.now):
        raise Refusal.SUBSCRIPTION_OVER.error()
    _check_paid(instance, request.state.now)
    _check_status(instance, Status.STOPPED)


def _check_reboot(request: Request, instance: Instance) -> None:
    _check_security(instance)
    _check_paid(instance, request.state.now)
    _check_status(instance, Status.RUNNING)


def _check_stop_charging(instance: Instance) -> None:
    if instance.network is NetworkType.CLASSIC:
        raise Refusal.CLASSIC_STOP_CHARGING.error()
    if instance.charge_type is ChargeType.PRE_PAID:
        raise Refusal.PRE_PAID_STOP_CHARGING.error()
    if not INSTANCE_TYPES[instance.instance_type].supports_stop_charging:
        raise Refusal.LOCAL_DISK_STOP_CHARGING.error()


def _check_security(instance: Instance) -> None:
    if instance.is_locked(LockReason.SECURITY):
        raise Refusal.LOCKED_FOR_SECURITY.error()


def _check_paid(instance: Instance, now: datetime) -> None:
    if instance.is_locked(LockReason.FINANCIAL) or instance.is_over(now):
        raise Refusal.EXPIRED_OR_IN_ARREARS.error()


def _check_status(instance: Instance, expected: Status) -> None:
    if instance.deleting or instance.status is not expected:
        raise Refusal.INCORRECT_POWER_STATUS.error(
            status=instance.status.value, expected=expected.value
        )


def _one(request: Request, check: Check, write: Write) -> JsonObject:
    instance = one_instance(request)
    check(request, instance)
    request.stop_if_dry_run()
    write(instance)
    return {}


def _batch(request: Request, check: Check, write: Write) -> JsonObject:
    region = request.region()
    ids = instance_ids(request)
    optimization = request.parameters.choice(
        "BatchOptimization", BatchOptimization, Refusal.INVALID_PARAMETER
    )
    instances = {each: request.state.instances.find(each, region) for each in ids}
    request.authorize_batch(instances)
    if optimization is BatchOptimization.SUCCESS_FIRST:
        request.stop_if_dry_run(Refusal.DRY_RUN_OF_BATCH)
        entries = [_tried(request, item, check, write) for item in instances.items()]
    else:
        present = _all_present(instances)
        for instance in present:
            check(request, instance)
        request.stop_if_dry_run(Refusal.DRY_RUN_OF_BATCH)
        entries = [_entry(request, instance, write(instance)) for instance in present]
    return {"InstanceResponses": {"InstanceResponse": entries}}


def _all_present(instances: dict[str, Instance | None]) -> list[Instance]:
    present = [instance for instance in instances.values() if instance is not None]
    if len(present) < len(instances):
        raise Refusal.UNKNOWN_INSTANCES.error()
    return present


def _tried(
    request: Request, item: tuple[str, Instance | None], check: Check, write: Write
) -> JsonObject:
    """One entry of SuccessFirst: the result for this instance, independent of the others."""
    instance_id, instance = item
    try:
        if instance is None:
            raise Refusal.UNKNOWN_INSTANCE.error()
        check(request, instance)
    except EcsError as error:
        status = instance.status.value if instance is not None else ""
        return {
            "Code": error.code,
            "Message": error.message,
            "InstanceId": instance_id,
            "CurrentStatus": status,
            "PreviousStatus": status,
        }
    return _entry(request, instance, write(instance))


def _entry(request: Request, before: Instance, after: Instance) -> JsonObject:
    return {
        "Code": "200" if request.state.settings.quirks.code_is_text else 200,
        "Message": "success",
        "InstanceId": before.instance_id,
        "CurrentStatus": after.status.value,
        "PreviousStatus": before.status.value,
    }
