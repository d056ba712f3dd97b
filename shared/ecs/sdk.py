"""The only place that knows aliyun-python-sdk: one call to ECS, out and back.

The SDK composes each request and signs it, and its adapter keeps the connections; how they are
made, and what is read from them, is in ``shared.ecs.connections``. Its client, which is a third
of the SDK's import, is not used. The SDK's traps:

* a reused request object also sends the ids of its last use, so each call makes its own, and no
caller ever sees one; * its default protocol is plain http, so the scheme is always stated; * its
client repeats calls, knowing neither writes nor ``Throttling.User``; here each is made once; * its
client prefers ``ALIYUN_ACCESS_KEY_ID`` in the environment to the credentials given; an empty
``ALIBABA_CLOUD_CA_BUNDLE`` switches its verification of TLS off; a proxy in the environment
captures even 127.0.0.1. Here no variable is read: credentials, trust and proxy are given; * its
client follows redirects; here none is followed; * its logs and its exceptions contain signed URLs,
so the logs are silenced and exceptions are discarded.

Source of each: aliyun-python-sdk-core 2.16.1.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from aliyunsdkcore import __version__
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.auth.signers.access_key_signer import AccessKeySigner
from aliyunsdkcore.auth.signers.sts_token_signer import StsTokenSigner

from shared.ecs.answer import read_answer
from shared.ecs.connections import Adapter, proxies_to
from shared.ecs.masking import forms_of
from shared.ecs.regions import has_endpoint_of_its_own
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.settings.hosts import read_server
from shared.settings.settings import Credentials, Settings

CONNECT_TIMEOUT_S = 5.0
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": f"AlibabaCloud Core/{__version__} Curfew"}


class SdkTransport:
    """The transport through aliyun-python-sdk; thread-safe, made for each invocation."""

    def __init__(self, settings: Settings, credentials: Credentials, *, connections: int) -> None:
        """Connects nothing yet; ``connections`` are kept alive for each region.

        Raises:
            Refused: ``ALIBABA_CLOUD_CA_BUNDLE`` is not a file of certificates.
        """
        _silence_sdk()
        self._settings = settings
        self._signer = _signer(credentials)
        forms = forms_of(
            credentials.access_key_id, credentials.access_key_secret, credentials.security_token
        )
        # A function, since its repr shows nothing.
        self._secrets: Callable[[], tuple[bytes, ...]] = lambda: forms
        self._adapter = Adapter(settings, connections)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once; see ``Transport.send``."""
        try:
            return self._exchange(operation, parameters, timeout_s)
        except ErrorResponse:
            raise
        except NoResponse as failure:
            problem, unresolved = failure.reason, failure.unresolved
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody knows what ECS has done
            problem = "no response in time" if "timed out" in str(error) else "the connection broke"
            unresolved = False
        # Raised here and not above, so that it does not even refer to an exception with a URL.
        raise NoResponse(problem, unresolved=unresolved)

    def close(self) -> None:
        """Close the connections that were kept alive."""
        self._adapter.close()

    def _exchange(
        self, operation: str, parameters: Mapping[str, str], timeout_s: float
    ) -> Mapping[str, Any]:
        request = _request(operation, parameters)
        endpoint = self._settings.endpoint or _endpoint_of(
            parameters["RegionId"], self._settings.network
        )
        headers, target = self._signer.sign(parameters["RegionId"], request)
        connect_s = min(CONNECT_TIMEOUT_S, timeout_s / 4)
        answer = self._adapter.exchange(
            request.get_method(),
            f"{endpoint}{target}",
            {**_HEADERS, **headers},
            timeouts_s=(connect_s, timeout_s - connect_s),
            proxies=proxies_to(read_server(endpoint).host, self._settings),
        )
        signature = re.search(r"[?&]Signature=([^&]+)", target)
        secrets = (*self._secrets(), *forms_of(unquote(signature[1]) if signature else ""))
        return read_answer(answer.status_code, answer.headers, answer.raw.read(), secrets)


def _request(operation: str, parameters: Mapping[str, str]) -> Any:  # noqa: ANN401  # the SDK has no types
    """A request object of the SDK that has never been used."""
    module = import_module(f"aliyunsdkecs.request.v20140526.{operation}Request")
    request = getattr(module, f"{operation}Request")()
    request.set_query_params(dict(parameters))
    request.set_accept_format("JSON")
    return request


def _endpoint_of(region: str, network: str) -> str:
    """ECS's own endpoint of a region ("Endpoints", ECS API reference).

    For Finance Cloud and Government Cloud, what the SDK knows (aliyun-python-sdk-ecs, endpoint.py).
    """
    if network != "vpc" and has_endpoint_of_its_own(region):
        known = import_module("aliyunsdkecs.endpoint").endpoint_data.getEndpointMap().get(region)
        if known:
            return f"https://{known}"
    return f"https://ecs{'-vpc' if network == 'vpc' else ''}.{region}.aliyuncs.com"


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
    """Silence the SDK's logs at every level: they contain signed URLs."""
    for name in ("aliyunsdkcore", "aliyunsdkcore.http.http_response"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
