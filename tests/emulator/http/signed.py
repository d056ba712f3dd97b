"""Requests that are signed, as the tests of signatures take them."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from local.ecs.errors import EcsError
from local.ecs.http.signatures import (
    Credential,
    Verifier,
    rpc_signature,
    rpc_string_to_sign,
)
from local.ecs.ram.caller import Caller

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
CALLER = Caller("100000000000001")
KEY = Credential("testid", "testsecret", CALLER)
STS = Credential(
    "STS.abc",
    "testsecret",
    CALLER,
    security_token="token-1",
    expires_at=NOW + timedelta(hours=1),
)


def rpc(credential: Credential = KEY, /, method: str = "POST", **changes: str) -> dict[str, str]:
    """A signed RPC request's parameters."""
    parameters = {
        "Action": "DescribeRegions",
        "Version": "2014-05-26",
        "Format": "JSON",
        "AccessKeyId": credential.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "SignatureNonce": "nonce-1",
        "Timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **changes,
    }
    string_to_sign = rpc_string_to_sign(method, parameters)
    return {**parameters, "Signature": rpc_signature(credential.secret, string_to_sign)}


def verify_rpc(parameters: dict[str, str], *known: Credential, now: datetime = NOW) -> Caller:
    return Verifier(known or (KEY,)).verify_rpc("POST", parameters, now)


def refusal(verify: Callable[[], Caller]) -> tuple[int, str, str]:
    with pytest.raises(EcsError) as caught:
        verify()
    return caught.value.status, caught.value.code, caught.value.message
