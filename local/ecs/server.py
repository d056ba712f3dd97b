"""The emulator on a socket of this machine: in a thread for tests, in the foreground for people.

Served by aiohttp in one thread, the engine in its event loop: a call takes well under a
millisecond. It listens only on loopback, since its access key is public. An account is saved to a
file in another thread, from a copy.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Thread
from types import TracebackType
from typing import final

from aiohttp import web

from local.ecs.authority import VARIABLES, Authority
from local.ecs.clock import Clock, ManualClock, RealClock
from local.ecs.emulator import PLAIN, Emulator, Options
from local.ecs.handle import Handle
from local.ecs.http.aiohttp_messages import IDLE_S, LOG, received, send, unreadable
from local.ecs.http.control import PREFIX
from local.ecs.http.messages import (
    LOOPBACK,
    HttpReply,
    HttpRequest,
    is_loopback,
)
from local.ecs.printable import printable
from local.ecs.state_file import Keeper, StateFileError

HOST = "127.0.0.1"
LONGEST_LINE = 1 << 20
"""The limit in bytes of a request line or header; a hundred instance ids take 4 kB."""
SAVE_EVERY_S = 3.0
"""Seconds between checks whether there is something to save."""
_SHUTDOWN_S = 1.0


@dataclass(frozen=True, slots=True)
class Served:
    """The emulator as its neighbour sees it.

    Attributes:
        url: ``http://127.0.0.1:PORT``.
        clock: the emulator's clock.
    """

    url: str
    clock: Clock


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Something else served on the emulator's port, which may itself call the emulator.

    Attributes:
        prefixes: the prefixes of its paths.
        answer: the emulator beside it and a request, to a reply; called in a thread of its own.
            What a foreign site sent does not get to it.
    """

    prefixes: tuple[str, ...]
    answer: Callable[[Served, HttpRequest], HttpReply]


@final
class LocalEcs(Handle):
    """An emulator on its own port, in a thread, for as long as the ``with`` block lasts.

    Attributes:
        emulator: what answers.
    """

    def __init__(
        self,
        emulator: Emulator | None = None,
        *,
        host: str = HOST,
        port: int = 0,
        neighbour: Neighbour | None = None,
        authority: Authority | None = None,
    ) -> None:
        """Prepare a server; nothing listens yet.

        Args:
            emulator: with the default fleet and a running clock unless given.
            host: a loopback address.
            port: 0 for any that is free.
            neighbour: what else answers there.
            authority: who vouches for it; then it speaks https on the same port, too.

        Raises:
            ValueError: ``host`` is not this machine's own.
        """
        _check_host(host)
        self._beside = _Beside(neighbour, authority)
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
    def clock(self) -> RealClock | ManualClock:
        """The clock, for advancing it.

        Raises:
            TypeError: it is not one of the emulator's own.
        """
        clock = self.emulator.engine.clock
        if isinstance(clock, RealClock | ManualClock):
            return clock
        raise TypeError(f"{type(clock).__name__} is not moved by the emulator")

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        stop = asyncio.Event()
        async with _listening(self.emulator, self._host, self._port, self._beside) as url:
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


def serve(  # noqa: PLR0913  # keywords, each with a default
    emulator: Emulator | None = None,
    *,
    host: str = HOST,
    port: int = 0,
    keeper: Keeper | None = None,
    neighbour: Neighbour | None = None,
    authority: Authority | None = None,
) -> None:
    """Serve in the foreground until Ctrl-C or SIGTERM, then return.

    Print ``listening on http://127.0.0.1:PORT`` once it does, then where the status page is, and
    with an authority which variable makes whom trust it.

    Args:
        emulator: with the default fleet and a running clock unless given.
        host: a loopback address.
        port: 0 for any that is free.
        keeper: saves the account, every few seconds and at the end.
        neighbour: what else answers there.
        authority: who vouches for it; then it speaks https on the same port, too.

    Raises:
        ValueError: ``host`` is not this machine's own.
        OSError: the port is taken.
        StateFileError: the account could not be saved at the end.
    """
    _check_host(host)
    beside = _Beside(neighbour, authority)
    listening = _listening(emulator or Emulator(), host, port, beside)
    asyncio.run(_serve_until_signalled(listening, keeper, authority))
    if keeper:
        keeper.save()


