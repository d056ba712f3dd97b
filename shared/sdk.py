"""The only place that knows aliyun-python-sdk: one call to ECS, out and back.

Its traps are handled here, once:

* a request object that is used again sends the ids of its last use too, so each call makes its
  own, and no caller ever sees one;
* its default protocol is plain http, and the check is by identity with its constant;
* its own retries know neither deeds nor ``Throttling.User``, so they are off;
* ``ALIYUN_ACCESS_KEY_ID`` in the environment beats the credentials given, so the signer is given
  with each call;
* a proxy in the environment captures even 127.0.0.1, so the proxy is always stated;
* it keeps connections to ten hosts, and each region is one, so more are kept;
* its read time-out is for each read of the socket, so it gets answers that are timed as a whole;
* its logs and its exceptions hold signed URLs, so the logs are silenced and of an exception
  only its code is kept.

Source of each: aliyun-python-sdk-core 2.16.1.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from aliyunsdkcore.acs_exception.exceptions import ClientException
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.auth.signers.access_key_signer import AccessKeySigner
from aliyunsdkcore.auth.signers.sts_token_signer import StsTokenSigner
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.http import protocol_type
from aliyunsdkcore.vendored.requests.adapters import HTTPAdapter
from aliyunsdkcore.vendored.requests.packages.urllib3.connection import HTTPConnection

from shared.failures import NoAnswer, Refusal
from shared.settings import Credentials, Settings, is_loopback
from shared.whole_answer import WholeAnswer

CONNECT_TIMEOUT_S = 5.0
MAX_HOSTS = 100
"""As many as a request may name regions; the SDK's ten would be closed under calls in flight."""
_MAX_MESSAGE = 200
_MAX_DIGITS = 12
_OK, _REDIRECT = 200, 300


class Transport(Protocol):
    """One call to ECS: parameters out, the answer's JSON object back."""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once.

        Args:
            operation: ECS's name of it, e.g. ``StopInstances``.
            parameters: As they go over the wire; ``RegionId`` is among them.
            timeout_s: How long to wait for the answer.

        Raises:
            Refusal: ECS answered, and said no.
            NoAnswer: nothing readable came back.
        """
        ...


class Connection(Transport, Protocol):
    """A transport that is open until it is closed."""

    def close(self) -> None:
        """Close it; nothing is sent any more."""
        ...


class _Client(AcsClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client without its reading of answers, which we do ourselves.

    It parses each a second time to look for an error, logs it, and stumbles over bodies that it
    does not expect: without a colon in SignatureDoesNotMatch, not in UTF-8, nested too deep.
    """

    def _get_server_exception(self, *_: object) -> None:
        """Nothing is an error to the SDK that came as an answer."""


class SdkTransport:
    """The transport through aliyun-python-sdk; safe for threads, made anew for each invocation."""

    def __init__(self, settings: Settings, credentials: Credentials, *, connections: int) -> None:
        """Connects nothing yet; ``connections`` are kept alive for each region."""
        _silence_sdk()
        HTTPConnection.response_class = WholeAnswer
        self._settings = settings
        self._signer = _signer(credentials)
        self._client = _Client(
            ak=credentials.access_key_id,
            secret=credentials.access_key_secret,
            auto_retry=False,
            proxy=_proxies(settings),
        )
        self._client.session.trust_env = False
        for scheme in ("https://", "http://"):
            self._client.session.mount(scheme, HTTPAdapter(MAX_HOSTS, connections))

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once; see ``Transport.send``."""
        request = self._request(operation, parameters, timeout_s)
        try:
            status, headers, body, _ = self._client._implementation_of_do_action(  # noqa: SLF001  # the one call that gives the headers
                request, self._signer
            )
        except ClientException as error:
            problem = _reason(error)
        else:
            return _answer(status, headers, body)
        # Raised here and not above, so that it does not even remember the SDK's exception.
        raise NoAnswer(problem)

    def close(self) -> None:
        """Close the connections that were kept alive."""
        self._client.session.close()

    def _request(self, operation: str, parameters: Mapping[str, str], timeout_s: float) -> Any:  # noqa: ANN401  # the SDK has no types
        module = import_module(f"aliyunsdkecs.request.v20140526.{operation}Request")
        request = getattr(module, f"{operation}Request")()
        request.set_query_params(dict(parameters))
        request.set_accept_format("JSON")
        connect_s = min(CONNECT_TIMEOUT_S, timeout_s / 4)
        request.set_connect_timeout(connect_s)
        request.set_read_timeout(timeout_s - connect_s)
        endpoint = self._settings.endpoint or _endpoint_of(
            parameters["RegionId"], self._settings.network
        )
        scheme, host = endpoint.split("://")
        request.set_endpoint(host)
        request.set_protocol_type(protocol_type.HTTP if scheme == "http" else protocol_type.HTTPS)
        return request


def _endpoint_of(region: str, network: str) -> str:
    """ECS's own endpoint of a region ("Endpoints", ECS API reference)."""
    return f"https://ecs{'-vpc' if network == 'vpc' else ''}.{region}.aliyuncs.com"


