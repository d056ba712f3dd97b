"""Requests to Function Compute's invocation API, signed by hand in both versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from hashlib import sha256

from local.ecs.http.messages import HttpRequest
from local.ecs.http.signatures import acs3_signature, acs3_string_to_sign
from local.fc.signatures import v2_signature

KEY = "local"
V3 = "/2023-03-30/functions/curfew-describe/invocations"
V2 = "/2016-08-15/services/curfew/functions/describe/invocations"
EVENT = b'{"name": "prod-*"}'


def v3(
    path: str = V3,
    *,
    key: str = KEY,
    secret: str = KEY,
    headers: Mapping[str, str] | None = None,
    event: bytes = EVENT,
) -> HttpRequest:
    """A request signed as FC 3.0's SDK does."""
    stated = {
        "host": "127.0.0.1",
        "x-acs-action": "InvokeFunction",
        "x-acs-version": "2023-03-30",
        "x-acs-date": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": str(datetime.now(timezone.utc).timestamp()),
        "x-acs-content-sha256": sha256(event).hexdigest(),
        **(headers or {}),
    }
    names = ";".join(sorted(stated))
    request = HttpRequest("POST", path, stated, event)
    signature = acs3_signature(secret, acs3_string_to_sign(request, names))
    authorization = f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}"
    return replace(request, headers={**stated, "authorization": authorization})


def v2(
    path: str = V2,
    *,
    key: str = KEY,
    secret: str = KEY,
    headers: Mapping[str, str] | None = None,
) -> HttpRequest:
    """A request signed as aliyun-fc2 does."""
    stated = {
        "content-type": "application/json",
        "date": format_datetime(datetime.now(timezone.utc), usegmt=True),
        **(headers or {}),
    }
    request = HttpRequest("POST", path, stated, EVENT)
    authorization = f"FC {key}:{v2_signature(secret, request)}"
    return replace(request, headers={**stated, "authorization": authorization})
