"""Asking the gateway."""

from local.ecs.gateway.gateway import Answer, Gateway
from local.ecs.ram.caller import Caller

CALLER = Caller()
REGION = {"RegionId": "cn-hangzhou"}


def ask(gateway: Gateway, action: str, **parameters: str) -> Answer:
    return gateway.call(action, REGION | parameters, CALLER)


def stop(gateway: Gateway, instance_id: str) -> Answer:
    return ask(gateway, "StopInstance", InstanceId=instance_id)