def _proxies(settings: Settings) -> dict[str, str | None]:
    """None for this machine; for https the operator's, which sees but a TLS tunnel."""
    if settings.endpoint and is_loopback(urlsplit(settings.endpoint).hostname or ""):
        return {"http": None, "https": None}
    return {"http": None, "https": settings.https_proxy.url or None}


def _signer(credentials: Credentials) -> AccessKeySigner | StsTokenSigner:
    if credentials.security_token:
        return StsTokenSigner(
            StsTokenCredential(
                credentials.access_key_id,
                credentials.access_key_secret,
                credentials.security_token,
            )
        )
    return AccessKeySigner(
        AccessKeyCredential(credentials.access_key_id, credentials.access_key_secret)
    )


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    """The body of a success; a refusal or nonsense is raised."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise NoAnswer(f"HTTP {status} without a JSON object")
    if _OK <= status < _REDIRECT:
        return content
    code = content.get("Code")
    raise Refusal(
        status=status,
        code=code if isinstance(code, str) and code else f"HTTP {status}",
        message=_without_signature(str(content.get("Message", ""))),
        retry_after_s=_retry_after_s(headers),
    )


def _without_signature(message: str) -> str:
    """ECS repeats the string to sign, which names the access key, after a colon."""
    return message.split("string to sign", maxsplit=1)[0][:_MAX_MESSAGE].strip()


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """When to come back, as the newer gateway says it.

    Sources: alibabacloud-tea-openapi reads ``x-acs-retry-after`` as milliseconds, older versions
    ``x-ratelimit-user-api`` and ``x-ratelimit-user`` with ``TimeLeft`` in milliseconds.
    """
    texts = [headers.get("x-acs-retry-after", "")]
    for name in ("x-ratelimit-user-api", "x-ratelimit-user"):
        for part in headers.get(name, "").split(","):
            key, _, value = part.partition(":")
            if key.strip() == "TimeLeft":
                texts.append(value)
    waits = [
        int(text[:_MAX_DIGITS]) / 1000
        for text in map(str.strip, texts)
        if text.isascii() and text.isdigit()
    ]
    return min(max(waits), 120.0) if waits and max(waits) > 0 else None


def _reason(error: ClientException) -> str:
    """What went wrong on the way, without the URL that the SDK puts into its text."""
    text = str(error.get_error_msg())
    if "Read timed out" in text:
        return "no answer in time"
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return "the host name could not be resolved"
    if "refused" in text or "timed out" in text:
        return "no connection"
    if "CERTIFICATE" in text or "SSL" in text:
        return "no secure connection"
    return "the connection broke"


def _silence_sdk() -> None:
    """No log of the SDK goes anywhere, whatever the level: they hold signed URLs."""
    for name in ("aliyunsdkcore", "aliyunsdkcore.http.http_response"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
    logging.getLogger("aliyunsdkcore").propagate = False
