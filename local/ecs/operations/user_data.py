"""DescribeUserData. Source: its page in the API reference."""

from __future__ import annotations

from local.ecs.account.state import JsonObject
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.request import Request


def describe_user_data(request: Request) -> JsonObject:
    """An instance's user data as given, in Base64; "" if there is none.

    Raises:
        EcsError: the region is absent, or the instance does not exist there.
    """
    region = request.region()
    instance = one_instance(request)
    return {
        "InstanceId": instance.instance_id,
        "RegionId": region,
        "UserData": instance.user_data,
    }
