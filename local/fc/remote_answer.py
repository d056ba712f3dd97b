"""The response from Function Compute, or from whatever responded in its place. Pure.

Nothing in it can be trusted, and it may repeat the request. So the credentials are masked before
anything is parsed, and a response that is not Function Compute's is reported as such.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from local.fc.runtime import Outcome
from shared.base.printable import printable
from shared.ecs.decompression import unpacked
from shared.ecs.masking import masked

_OK, _REDIRECT, _ERROR, _NO_STATUS = 200, 300, 400, 600
_MAX_MESSAGE, _MAX_WORD = 300, 64
_HINTS = {
    403: "; the key needs fc:InvokeFunction on the function",
    404: "; --name gives the function's name there, --region its region",
    409: "; it was sent before and is not run twice",
    429: "; it has reached its limit of instances: try again later, or use --async",
}
_BROKEN_LOG = "The end of the function's log was returned, but cannot be read.\n"


class RemoteError(Exception):
    """The function was not reached, or Function Compute refused; the message says which."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        request_id: Function Compute's.
        outcome: The function's result; None for an asynchronous call.
        log: The last 4 KB of its log, if the API returns it.
    """

    request_id: str
    outcome: Outcome | None
    log: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """An HTTP response as received; its headers in any spelling."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_reply(received: Received, secrets: Sequence[bytes], *, waits: bool) -> Reply:
    """Parse a response.

    Args:
        received: The response.
        secrets: What to mask in it, in each of its forms.
        waits: False: the call was asynchronous, so the response only says that it was accepted.

    Raises:
        RemoteError: it is a refusal, or not a response of Function Compute.
        NoResponse: its body cannot be unpacked.
    """
    body = _hidden(unpacked(received.headers, received.body), secrets)
    if _ERROR <= received.status < _NO_STATUS:
        raise RemoteError(_refusal(received.status, body))
    header = _Headers(received.headers, secrets)
    request_id = header.word("x-fc-request-id")
    if not _OK <= received.status < _REDIRECT or not (waits or request_id):
        raise RemoteError(f"the answer is HTTP {received.status}: it is not Function Compute")
    if not waits:
        return Reply(request_id, None)
    outcome = _outcome(body, header.word("x-fc-error-type"))
    return Reply(request_id, outcome, _log(received.headers.get("x-fc-log-result", ""), secrets))


class _Headers:
    """Headers, each safe to show."""

    def __init__(self, headers: Mapping[str, str], secrets: Sequence[bytes]) -> None:
        self._headers = headers
        self._secrets = secrets

    def word(self, name: str) -> str:
        """A header's value; "" if it is missing."""
        value = self._headers.get(name, "").encode(errors="replace")
        return printable(_hidden(value, self._secrets).decode()[:_MAX_WORD])


def _hidden(content: bytes, secrets: Sequence[bytes]) -> bytes:
    """The content without the secrets, however they are escaped; unchanged if it has none."""
    for read in (bytes, _without_escapes, _without_references):
        reading = read(content)
        clean = masked(reading, secrets)
        if clean != reading:
            content = clean
    return content


def _without_escapes(content: bytes) -> bytes:
    r"""JSON without escapes of characters that keys may contain; equivalent JSON.

    ``\\u0041`` of JSON in JSON is read, too. Quotes, backslashes and controls stay escaped.
    """
    return re.sub(
        rb"\\{1,8}u00(2[013-9a-f]|[346][0-9a-f]|5[0-9abd-f]|7[0-9a-e])",
        lambda found: bytes([int(found[1], 16)]),
        re.sub(rb"\\{1,8}/", b"/", content),
        flags=re.IGNORECASE,
    )


def _without_references(content: bytes) -> bytes:
    """HTML without references to characters that keys may contain."""
    return re.sub(
        rb"&#(?:x0{0,4}([2-7][0-9a-f])|0{0,4}(3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]));",
        lambda found: bytes([int(found[1], 16) if found[1] else int(found[2])]),
        content,
        flags=re.IGNORECASE,
    )


def _log(header: str, secrets: Sequence[bytes]) -> str:
    try:
        text = b64decode(header.strip(), validate=True)
    except ValueError:
        return _BROKEN_LOG
    return _hidden(text, secrets).decode(errors="replace")


def _outcome(body: bytes, failed_as: str) -> Outcome:
    """The function's result; a failure is marked by a header."""
    if not failed_as:
        return Outcome(ok=True, body=body)
    return Outcome(ok=False, body=body, error_type=_text(_fields(body), "errorType") or failed_as)


def _refusal(status: int, body: bytes) -> str:
    """A refusal in a sentence; FC 2.0 and FC 3.0 name the fields differently."""
    fields = _fields(body)
    code = _text(fields, "ErrorCode", "Code")[:_MAX_WORD]
    message = _text(fields, "ErrorMessage", "Message")
    message = message.split("server string to sign", maxsplit=1)[0].strip()[:_MAX_MESSAGE]
    if not code:
        return f"the answer is HTTP {status} without a code: it is not Function Compute"
    said = f"{code}: {message}" if message else code
    return printable(f"Function Compute returned {status} {said}{_HINTS.get(status, '')}")


def _fields(body: bytes) -> Mapping[str, object]:
    """The fields of a JSON object; none if it is something else."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        content = None
    return content if isinstance(content, dict) else {}


def _text(fields: Mapping[str, object], *names: str) -> str:
    """The first of these fields that is a non-empty text."""
    values = (fields.get(name) for name in names)
    return next((one for one in values if isinstance(one, str) and one.strip()), "")
