"""An HTTP answer whose time-out is for all of it.

A socket's time-out is for each read, so an answer that drips in, a byte now and then, is never late
to ``http.client``, and a function that waits for it is killed with its report unsent. Here the
connection's read time-out, as it stands when the answer is awaited, is what the whole answer may
take: status, headers and body.
"""

from __future__ import annotations

import io
import socket
import time
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any


class WholeAnswer(HTTPResponse):
    """To be a connection's ``response_class``; reading it raises TimeoutError once it is late."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # as its base
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


class _InTime(io.RawIOBase):
    """Reads from a socket's file, each time with what is left of the socket's time-out."""

    def __init__(self, file: Any, sock: socket.socket) -> None:  # noqa: ANN401  # socket.SocketIO
        self._file = file
        self._socket = sock
        self._allowed_s = sock.gettimeout()
        self._begun = time.monotonic()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401  # a writable buffer
        """Read once.

        Raises:
            TimeoutError: the time for the whole answer is over.
        """
        if self._allowed_s is not None:
            left_s = self._begun + self._allowed_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("timed out")
            self._socket.settimeout(left_s)
        read: int | None = self._file.readinto(buffer)
        return read

    def close(self) -> None:
        """The connection may live on, with its time-out as it was."""
        if not self.closed:
            with suppress(OSError):  # it may be closed already
                self._socket.settimeout(self._allowed_s)
            self._file.close()
        super().close()
