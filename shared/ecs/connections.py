"""aliyun-python-sdk's connections, under our own rules for trust and time.

Its vendored requests and urllib3 keep connections alive and send. What they would do but we do not:

* read environment variables on the way;
* switch the verification of TLS off for an empty name of a bundle, take a name in a certificate's
  subject for the host's, and, on Python 3.12, send no server name;
* give each address of a host's name the whole time to connect, and each read of the socket the
  whole time to answer;
* keep connections to ten hosts only, where each region is one;
* read answers of any size, unpack them however large they become, and take cookies.

Source of each: aliyun-python-sdk-core 2.16.1.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from http.client import HTTPException
from ssl import SSLContext
from typing import Any
from urllib.parse import quote

from aliyunsdkcore.vendored.requests.adapters import HTTPAdapter
from aliyunsdkcore.vendored.requests.certs import where
from aliyunsdkcore.vendored.requests.models import PreparedRequest, Response
from aliyunsdkcore.vendored.requests.packages.urllib3 import (
    HTTPConnectionPool,
    HTTPSConnectionPool,
)
from aliyunsdkcore.vendored.requests.packages.urllib3.connection import HTTPConnection
from aliyunsdkcore.vendored.requests.packages.urllib3.util.timeout import Timeout
from aliyunsdkcore.vendored.requests.structures import CaseInsensitiveDict

from shared.base.errors import Refused
from shared.ecs.dial import dial, secure, trusting
from shared.ecs.total_timeout import TimedResponse
from shared.ecs.transport import NoResponse
from shared.settings.settings import Settings, is_loopback

MAX_HOSTS = 100
"""As many as a request's regions; with the SDK's ten, some would close under calls in flight."""
_SHOWN_CHARACTERS = 200
_IN_URLS = "!#$%&'()*+,/:;=?@[]~"
"""Characters that need no escaping in a URL, or are escaped already (RFC 3986)."""


class _Connection(HTTPConnection):  # type: ignore[misc]  # the SDK has no types
    """Plain http, to this machine."""

    response_class = TimedResponse

    def connect(self) -> None:
        """Connect, within the connection's time-out.

        Raises:
            NoResponse: there is no connection.
        """
        self.sock = dial(self._dns_host, self.port, self.timeout)


class _SecureConnection(_Connection):
    """TLS, through a proxy's tunnel if there is one.

    Attributes:
        ssl_context: Makes the context; called when needed.
        is_verified: What urllib3 asks; no other connection is made.
    """

    default_port = 443
    is_verified = True

    def __init__(self, *arguments: Any, ssl_context: Any, **options: Any) -> None:  # noqa: ANN401  # as its base
        super().__init__(*arguments, **options)
        self.ssl_context = ssl_context

    def connect(self) -> None:
        """Connect, request a tunnel from the proxy, and verify who responds.

        All within the connection's time-out.

        Raises:
            NoResponse: there is no connection, or not with the intended host.
        """
        until = time.monotonic() + self.timeout
        if self._tunnel_host:
            host = self._tunnel_host
            self._through_proxy(until)
        else:
            host = self.host
            super().connect()
        self.sock = secure(self.sock, host, self.ssl_context(), until - time.monotonic())
        self.sock.settimeout(self.timeout)

    def _through_proxy(self, until: float) -> None:
        self.auto_open = 0  # as urllib3 marks what is tunnelled
        try:
            super().connect()
            self.sock.settimeout(max(until - time.monotonic(), 0.001))
            self._tunnel()
        except (NoResponse, OSError, HTTPException, ValueError) as error:
            self.close()
            problem = _tunnel_problem(error)
        else:
            return
        raise NoResponse(problem)


class _Timeout(Timeout):  # type: ignore[misc]  # the SDK has no types
    """The time for one exchange, from its start, including a proxy's tunnel and sending."""

    def __init__(self, connect_s: float, answer_s: float) -> None:
        super().__init__(total=connect_s + answer_s, connect=connect_s, read=answer_s)
        super().start_connect()

    def start_connect(self) -> float:
        """When it began; urllib3 would have it begin after the tunnel."""
        return float(self._start_connect)


class _Timed:
    """What the pools have in common."""

    def _get_timeout(self, timeout: Any) -> _Timeout:  # noqa: ANN401  # the SDK has no types
        if isinstance(timeout, _Timeout):
            return timeout
        return _Timeout(timeout.connect_timeout, timeout.read_timeout)


