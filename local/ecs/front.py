"""One port for http, https and https proxy requests.

Looks at the first bytes of a connection and passes it on, byte by byte, to the server that speaks
http or to the one that speaks https. A tunnel (``CONNECT``, RFC 9110, 9.3.6) leads to the emulator
itself, whatever the name, if that is one of those that the emulator answers under.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_TLS_HANDSHAKE = 0x16
"""The first byte of a client that speaks https (RFC 8446, 5.1)."""
_CONNECT = b"CONNECT "
_LONGEST_HEAD = 1 << 16
_PART = 1 << 16


@dataclass(frozen=True, slots=True)
class Behind:
    """The servers behind the port.

    Attributes:
        plain: the port of the one that speaks http, on this machine.
        tls: of the one that speaks https.
        refuses: given a tunnel's host, the refusal; "" to open it.
    """

    plain: int
    tls: int
    refuses: Callable[[str], str]


@asynccontextmanager
async def listening(host: str, port: int, behind: Behind) -> AsyncIterator[int]:
    """Listen for as long as the block lasts; yields the port.

    Raises:
        OSError: the port is taken.
    """
    meetings: set[asyncio.Task[None]] = set()

    def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.ensure_future(_meet(reader, writer, behind))
        meetings.add(meeting)
        meeting.add_done_callback(meetings.discard)

    server = await asyncio.start_server(meet, host, port, limit=_LONGEST_HEAD)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            for meeting in meetings:
                meeting.cancel()
            await asyncio.gather(*meetings, return_exceptions=True)


async def _meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: Behind) -> None:
    """One connection, from its first byte to its end."""
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with _closing(writer):
            await _lead(reader, writer, behind)


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close it at the end, once what was written has been sent."""
    try:
        yield
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: Behind) -> None:
    first = await reader.readexactly(1)
    if first == _CONNECT[:1]:
        first += await reader.readexactly(len(_CONNECT) - 1)
    if first == _CONNECT:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ", 1)[0].decode("latin-1")
        if complaint := behind.refuses(target):
            writer.write(_refusal(complaint))
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        first = await reader.readexactly(1)
    port = behind.tls if first[0] == _TLS_HANDSHAKE else behind.plain
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    async with _closing(inner_writer):
        inner_writer.write(first)
        await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Forward until the end of the stream, then close the other side, too."""
    with suppress(OSError):
        while part := await reader.read(_PART):
            writer.write(part)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.close()


def _refusal(complaint: str) -> bytes:
    body = complaint.encode()
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
