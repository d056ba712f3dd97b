"""HTTP as bytes and headers, without any HTTP library.

What the wire protocol and the control endpoint accept and return, so that a socket server and an
in-process mount can carry the same requests. Nothing here is specific to ECS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""This machine's names for itself."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it arrived.

    Attributes:
        method: ``GET``, ``POST``, …
        target: the request line's path and query, percent-encoded as it was sent.
        headers: by lower-case name.
        body: the bytes after the headers, ``b""`` if none.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def query(self) -> dict[str, str]:
        """The decoded query parameters; if repeated, the last one."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """The decoded form parameters; empty unless the body is declared to be a form."""
        declared = self.headers.get("content-type", "").lower()
        if not self.body or not declared.startswith(FORM):
            return {}
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


def encodable(target: str) -> str:
    """A request's target with invalid UTF-8 bytes replaced.

    Servers keep those as lone surrogates, which cannot be encoded again.
    """
    return target.encode(errors="surrogateescape").decode(errors="replace")


def in_origin_form(request: HttpRequest) -> HttpRequest:
    """The request as its server would receive it, if it was sent to this machine as to a proxy.

    Then its target is an absolute URL, whose host overrides the header (RFC 9112, 3.2.2).
    """
    if not _ABSOLUTE.match(request.target):
        return request
    _, _, rest = request.target.partition("//")
    end = min((rest.index(mark) for mark in "/?#" if mark in rest), default=len(rest))
    target = rest[end:].partition("#")[0]
    return replace(
        request,
        target=target if target.startswith("/") else f"/{target}",
        headers={**request.headers, "host": rest[:end].rpartition("@")[2]},
    )


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One response, and how it reaches the client.

    Attributes:
        status: the HTTP status.
        headers: names as they are sent.
        body: the whole body.
        delay_s: real seconds before the first byte.
        pause_s: real seconds of pause in the middle of the body.
        cut: the connection is closed instead of responding.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay_s: float = 0.0
    pause_s: float = 0.0
    cut: bool = False


def is_loopback(host: str | None) -> bool:
    """Whether a host's name, without its port, is this machine's own."""
    return host in LOOPBACK
