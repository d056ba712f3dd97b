"""A simulated HTTP trigger: a request becomes the function's event, its result a response.

The event is that of FC 3.0's built-in runtimes ("HTTP trigger", FC docs): ``version`` v1, ``body``
as text or base64, the headers' names in their canonical case. The answer is an object with
``statusCode``, ``headers``, ``body`` and ``isBase64Encoded``; any other is the body itself. That a
failing function results in a 502 is unverified.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from local.ecs.http.messages import HttpReply, HttpRequest
from local.fc.runtime import Outcome

PROXY = "proxy/"
"""The path prefix of HTTP triggers, after the API's version ("HTTP trigger", FC 2.0 docs)."""
FAILED = 502


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    """A function's response to an HTTP trigger."""

    status_code: Annotated[int, msgspec.Meta(ge=100, le=599)]
    headers: dict[str, str] = {}
    body: str = ""
    is_base64_encoded: bool = False


def http_event(
    request: HttpRequest, path: str, *, account_id: str, request_id: str, now: datetime
) -> bytes:
    """The event that an HTTP request becomes.

    Args:
        request: as it arrived.
        path: the function's part of its path, from its first slash.
        account_id: the function's account.
        request_id: the invocation's.
        now: when it arrived, aware.
    """
    host = request.headers.get("host", "")
    body, is_base64 = _text(request.body)
    event: dict[str, Any] = {
        "version": "v1",
        "rawPath": path,
        "headers": {_canonical(name): value for name, value in request.headers.items()},
        "queryParameters": request.query(),
        "body": body,
        "isBase64Encoded": is_base64,
        "requestContext": {
            "accountId": account_id,
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "timeEpoch": str(int(now.timestamp() * 1000)),
        },
    }
    return json.dumps(event).encode()


def http_reply(outcome: Outcome, headers: Mapping[str, str]) -> HttpReply:
    """What a waiting caller of an HTTP trigger receives.

    Args:
        outcome: the outcome of the invocation.
        headers: Function Compute's own.
    """
    if not outcome.ok:
        return HttpReply(FAILED, headers, outcome.body)
    try:
        answer = msgspec.json.decode(outcome.body, type=_Answer)
        body = b64decode(answer.body) if answer.is_base64_encoded else answer.body.encode()
    except ValueError:
        return HttpReply(200, headers, outcome.body)
    return HttpReply(answer.status_code, {**headers, **answer.headers}, body)


def _text(body: bytes) -> tuple[str, bool]:
    """A body as in an event, and whether it is in base64."""
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return b64encode(body).decode(), True


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
