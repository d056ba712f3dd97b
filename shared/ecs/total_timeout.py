"""An HTTP response with an overall limit on time and size, and only one interpretation.

A socket's time-out applies to each read, so a response that trickles in byte by byte is never late
for ``http.client``, and a function waiting for it is killed with its report unsent. Here the
connection's read time-out limits the whole response: status, headers and body. In the same way,
``MAX_BYTES`` limits its total size.

Its start and end must be unambiguous, since the connection is reused: with two lengths, or an
invalid one, the end for one parser is the middle for another. Such a response is rejected, and a
connection with surplus bytes is closed.
"""

from __future__ import annotations

import io
import re
import socket
import time
from contextlib import suppress
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any

from shared.ecs.transport import NoResponse

MAX_BYTES = 8 * 1024 * 1024
"""Of one answer, headers included. A page of 100 instances has some 300 KB; with every tag, name
and description as long as ECS allows it would have 3 MB. Eight answers are read at once, and the
functions have 256 MB of memory."""

_LATE = "no response in time"
_NOT_HTTP = "a response that is not HTTP"
_SWITCHING, _OK = 101, 200


class TimedResponse(HTTPResponse):
    """For use as a connection's ``response_class``; any defect raises ``NoResponse``."""

    @property
    def max_bytes(self) -> int:
        """The limit on its total size."""
        return MAX_BYTES

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # as its base
        super().__init__(sock, *arguments, **options)
        self._reader = _Bounded(self.fp.detach(), sock, self.max_bytes)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read status and headers, skipping interim responses (1xx).

        Raises:
            NoResponse: they are late, too long, or not HTTP.
        """
        if self.headers is not None:  # already read, as in the base class
            return
        try:
            super().begin()
            while self.status < _OK and self.status != _SWITCHING:
                self.headers = self.msg = None  # as in the base class
                super().begin()
        except RemoteDisconnected:
            raise NoResponse("the connection broke") from None
        except (HTTPException, ValueError):
            raise NoResponse(_NOT_HTTP) from None
        if self.status == _SWITCHING:  # no other protocol was requested
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
            raise too_long(self.max_bytes)

    def _read_next_chunk_size(self) -> int:
        """Unlike the base class, which accepts ``-1`` and ``1_0``, and trusts any size."""
        line = self.fp.readline(80)
        match = re.fullmatch(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?\r?\n", line)
        if match is None:
            self._close_conn()
            raise NoResponse("a response of unclear length")
        size = int(match[1], 16)
        if size > self.max_bytes:
            raise too_long(self.max_bytes)
        return size

    def _close_conn(self) -> None:
        """The response has been read; anything after it belongs to no request."""
        if self.fp is not None and not self.fp.closed:
            self._reader.stop()
            if self.fp.peek(1):
                self._reader.shut_down()
        super()._close_conn()  # type: ignore[misc]  # private to http.client


class _Bounded(io.RawIOBase):
    """Reads from a socket's file, within the remaining time-out and size."""

    def __init__(self, file: Any, sock: socket.socket, max_bytes: int) -> None:  # noqa: ANN401  # socket.SocketIO
        self._file = file
        self._socket = sock
        self._allowed_s = sock.gettimeout()
        self._begun = time.monotonic()
        self._max_bytes = self._bytes_left = max_bytes
        self._stopped = False

    def readable(self) -> bool:
        """It is readable."""
        return True

    def stop(self) -> None:
        """From now on there is nothing more to read."""
        self._stopped = True

    def shut_down(self) -> None:
        """Prevent the connection from being reused."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401  # a writable buffer
        """Read once.

        Raises:
            NoResponse: the time for the whole response is over, or it is too long.
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
            raise too_long(self._max_bytes)
        return read

    def close(self) -> None:
        """The connection may be reused, with its original time-out."""
        if not self.closed:
            with suppress(OSError):  # it may be closed already
                self._socket.settimeout(self._allowed_s)
            self._file.close()
        super().close()


def too_long(max_bytes: int) -> NoResponse:
    """What an answer of more than ``max_bytes`` is."""
    return NoResponse(f"a response of more than {max_bytes // 1024 // 1024} MiB")
