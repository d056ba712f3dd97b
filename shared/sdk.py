"""The only place that knows aliyun-python-sdk: one call to ECS, out and back.

The SDK makes the request and signs it; how it is sent and read is decided here. Its traps:

* a request object that is used again sends the ids of its last use too, so each call makes its
  own, and no caller ever sees one;
* its default protocol is plain http, and the check is by identity with its constant;
* its own retries know neither deeds nor ``Throttling.User``, so they are off;
* ``ALIYUN_ACCESS_KEY_ID`` in the environment beats the credentials given, so the signer is given
  with each call;
* an empty ``ALIBABA_CLOUD_CA_BUNDLE`` switches the verification of TLS off, and on Python 3.12 it
  sends no server name; so the TLS context is our own, and no variable is read when sending;
* a proxy in the environment captures even 127.0.0.1, so the proxy is always stated;
* it keeps connections to ten hosts, and each region is one, so more are kept;
* its connect time-out is for each address of a name and its read time-out for each read of the
  socket, so connections and answers are our own, timed as a whole;
* it reads answers of any size, unpacks them however large they become, takes cookies, and builds
  the request that a redirect asks for; here answers are bounded and nothing is followed;
* its logs and its exceptions hold signed URLs, so the logs are silenced and of an exception
  nothing is kept.

Source of each: aliyun-python-sdk-core 2.16.1.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.auth.signers.access_key_signer import AccessKeySigner
from aliyunsdkcore.auth.signers.sts_token_signer import StsTokenSigner
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.http import protocol_type
from aliyunsdkcore.vendored.requests import Request

from shared.connections import Adapter
from shared.ecs_answer import read_answer
from shared.failures import NoAnswer, Refusal
from shared.hosts import read_server
from shared.settings import Credentials, Settings, is_loopback

CONNECT_TIMEOUT_S = 5.0


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


class SdkTransport:
    """The transport through aliyun-python-sdk; safe for threads, made anew for each invocation."""

    def __init__(self, settings: Settings, credentials: Credentials, *, connections: int) -> None:
        """Connects nothing yet; ``connections`` are kept alive for each region.

        Raises:
            Refused: ``ALIBABA_CLOUD_CA_BUNDLE`` is not a file of certificates.
        """
        _silence_sdk()
        self._settings = settings
        self._signer = _signer(credentials)
        self._client = AcsClient(
            ak=credentials.access_key_id, secret=credentials.access_key_secret, auto_retry=False
        )
        self._adapter = Adapter(settings, connections)
        self._session = self._client.session
        self._session.trust_env = False
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._adapter)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once; see ``Transport.send``."""
        try:
            return self._exchange(operation, parameters, timeout_s)
        except Refusal:
            raise
        except NoAnswer as failure:
            problem, unresolved = failure.reason, failure.unresolved
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody knows what ECS has done
            problem = "no answer in time" if "timed out" in str(error) else "the connection broke"
            unresolved = False
        # Raised here and not above, so that it does not even remember an exception with a URL.
        raise NoAnswer(problem, unresolved=unresolved)

    def close(self) -> None:
        """Close the connections that were kept alive."""
        self._session.close()

    def _exchange(
        self, operation: str, parameters: Mapping[str, str], timeout_s: float
    ) -> Mapping[str, Any]:
        endpoint = self._settings.endpoint or _endpoint_of(
            parameters["RegionId"], self._settings.network
        )
        server = read_server(endpoint)
        signed = self._client._make_http_response(  # noqa: SLF001  # the one method that signs and does not send
            server.netloc(),
            _request(operation, parameters, server.scheme),
            None,
            None,
            self._signer,
        )
        request = Request(
            signed.get_method(), endpoint + signed.get_url(), headers=signed.get_headers()
        )
        connect_s = min(CONNECT_TIMEOUT_S, timeout_s / 4)
        answer = self._adapter.send(
            self._session.prepare_request(request),
            stream=True,
            timeout=(connect_s, timeout_s - connect_s),
            proxies=_proxies(self._settings, server.host),
        )
        return read_answer(answer.status_code, answer.headers, answer.raw.read())


def _request(operation: str, parameters: Mapping[str, str], scheme: str) -> Any:  # noqa: ANN401  # the SDK has no types
    """A request object of the SDK that has never been used."""
    module = import_module(f"aliyunsdkecs.request.v20140526.{operation}Request")
    request = getattr(module, f"{operation}Request")()
    request.set_query_params(dict(parameters))
    request.set_accept_format("JSON")
    request.add_header("Accept-Encoding", "identity")
    request.set_protocol_type(protocol_type.HTTP if scheme == "http" else protocol_type.HTTPS)
    return request


def _endpoint_of(region: str, network: str) -> str:
    """ECS's own endpoint of a region ("Endpoints", ECS API reference)."""
    return f"https://ecs{'-vpc' if network == 'vpc' else ''}.{region}.aliyuncs.com"


def _proxies(settings: Settings, host: str) -> dict[str, str | None]:
    """None for this machine; for https the operator's, which sees but a TLS tunnel."""
    if settings.endpoint and is_loopback(host):
        return {"http": None, "https": None}
    return {"http": None, "https": settings.https_proxy.url_for(host) or None}


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


def _silence_sdk() -> None:
    """No log of the SDK goes anywhere, whatever the level: they hold signed URLs."""
    for name in ("aliyunsdkcore", "aliyunsdkcore.http.http_response"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
    logging.getLogger("aliyunsdkcore").propagate = False
