"""DeleteInstance and DeleteInstances.

Sources: their pages in the API reference. An accepted deletion takes effect after a while: until
then the instance is listed, stopping or stopped, and refuses everything.
"""

from __future__ import annotations

from local.ecs.account import lifecycle
from local.ecs.account.model import ChargeType, Instance, LockReason, Status
from local.ecs.account.state import JsonObject
from local.ecs.errors import EcsError, Refusal
from local.ecs.rpc.instance_ids import instance_ids, one_instance
from local.ecs.rpc.request import Request, idempotent


def delete_instance(request: Request) -> JsonObject:
    """Release one stopped instance; with Force also a running one.

    Raises:
        EcsError: it cannot be released, or this is a dry run.
    """
    instance = one_instance(request)
    _check(request, instance)
    request.stop_if_dry_run()
    _delete(request, instance)
    return {}


@idempotent
def delete_instances(request: Request) -> JsonObject:
    """Release up to 100 instances of one region.

    The response says nothing about individual instances; whether an error blocks all of them is
    unconfirmed (`local.ecs.account.quirks.Quirks.delete_batch_is_atomic`).

    Raises:
        EcsError: the first refusal that any of them meets, or this is a dry run.
    """
    region = request.region()
    ids = instance_ids(request, Refusal.MALFORMED_DELETION_IDS)
    collection = request.state.instances
    request.authorize_batch({each: collection.find(each) for each in ids})
    if any(collection.region_of(each) not in {None, region} for each in ids):
        raise Refusal.SEVERAL_REGIONS.error()
    dry_run = request.parameters.flag("DryRun")
    good, refused = _sorted_out(request, ids)
    if refused is None:
        request.stop_if_dry_run(Refusal.DRY_RUN_OF_BATCH)
    if refused is None or not (request.state.settings.quirks.delete_batch_is_atomic or dry_run):
        for instance in good:
            _delete(request, instance)
    if refused is not None:
        raise refused
    return {}


def _sorted_out(request: Request, ids: tuple[str, ...]) -> tuple[list[Instance], EcsError | None]:
    """The instances that may be released, and the first refusal among the others."""
    good: list[Instance] = []
    refused: EcsError | None = None
    for each in ids:
        instance = request.state.instances.find(each)
        try:
            if instance is None:
                raise Refusal.UNKNOWN_INSTANCES.error()
            _check(request, instance)
        except EcsError as error:
            refused = refused or error
        else:
            good.append(instance)
    return good, refused


def _check(request: Request, instance: Instance) -> None:
    quirks = request.state.settings.quirks
    force = request.parameters.flag("Force")
    if instance.deletion_protection:
        raise Refusal.DELETION_PROTECTED.error()
    if quirks.security_lock_denies_deletion and instance.is_locked(LockReason.SECURITY):
        raise Refusal.LOCKED_FOR_SECURITY.error()
    if instance.charge_type is ChargeType.PRE_PAID and not _may_terminate(request, instance):
        raise Refusal.CHARGE_TYPE.error()
    if instance.deleting:
        if not quirks.repeated_deletion_succeeds:
            raise Refusal.INCORRECT_STATUS.error()
    elif instance.status is Status.PENDING:
        raise Refusal.INITIALIZING.error()
    elif instance.status not in ({Status.RUNNING, Status.STOPPED} if force else {Status.STOPPED}):
        raise Refusal.INCORRECT_STATUS.error()


def _may_terminate(request: Request, instance: Instance) -> bool:
    """Whether a subscription has expired and its termination was requested."""
    return instance.is_over(request.state.now) and request.parameters.flag("TerminateSubscription")


def _delete(request: Request, instance: Instance) -> None:
    by_force = request.parameters.flag("ForceStop", default=True)
    if not instance.deleting:
        lifecycle.begin_deletion(request.state, instance, by_force=by_force)