async def _serve_until_signalled(
    listening: AbstractAsyncContextManager[str],
    keeper: Keeper | None,
    authority: Authority | None,
) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with listening as url:
        sys.stdout.write(f"listening on {url}\nstatus page: {url}{PREFIX}\n")
        if authority:
            sys.stdout.write(_trusted(url, authority))
        sys.stdout.flush()
        while not await _within(SAVE_EVERY_S, stop):
            if keeper:
                await asyncio.to_thread(_save, keeper)


def _trusted(url: str, authority: Authority) -> str:
    """How clients that speak only https can trust the server."""
    by_tls = url.replace("http", "https", 1)
    lines = [
        f"https too: {by_tls}, authority {authority.bundle}",
        "to trust it, set the variable of your client:",
    ]
    lines += [f"  export {name}={authority.bundle}  # {whom}" for name, whom in VARIABLES.items()]
    return "".join(f"{line}\n" for line in lines)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait briefly for an event; returns whether it has come."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:  # before Python 3.11 it is one of its own
        return False
    return True


def _save(keeper: Keeper) -> None:
    """Save what has changed; a failure may be temporary."""
    try:
        keeper.save_changes()
    except StateFileError as error:
        sys.stderr.write(f"the state could not be saved: {printable(str(error))}\n")


@dataclass(frozen=True, slots=True)
class _Beside:
    """A server's optional parts besides the emulator."""

    neighbour: Neighbour | None = None
    authority: Authority | None = None


@asynccontextmanager
async def _listening(
    emulator: Emulator, host: str, port: int, beside: _Beside
) -> AsyncIterator[str]:
    url, neighbour, authority = "", beside.neighbour, beside.authority

    async def respond(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", "").lower() == "100-continue":  # RFC 9110, 10.1.1
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            asked = await received(request)
        except web.RequestPayloadError as error:
            return unreadable(error)
        if neighbour and asked.path.startswith(neighbour.prefixes):
            served = Served(url, emulator.engine.clock)
            reply = emulator.turned_away(asked) or await _in_thread(
                partial(neighbour.answer, served, asked)
            )
        else:
            reply = emulator.handle(asked)
        return await send(request, reply)

    server = web.Server(
        respond,
        access_log=None,
        logger=LOG,
        keepalive_timeout=IDLE_S,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
    )
    runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        async with _sites(runner, emulator, host, port, authority) as bound:
            url = f"http://{_bracketed(host)}:{bound}"
            yield url
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _sites(
    runner: web.ServerRunner,
    emulator: Emulator,
    host: str,
    port: int,
    authority: Authority | None,
) -> AsyncIterator[int]:
    """Start listening, on one port for all protocols; returns the port."""
    if authority is None:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
        return
    from local.ecs.front import Behind, listening  # noqa: PLC0415  # only with https

    await web.TCPSite(runner, HOST, 0).start()
    context = authority.server_context()
    await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
    plain, tls = (address[1] for address in runner.addresses)

    def refuses(target: str) -> str:
        request = HttpRequest("CONNECT", "/", {"host": target})
        refusal = emulator.turned_away(request)
        return refusal.body.decode() if refusal else ""

    async with listening(host, port, Behind(plain, tls, refuses)) as bound:
        yield bound


async def _in_thread(work: Callable[[], HttpReply]) -> HttpReply:
    """Wait for work that may take minutes, in a thread that does not block the process's exit."""
    done: Future[HttpReply] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001  # raised again where it is awaited
            done.set_exception(error)

    Thread(target=run, name="neighbour", daemon=True).start()
    return await asyncio.wrap_future(done)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_host(host: str) -> None:
    if not is_loopback(host):
        raise ValueError(
            f"the emulator listens on this machine alone ({', '.join(sorted(LOOPBACK))}), "
            f"not on {host}: its access key is public knowledge"
        )
