"""The body of an answer as it was before it was compressed for the way."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from contextlib import suppress

from shared.ecs.total_timeout import MAX_BYTES, too_long
from shared.ecs.transport import NoResponse

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""For each content coding (RFC 9110), zlib's format parameter."""


def unpacked(headers: Mapping[str, str], body: bytes) -> bytes:
    """The decompressed body, although compression was not requested.

    Raises:
        NoResponse: it cannot be decompressed, or becomes too long.
    """
    coding = headers.get("Content-Encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in _WINDOW_BITS:
        raise NoResponse("a response in an unknown encoding")
    unpacking = zlib.decompressobj(_WINDOW_BITS[coding])
    plain = b""
    with suppress(zlib.error):
        plain = unpacking.decompress(body, MAX_BYTES + 1)
    if len(plain) > MAX_BYTES:
        raise too_long(MAX_BYTES)
    if not unpacking.eof:
        raise NoResponse("a response that cannot be decompressed")
    return plain
