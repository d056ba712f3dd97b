"""A pytest plugin: ECS in process, under the HTTP layer of ``aliyun-python-sdk-core``.

Code under test uses the SDK as it always does, endpoints and signatures included; what it would
send to ``*.aliyuncs.com``, or to this machine, an emulator answers without a socket. Whatever
would go anywhere else fails the test. Switch it on with
``pytest_plugins = ["local.ecs.testing"]`` and ask for the fixture ``fake_ecs``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_mock import MockerFixture

from local.ecs.clock import ManualClock
from local.ecs.emulator import LOCAL_KEY, Emulator, Options, default_engine, local_credential
from local.ecs.engine import Ecs
from local.ecs.gateway.faults import Faults
from local.ecs.gateway.gateway import Gateway
from local.ecs.gateway.request_log import RequestLog
from local.ecs.http.messages import HttpReply, HttpRequest, is_loopback
from local.ecs.ram.policy import Policy

_REQUESTS = "aliyunsdkcore.vendored.requests"
_ENVIRONMENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": LOCAL_KEY,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": LOCAL_KEY,
}
_STRAY = ("ALIBABA_CLOUD_", "ALIYUN_")
"""What the SDK reads besides, and would prefer to what it is given."""


@dataclass(frozen=True, slots=True)
class FakeEcs:
    """An emulator that the SDK reaches without a socket.

    Attributes:
        emulator: what answers.
        clock: stands still until it is advanced or slept on; a late answer sleeps on it too.
        endpoints: scheme and host of each request, in order: ``https://ecs.cn-….aliyuncs.com``.
    """

    emulator: Emulator
    clock: ManualClock
    endpoints: list[str] = field(default_factory=list)

    @property
    def engine(self) -> Ecs:
        """The state machine: look at instances, or do what somebody else would do."""
        return self.emulator.engine

    @property
    def gateway(self) -> Gateway:
        """What stands before the engine, with its throttle."""
        return self.emulator.gateway

    @property
    def faults(self) -> Faults:
        """The faults in force: none."""
        return self.emulator.gateway.faults

    @property
    def log(self) -> RequestLog:
        """The requests so far."""
        return self.emulator.log

    def restrict(self, *policies: str | Mapping[str, Any]) -> None:
        """Leave the key ``local`` only what these RAM policies allow it.

        Raises:
            PolicyError: a document that is not understood.
        """
        self.emulator.wire.use([local_credential(Policy(*policies))])


@pytest.fixture
def fake_ecs(mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch) -> FakeEcs:
    """ECS with the default fleet on a clock moved by hand, the environment holding its key."""
    clock = ManualClock()
    fake = FakeEcs(Emulator(Options(build=lambda: default_engine(clock))), clock)
    for name in os.environ:
        if name.startswith(_STRAY) or name.lower().endswith("_proxy") or name == "DEBUG":
            monkeypatch.delenv(name)
    for name, value in _ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    mocker.patch(f"{_REQUESTS}.adapters.HTTPAdapter.send", new=_sender(fake))
    return fake


def _sender(fake: FakeEcs) -> Callable[..., Any]:
    """What takes the place of the adapter's method that opens a socket."""
    models = import_module(f"{_REQUESTS}.models")
    exceptions = import_module(f"{_REQUESTS}.exceptions")
    structures = import_module(f"{_REQUESTS}.structures")

    def send(_: object, request: Any, **options: Any) -> Any:  # noqa: ANN401  # the SDK is untyped
        url = urlsplit(request.url)
        _check_destination(url.scheme, url.hostname, options.get("proxies") or {})
        fake.endpoints.append(f"{url.scheme}://{url.netloc}")
        reply = fake.emulator.handle(_received(request))
        _, read_timeout = options.get("timeout") or (None, None)
        _check_delivery(fake.clock, reply, read_timeout, exceptions)
        response = models.Response()
        response.status_code = reply.status
        response.headers = structures.CaseInsensitiveDict(reply.headers)
        response.raw = BytesIO(reply.body)
        response.url = request.url
        response.request = request
        return response

    return send


def _check_destination(scheme: str, host: str | None, proxies: Mapping[str, str | None]) -> None:
    if proxy := proxies.get(scheme):
        pytest.fail(f"a request to {host} would have gone through the proxy {proxy}")
    if not is_loopback(host) and not (host or "").endswith(".aliyuncs.com"):
        pytest.fail(f"a request would have gone to {host}: only *.aliyuncs.com is emulated")


def _received(request: Any) -> HttpRequest:  # noqa: ANN401  # the SDK is untyped
    body = request.body or b""
    return HttpRequest(
        method=request.method,
        target=request.path_url,
        headers={name.lower(): value for name, value in request.headers.items()}
        | {"host": urlsplit(request.url).netloc},
        body=body if isinstance(body, bytes) else body.encode(),
    )


def _check_delivery(
    clock: ManualClock,
    reply: HttpReply,
    read_timeout: float | None,
    exceptions: Any,  # noqa: ANN401  # the SDK is untyped
) -> None:
    """Raise what the vendored requests raises when an answer is late or does not come."""
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