class _Pool(_Timed, HTTPConnectionPool):  # type: ignore[misc]  # the SDK has no types
    """One host's connections over plain http."""

    ConnectionCls = _Connection


class _SecurePool(_Timed, HTTPSConnectionPool):  # type: ignore[misc]  # the SDK has no types
    """One host's connections over TLS."""

    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class Adapter(HTTPAdapter):  # type: ignore[misc]  # the SDK has no types
    """The SDK's adapter with our own connections, and without its cookies."""

    def __init__(self, settings: Settings, connections: int) -> None:
        self._context = _trust(settings.ca_bundle)
        self._authorization = settings.https_proxy.authorization
        super().__init__(MAX_HOSTS, connections)

    def exchange(  # noqa: PLR0913  # what a request has
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        timeouts_s: tuple[float, float],
        proxies: Mapping[str, str | None],
    ) -> Any:  # noqa: ANN401  # the SDK has no types
        """Send a request once and read the response, except for its body.

        Args:
            method: HTTP's.
            url: The server's; characters not allowed in one are escaped.
            headers: All but the body's length.
            body: What is sent.
            timeouts_s: For connecting, and for the whole answer; both together for all of it,
                sending included.
            proxies: See `proxies_to`.
        """
        request = PreparedRequest()  # as it is sent: to have it prepared takes a tenth of a call
        request.method, request.url = method, quote(url, safe=_IN_URLS)
        request.headers = CaseInsensitiveDict(headers)
        if body or method != "GET":
            request.body, request.headers["Content-Length"] = body, str(len(body))
        return self.send(request, stream=True, timeout=timeouts_s, proxies=proxies)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # as its base
        """The connections without a proxy."""
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401  # the SDK has no types
        """The connections through a proxy."""
        made = super().proxy_manager_for(proxy, ssl_context=self._context, **options)
        made.pool_classes_by_scheme = _POOLS
        return made

    def proxy_headers(self, _: str) -> dict[str, str]:
        """Our credentials for the proxy."""
        return {"Proxy-Authorization": self._authorization} if self._authorization else {}

    def cert_verify(self, *_: object) -> None:
        """What TLS trusts is already settled."""

    def build_response(self, _: object, answer: Any) -> Any:  # noqa: ANN401  # the SDK has no types
        """Status, headers and a body still to be read; no cookies."""
        made = Response()
        made.status_code = answer.status
        made.headers = CaseInsensitiveDict(answer.headers)
        made.raw = answer
        return made


def proxies_to(host: str, settings: Settings) -> dict[str, str | None]:
    """None for this machine; for https the operator's, which sees only a TLS tunnel."""
    if settings.endpoint and is_loopback(host):
        return {"http": None, "https": None}
    return {"http": None, "https": settings.https_proxy.url_for(host) or None}


def _trust(bundle: str) -> Callable[[], SSLContext]:
    """Makes the TLS context: immediately from the operator's certificates, or later from the SDK's.

    Raises:
        Refused: the operator's do not exist.
    """
    if not bundle:
        return _own_trust
    try:
        context = trusting(bundle)
    except ValueError as error:
        raise Refused(
            f"ALIBABA_CLOUD_CA_BUNDLE is {bundle[:_SHOWN_CHARACTERS]!r}: {error}; it must name a "
            "PEM file of the CA certificates to trust, or be unset"
        ) from None
    return lambda: context


@lru_cache(maxsize=1)
def _own_trust() -> SSLContext:
    """Reading the SDK's 121 certificates takes 16 ms, so it is done once in a process.

    Raises:
        NoResponse: they are missing, so the package was not built as it should be.
    """
    try:
        return trusting(where())
    except ValueError as error:
        raise NoResponse(f"no secure connection: the SDK's CA certificates: {error}") from None


def _tunnel_problem(error: Exception) -> str:
    """What the proxy said, as http.client reports it: ``Tunnel connection failed: 407 …``."""
    if isinstance(error, NoResponse):
        return f"the proxy: {error.reason}"
    said = re.search(r"Tunnel connection failed: ([0-9]{3})\b", str(error))
    return f"the proxy refuses: HTTP {said[1]}" if said else "the proxy: the connection broke"
