"""GetCallerIdentity. Source: its page in the STS API reference."""

from __future__ import annotations

from local.ecs.account.state import JsonObject
from local.ecs.ram.caller import Caller
from local.ecs.rpc.request import Request


def get_caller_identity(request: Request) -> JsonObject:
    """Whose key signed the request; no permission is needed.

    Fields other than account, user and ARN follow the newest official SDK.
    """
    caller = request.caller
    user = caller.account_id if caller.principal_type == "Account" else caller.principal
    answer = {
        "AccountId": caller.account_id,
        "Arn": f"acs:ram::{caller.account_id}:{_resource(caller)}",
        "IdentityType": _KINDS.get(caller.principal_type, "Account"),
        "PrincipalId": user,
    }
    if caller.principal_type == "AssumedRoleUser":
        answer["RoleId"] = caller.principal.partition(":")[0]
    else:
        answer["UserId"] = user
    return answer


_KINDS = {"SubUser": "RAMUser", "AssumedRoleUser": "AssumedRoleUser"}


def _resource(caller: Caller) -> str:
    """The caller in the ARN: a role's session is ``assumed-role/ROLE/SESSION``."""
    if caller.principal_type == "AssumedRoleUser":
        return f"assumed-role/{caller.principal.replace(':', '/')}"
    return f"user/{caller.principal}" if caller.principal_type == "SubUser" else "root"
