"""An HTTP answer that is bounded as a whole: in time, in size, and to one way of reading it.

A socket's time-out is for each read, so an answer that drips in, a byte now and then, is never late
to ``http.client``, and a function that waits for it is killed with its report unsent. Here the
connection's read time-out, as it stands when the answer is awaited, is what the whole answer may
take: status, headers and body. In the same way all of it together may have ``MAX_BYTES``.

Where it begins and ends must be beyond doubt, since the connection lives on: with two lengths, or a
length that is none, what one reader takes for the end is to another the middle. Such an answer is
none, and a connection on which more came than was due is closed.
"""

from __future__ import annotations

import io
import re
import socket
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any

from shared.ecs.transport import NoResponse

MAX_BYTES = 8 * 1024 * 1024
"""Of one answer, headers included. A page of 100 instances has some 300 KB; with every tag, name
and description as long as ECS allows it would have 3 MB. Eight answers are read at once, and the
functions have 256 MB of memory."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Of each content coding (RFC 9110), as zlib wants to be told the format."""
_LATE = "no response in time"
_NOT_HTTP = "a response that is not HTTP"
_SWITCHING, _OK = 101, 200


class TimedResponse(HTTPResponse):
    """To be a connection's ``response_class``; whatever is wrong with it is a ``NoResponse``."""

    @property
    def max_bytes(self) -> int:
        """What all of it together may have."""
        return MAX_BYTES

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # as its base
        super().__init__(sock, *arguments, **options)
        self._reader = _Bounded(self.fp.detach(), sock, self.max_bytes)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read status and headers, interim answers (1xx) left out.

        Raises:
            NoResponse: they are late, too long, or none of HTTP's.
        """
        if self.headers is not None:  # read already, as the base class has it
            return
        try:
            super().begin()
            while self.status < _OK and self.status != _SWITCHING:
                self.headers = self.msg = None  # as the base class begins
                super().begin()
        except RemoteDisconnected:
            raise NoResponse("the connection broke") from None
        except (HTTPException, ValueError):
            raise NoResponse(_NOT_HTTP) from None
        if self.status == _SWITCHING:  # nobody asked for another protocol
            raise NoResponse(_NOT_HTTP)
        self._check_framing()

    def _check_framing(self) -> None:
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if (
            any(not re.fullmatch("[0-9]{1,18}", one.strip()) for one in lengths)
            or len({int(one) for one in lengths}) > 1
            or [one.strip().lower() for one in codings] not in ([], ["chunked"])
            or (lengths and codings)
        ):
            raise NoResponse("a response of unclear length")
        if lengths and int(lengths[0]) > self.max_bytes:
            raise _too_long(self.max_bytes)

    def _read_next_chunk_size(self) -> int:
        """Not as the base class, which takes ``-1`` and ``1_0``, and any size on trust."""
        line = self.fp.readline(80)
        match = re.fullmatch(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?\r?\n", line)
        if match is None:
            self._close_conn()
            raise NoResponse("a response of unclear length")
        size = int(match[1], 16)
        if size > self.max_bytes:
            raise _too_long(self.max_bytes)
        return size

    def _close_conn(self) -> None:
        """The answer has been read; what comes after it belongs to no question."""
        if self.fp is not None and not self.fp.closed:
            self._reader.stop()
            if self.fp.peek(1):
                self._reader.shut_down()
        super()._close_conn()  # type: ignore[misc]  # private to http.client


class _Bounded(io.RawIOBase):
    """Reads from a socket's file, with what is left of the socket's time-out and of the size."""

    def __init__(self, file: Any, sock: socket.socket, max_bytes: int) -> None:  # noqa: ANN401  # socket.SocketIO
        self._file = file
        self._socket = sock
        self._allowed_s = sock.gettimeout()
        self._begun = time.monotonic()
        self._max_bytes = self._bytes_left = max_bytes
        self._stopped = False

    def readable(self) -> bool:
        """It can be read."""
        return True

    def stop(self) -> None:
        """From now on there is nothing more to read."""
        self._stopped = True

    def shut_down(self) -> None:
        """Have the connection not be used again."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401  # a writable buffer
        """Read once.

        Raises:
            NoResponse: the time for the whole answer is over, or it is too long.
            OSError: the connection broke.
        """
        if self._stopped:
            return 0
        if self._allowed_s is not None:
            left_s = self._begun + self._allowed_s - time.monotonic()
            if left_s <= 0:
                raise NoResponse(_LATE)
            self._socket.settimeout(left_s)
        try:
            read: int | None = self._file.readinto(buffer)
        except TimeoutError:
            raise NoResponse(_LATE) from None
        self._bytes_left -= read or 0
        if self._bytes_left < 0:
            raise _too_long(self._max_bytes)
        return read

    def close(self) -> None:
        """The connection may live on, with its time-out as it was."""
        if not self.closed:
            with suppress(OSError):  # it may be closed already
                self._socket.settimeout(self._allowed_s)
            self._file.close()
        super().close()


def unpacked(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body as it was before it was packed for the way, although nobody asked for that.

    Raises:
        NoResponse: it cannot be unpacked, or becomes too long.
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
        raise _too_long(MAX_BYTES)
    if not unpacking.eof:
        raise NoResponse("a response that cannot be decompressed")
    return plain


def _too_long(max_bytes: int) -> NoResponse:
    return NoResponse(f"a response of more than {max_bytes // 1024 // 1024} MiB")
