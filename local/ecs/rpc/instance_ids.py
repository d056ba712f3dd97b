"""Which instances a request names."""

from __future__ import annotations

from local.ecs.account.model import Instance
from local.ecs.errors import Refusal
from local.ecs.rpc.parameters import MAX_IDS
from local.ecs.rpc.request import Request


def instance_ids(
    request: Request, malformed: Refusal = Refusal.MALFORMED_INSTANCE_IDS
) -> tuple[str, ...]:
    """``InstanceId.N``: 1 to 100 ids, each counted once.

    Raises:
        EcsError: there are none or too many, or one is not in the form of an id.
    """
    given = request.parameters.repeated("InstanceId")
    if not given:
        raise Refusal.NO_INSTANCE_IDS.error()
    if len(given) > MAX_IDS:
        raise Refusal.TOO_MANY_INSTANCE_IDS.error()
    ids = tuple(dict.fromkeys(given))
    repeated = len(ids) < len(given) and request.state.settings.quirks.duplicate_ids_are_refused
    if repeated or not all(each.startswith("i-") for each in ids):
        raise malformed.error()
    return ids


def one_instance(request: Request, unknown: Refusal = Refusal.UNKNOWN_INSTANCE) -> Instance:
    """The instance ``InstanceId``, in ``RegionId`` if given, with RAM's permission.

    Raises:
        EcsError: the id is absent or unknown, or RAM denies.
    """
    instance_id = request.parameters.required("InstanceId")
    instance = request.state.instances.find(instance_id, request.optional_region())
    request.authorize_instance(instance_id, instance)
    if instance is None:
        raise unknown.error()
    return instance
