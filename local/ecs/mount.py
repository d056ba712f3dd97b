"""Answers the Python SDKs' requests in process, and keeps all others on this machine.

It patches ``requests`` (used by alibabacloud_ecs20140526 and by direct callers) and the copy of it
inside aliyun-python-sdk-core, if installed. Meanwhile the sockets of all other libraries can only
reach this machine.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from local.ecs.clock import ManualClock
from local.ecs.emulator import LOCAL_KEY
from local.ecs.fake import FakeEcs
from local.ecs.http.messages import HttpReply, HttpRequest, is_loopback

_VENDORED = "aliyunsdkcore.vendored.requests"
_ENVIRONMENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": LOCAL_KEY,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": LOCAL_KEY,
}
_STRAY = ("ALIBABA_CLOUD_", "ALIYUN_")
"""Other variables that the SDKs read, and would prefer to what they are given."""
_READ_ON_IMPORT = "alibabacloud_credentials.utils.auth_util"
"""Where the V2 SDK's default credentials keep the environment's key from import time."""
_KEPT: Mapping[str, str | None] = {
    "environment_access_key_id": LOCAL_KEY,
    "environment_access_key_secret": LOCAL_KEY,
    "environment_security_token": None,
}

Send = Callable[..., Any]
Patch = Callable[[str, Any], object]
"""Sets an attribute, given by its dotted name, until the test ends."""


def environment(current: Mapping[str, str]) -> dict[str, str]:
    """An environment with the emulator's key, without variables that lead the SDKs elsewhere."""
    kept = {
        name: value
        for name, value in current.items()
        if not (name.startswith(_STRAY) or name.lower().endswith("_proxy") or name == "DEBUG")
    }
    return kept | _ENVIRONMENT


def mount(fake_ecs: FakeEcs, patch: Patch) -> None:
    """Let an emulator answer the SDKs, and refuse every request that would leave the machine.

    The environment is not touched, see `environment`; but where the V2 SDK has read it already,
    what it read is replaced by the emulator's key.

    Args:
        fake_ecs: the emulator.
        patch: puts a value in a place, until the test ends.
    """
    if find_spec("aliyunsdkcore"):
        patch(f"{_VENDORED}.adapters.HTTPAdapter.send", _sender(fake_ecs, _VENDORED))
    if find_spec("requests"):
        adapter = import_module("requests.adapters").HTTPAdapter
        patch("requests.adapters.HTTPAdapter.send", _sender(fake_ecs, "requests", adapter.send))
    kept = vars(sys.modules[_READ_ON_IMPORT]) if _READ_ON_IMPORT in sys.modules else {}
    for name in _KEPT.keys() & kept.keys():
        patch(f"{_READ_ON_IMPORT}.{name}", _KEPT[name])
    for name, replacement in _guarded(fake_ecs).items():
        patch(f"socket.{name}", replacement)


def _sender(fake_ecs: FakeEcs, library: str, to_this_machine: Send | None = None) -> Send:
    """What takes the place of the adapter's method that opens a socket.

    Args:
        fake_ecs: the emulator.
        library: the dotted name of ``requests`` or of a copy of it.
        to_this_machine: sends what is for loopback; the emulator answers that too without.
    """
    models = import_module(f"{library}.models")
    exceptions = import_module(f"{library}.exceptions")
    structures = import_module(f"{library}.structures")

    def send(adapter: object, request: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401  # the SDK is untyped
        url = urlsplit(request.url)
        _check_destination(fake_ecs, url.scheme, url.hostname, options.get("proxies") or {})
        if to_this_machine and is_loopback(url.hostname):
            return to_this_machine(adapter, request, *args, **options)
        fake_ecs.endpoints.append(f"{url.scheme}://{url.netloc}")
        reply = fake_ecs.emulator.handle(_received(request))
        _check_delivery(fake_ecs.clock, reply, _read_timeout(options.get("timeout")), exceptions)
        response = models.Response()
        response.status_code = reply.status
        response.headers = structures.CaseInsensitiveDict(reply.headers)
        response.raw = BytesIO(reply.body)
        response.url = request.url
        response.request = request
        return response

    return send


def _check_destination(
    fake_ecs: FakeEcs, scheme: str, host: str | None, proxies: Mapping[str, str | None]
) -> None:
    if proxy := proxies.get(scheme):
        raise fake_ecs.stray(f"a request to {host} would have gone through the proxy {proxy}")
    if not is_loopback(host) and not (host or "").endswith(".aliyuncs.com"):
        raise fake_ecs.stray(
            f"a request would have gone to {host}, but only *.aliyuncs.com is emulated"
        )


def _received(request: Any) -> HttpRequest:  # noqa: ANN401  # the SDK is untyped
    body = request.body or b""
    return HttpRequest(
        method=request.method,
        target=request.path_url,
        headers={name.lower(): _text(value) for name, value in request.headers.items()}
        | {"host": urlsplit(request.url).netloc},
        body=body if isinstance(body, bytes) else body.encode(),
    )


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _read_timeout(timeout: object) -> float | None:
    """The seconds that ``requests`` would wait for a response; None for as long as it takes."""
    read = timeout[1] if isinstance(timeout, tuple) else timeout
    return read if isinstance(read, int | float) else None


def _check_delivery(
    clock: ManualClock,
    reply: HttpReply,
    read_timeout: float | None,
    exceptions: Any,  # noqa: ANN401  # the SDK is untyped
) -> None:
    """Raise what ``requests`` raises when a response is late or does not come."""
    for wait, late in (
        (reply.delay_s, exceptions.ReadTimeout),
        (reply.pause_s, exceptions.ConnectionError),
    ):
        if read_timeout is not None and wait > read_timeout:
            clock.sleep(read_timeout)
            raise late(f"Read timed out. (read timeout={read_timeout})")
        clock.sleep(wait)
    if reply.cut:
        raise exceptions.ConnectionError(
            "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))"
        )


def _guarded(fake_ecs: FakeEcs) -> dict[str, Send]:
    """The functions of ``socket`` that find and reach other machines, for this machine alone."""
    own_name = socket.gethostname()

    def check(host: object) -> None:
        name = host.decode(errors="replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and name not in {"", own_name} and not is_loopback(name):
            raise fake_ecs.stray(
                f"a connection would have gone to {name}: the library that opened it is not "
                "answered in process; serve the emulator and send its requests there"
            )

    guarded: dict[str, Send] = {
        name: _resolving(getattr(socket, name), check)
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
    }
    guarded["socket.connect"] = _sending(socket.socket.connect, check, at_least=1)
    guarded["socket.connect_ex"] = _sending(socket.socket.connect_ex, check, at_least=1)
    guarded["socket.sendto"] = _sending(socket.socket.sendto, check, at_least=2)
    if hasattr(socket.socket, "sendmsg"):  # not on Windows
        guarded["socket.sendmsg"] = _sending(socket.socket.sendmsg, check, at_least=4)
    return guarded


def _resolving(resolve: Send, check: Callable[[object], None]) -> Send:
    def checked(host: object, *args: object, **options: object) -> object:
        check(host)
        return resolve(host, *args, **options)

    return checked


def _sending(send: Send, check: Callable[[object], None], *, at_least: int) -> Send:
    """For a method of a socket whose last argument is an address, if it has so many."""

    def checked(opened: socket.socket, *args: object) -> object:
        address = args[-1] if len(args) >= at_least else None
        if opened.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            check(address[0])
        return send(opened, *args)

    return checked
