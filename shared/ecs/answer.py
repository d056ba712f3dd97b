"""ECS's response: the JSON object of a success, or why there is none. Pure.

Texts that ECS repeats from elsewhere, such as names, are passed on without anything that takes
effect on a terminal or in a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.base.printable import printable
from shared.ecs.decompression import unpacked
from shared.ecs.masking import masked, masked_json
from shared.ecs.transport import Denial, ErrorResponse, NoResponse

_MAX_MESSAGE, _MAX_WORD = 200, 64
_MAX_DIGITS = 12
_OK, _REDIRECT, _ERROR, _NO_STATUS = 200, 300, 400, 600
_DENIALS = {"ImplicitDeny": "implicit deny", "ExplicitDeny": "explicit deny"}
_POLICIES = {
    "AccountLevelIdentityBasedPolicy": "account-level policy",
    "ResourceGroupLevelIdentityBasedPolicy": "resource-group policy",
    "AssumeRolePolicy": "the role's trust policy",
    "SessionPolicy": "session policy",
    "ControlPolicy": "control policy of the resource directory",
}


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes] = ()
) -> Mapping[str, Any]:
    """The JSON object of a success.

    Args:
        status: HTTP status.
        headers: By name, in any case.
        body: As received, compressed or not.
        secrets: What must be masked in it, in case a server repeats the request.

    Raises:
        ErrorResponse: ECS refused.
        NoResponse: it is not a response of ECS: a redirect, another format, too long.
    """
    if not (_OK <= status < _REDIRECT or _ERROR <= status < _NO_STATUS):
        raise NoResponse(f"HTTP {status}, which ECS never returns")  # a redirect is not followed
    try:
        content = msgspec.json.decode(masked(unpacked(headers, body), secrets))
        if status >= _ERROR:
            content = masked_json(content, secrets)
    except (msgspec.DecodeError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise NoResponse(f"HTTP {status} without a JSON object")
    if status < _REDIRECT:
        _check(content)
        return content
    code, message = content.get("Code"), content.get("Message")
    if not isinstance(code, str) or not code.strip():
        raise NoResponse(f"HTTP {status} without an ECS error code")  # so not its refusal
    raise ErrorResponse(
        status=status,
        code=_plain(code),
        message=_plain(_without_signature(message if isinstance(message, str) else "")),
        retry_after_s=_retry_after_s(headers),
        denied=_denial(content.get("AccessDeniedDetail")),
    )


def _check(content: Mapping[str, Any]) -> None:
    """Check the format of what is not a row, which nothing else parses strictly.

    Raises:
        NoResponse: it is not as documented, so it is unknown what ECS did.
    """
    if not isinstance(content.get("NextToken"), str | None):
        raise NoResponse("a response whose NextToken is not a string")
    responses = content.get("InstanceResponses")
    rows = responses.get("InstanceResponse") if isinstance(responses, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and not (
            isinstance(row.get("InstanceId"), str) and _is_code(row.get("Code"))
        ):
            raise NoResponse("a response that does not say what became of each instance")


def _is_code(code: object) -> bool:
    """A member's code is HTTP's number, or text (StopInstances, API reference)."""
    if isinstance(code, int) and not isinstance(code, bool):
        return _OK <= code < _NO_STATUS
    return isinstance(code, str) and code.isprintable() and code.strip() != ""


def _denial(detail: object) -> Denial:
    """What RAM says about a denial, without its encoded message for RAM's own use.

    The words are those of AccessDeniedDetail's description in the SDKs of Alibaba Cloud.
    """
    said = detail if isinstance(detail, dict) else {}
    action, kind, name, denial, policy = (
        _plain(value)[:_MAX_WORD] if isinstance(value := said.get(field), str) else ""
        for field in (
            "AuthAction",
            "AuthPrincipalType",
            "AuthPrincipalDisplayName",
            "NoPermissionType",
            "PolicyType",
        )
    )
    if name and kind == "AssumedRoleUser":
        name = f"role {name.partition(':')[0]}"  # the rest is the session's name
    elif name and kind == "SubUser":
        name = f"RAM user {name}"
    why = (_DENIALS.get(denial, denial), _POLICIES.get(policy, policy))
    return Denial(action, name, ", ".join(one for one in why if one))


def _plain(text: str) -> str:
    """A server's text, at most 200 characters, all printable."""
    return printable(text[:_MAX_MESSAGE])


def _without_signature(message: str) -> str:
    """ECS repeats the string to sign, which names the access key, after a colon."""
    return message.split("string to sign", maxsplit=1)[0][:_MAX_MESSAGE].strip()


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """When to retry, as the newer gateway says it.

    Sources: alibabacloud-tea-openapi reads ``x-acs-retry-after`` as milliseconds, older versions
    ``x-ratelimit-user-api`` and ``x-ratelimit-user`` with ``TimeLeft`` in milliseconds.
    """
    texts = [headers.get("x-acs-retry-after", "")]
    for name in ("x-ratelimit-user-api", "x-ratelimit-user"):
        for part in headers.get(name, "").split(","):
            key, _, value = part.partition(":")
            if key.strip() == "TimeLeft":
                texts.append(value)
    waits = [
        int(text[:_MAX_DIGITS]) / 1000
        for text in map(str.strip, texts)
        if text.isascii() and text.isdigit()
    ]
    return min(max(waits), 120.0) if waits and max(waits) > 0 else None
