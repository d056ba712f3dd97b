"""The emulator on a socket of this machine: in a thread for tests, in the foreground for people.

Served by aiohttp in one thread, the engine in its event loop: a call takes well under a
millisecond. It listens on loopback alone, since its keys are known to everybody.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from types import TracebackType
from typing import final

from aiohttp import web

from local.ecs.emulator import PLAIN, Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.log import RequestLog
from local.ecs.messages import LOOPBACK, HttpReply, HttpRequest, is_loopback
from local.ecs.service import Service

HOST = "127.0.0.1"
LONGEST_LINE = 1 << 20
"""Bytes of a request line or header; a hundred instance ids make 4 kB of request line."""
_SHUTDOWN_S = 1.0


@final
class LocalEcs:
    """An emulator on a port of its own, in a thread, for as long as the ``with`` block lasts.

    Attributes:
        emulator: what answers.
    """

    def __init__(
        self, emulator: Emulator | None = None, *, host: str = HOST, port: int = 0
    ) -> None:
        """Prepare a server; nothing listens yet.

        Args:
            emulator: with the default fleet and a running clock unless given.
            host: a loopback address.
            port: 0 for any that is free.

        Raises:
            ValueError: ``host`` is not this machine's own.
        """
        _check_host(host)
        self.emulator = emulator or Emulator()
        self._host = host
        self._port = port
        self._url = ""
        self._ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = Thread(target=self._run, name="local-ecs", daemon=True)

    def __enter__(self) -> LocalEcs:
        self._thread.start()
        self._url, self._loop, self._stop = self._ready.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens: ``http://127.0.0.1:PORT``."""
        return self._url

    @property
    def engine(self) -> Ecs:
        """The state machine."""
        return self.emulator.engine

    @property
    def service(self) -> Service:
        """What stands before the engine."""
        return self.emulator.service

    @property
    def log(self) -> RequestLog:
        """The requests so far."""
        return self.emulator.log

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        stop = asyncio.Event()
        async with _listening(self.emulator, self._host, self._port) as url:
            self._ready.set_result((url, asyncio.get_running_loop(), stop))
            await stop.wait()


@contextmanager
def local_ecs(options: Options = PLAIN, *, port: int = 0) -> Iterator[str]:
    """Serve an emulator and yield its URL; `LocalEcs` is for those who want to look inside.

    Args:
        options: how it differs from the plain one.
        port: 0 for any that is free.

    Raises:
        OSError: the port is taken.
    """
    with LocalEcs(Emulator(options), port=port) as server:
        yield server.url


def serve(emulator: Emulator | None = None, *, host: str = HOST, port: int = 0) -> None:
    """Serve in the foreground until Ctrl-C or SIGTERM, then return.

    Print ``listening on http://127.0.0.1:PORT`` once it does.

    Args:
        emulator: with the default fleet and a running clock unless given.
        host: a loopback address.
        port: 0 for any that is free.

    Raises:
        ValueError: ``host`` is not this machine's own.
        OSError: the port is taken.
    """
    _check_host(host)
    asyncio.run(_serve_until_signalled(emulator or Emulator(), host, port))


async def _serve_until_signalled(emulator: Emulator, host: str, port: int) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with _listening(emulator, host, port) as url:
        sys.stdout.write(f"listening on {url}\n")
        sys.stdout.flush()
        await stop.wait()


@asynccontextmanager
async def _listening(emulator: Emulator, host: str, port: int) -> AsyncIterator[str]:
    async def respond(request: web.BaseRequest) -> web.StreamResponse:
        return await _send(request, emulator.handle(await _received(request)))

    server = web.Server(
        respond, access_log=None, max_line_size=LONGEST_LINE, max_field_size=LONGEST_LINE
    )
    runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{_bracketed(host)}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _received(request: web.BaseRequest) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        target=request.raw_path,
        headers={
            name.decode().lower(): value.decode(errors="replace")
            for name, value in request.raw_headers
        },
        body=await request.read(),
    )


async def _send(request: web.BaseRequest, reply: HttpReply) -> web.StreamResponse:
    if reply.delay_s:
        await asyncio.sleep(reply.delay_s)
    if reply.cut:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if reply.pause_s:
        return await _send_slowly(request, reply)
    return web.Response(status=reply.status, headers=reply.headers, body=reply.body)


async def _send_slowly(request: web.BaseRequest, reply: HttpReply) -> web.StreamResponse:
    half = len(reply.body) // 2
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[:half])
    await asyncio.sleep(reply.pause_s)
    await response.write(reply.body[half:])
    await response.write_eof()
    return response


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_host(host: str) -> None:
    if not is_loopback(host):
        raise ValueError(
            f"the emulator listens on this machine alone ({', '.join(sorted(LOOPBACK))}), "
            f"not on {host}: its keys are known to everybody"
        )
