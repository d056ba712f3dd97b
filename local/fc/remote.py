"""Pass an event to a deployed function: FC 2.0 with aliyun-fc2, FC 3.0 with its own SDK.

Both are on the operator's machine only and are imported when used: aliyun-fc2 comes with
requirements-dev.txt, the SDK of FC 3.0 with requirements-remote.txt. They compose and sign the
request; it is sent once, in the same way as the functions' own calls, and the response is parsed
here. What the clients would do but we do not:

* aliyun-fc2 2.5.2 tries a refused connection six times in 30 seconds, takes the credentials of
  ``~/.netrc`` for its own, and logs the headers of every request, token and signature among them;
* alibabacloud_fc20230330 4.8.3 prints those headers where ``DEBUG`` is ``sdk``;
* both follow redirects, token and all, read answers of any length for as long as they drip in, and
  take a refusal for a JSON object, so that any other ends in a traceback.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from types import ModuleType
from typing import Any, NoReturn
from urllib.parse import urlsplit

import msgspec

from local.fc.remote_answer import Received, RemoteError, Reply, read_reply
from shared.base.errors import Refused
from shared.ecs.connections import Adapter, proxies_to
from shared.ecs.masking import forms_of
from shared.ecs.transport import NoResponse
from shared.settings.settings import Credentials, Settings, is_loopback

CONNECT_TIMEOUT_S = 5.0

_FC3 = "alibabacloud_fc20230330"
_UNREACHED = ("no connection", "no secure connection", "the host name", "the proxy")
"""The prefixes of reasons for which nothing was sent."""
_SIGNATURE = r"(?:Signature=|:)([0-9A-Za-z+/]+=*)$"
"""In the header Authorization, FC 3.0's and FC 2.0's."""


DIRECT = Settings()
"""No proxy, and the certificates that come with the SDK."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function in an account.

    Attributes:
        name: ``curfew-stop`` of FC 3.0, ``service/function`` of FC 2.0.
        region: Where it runs.
        endpoint: Function Compute's, with its scheme; "": FC 3.0's own in the region.
        credentials: Those of somebody allowed to invoke it (``fc:InvokeFunction``).
        timeout_s: How long to wait for the response.
        way: The operator's proxy and the certificates to trust.
    """

    name: str
    region: str
    endpoint: str
    credentials: Credentials
    timeout_s: float
    way: Settings = DIRECT

    @property
    def is_v2(self) -> bool:
        """Whether it is in FC 2.0, where functions belong to services."""
        return "/" in self.name


@dataclass(frozen=True, slots=True)
class Call:
    """How to call it.

    Attributes:
        event: The event's bytes.
        task_id: Of an asynchronous call: FC takes each id once, if the function's ``asyncTask``
            is on ("Asynchronous tasks", FC docs); "": wait for the answer.
    """

    event: bytes
    task_id: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent; its repr shows nothing."""

    url: str
    headers: Mapping[str, str] = field(repr=False)

    def secrets(self, credentials: Credentials) -> tuple[bytes, ...]:
        """The parts that must not be shown."""
        texts = {name.lower(): value for name, value in self.headers.items()}
        signature = re.search(_SIGNATURE, texts.get("authorization", ""))
        return forms_of(
            credentials.access_key_id.strip(),
            credentials.access_key_secret.strip(),
            credentials.security_token.strip(),
            signature[1] if signature else "",
        )


class _Composed(BaseException):
    """A client has composed its request. No ``Exception``, since the clients catch these."""

    def __init__(self, request: _Request) -> None:
        super().__init__()
        self.request = request


def call(deployed: Deployed, how: Call) -> Reply:
    """Call a deployed function once.

    Raises:
        RemoteError: nothing was invoked, or the outcome is unknown; the message says so.
    """
    _check(deployed)
    request = _composed(_by_fc2 if deployed.is_v2 else _by_fc3, deployed, how)
    try:
        received = _sent(request, deployed, how.event)
        return read_reply(received, request.secrets(deployed.credentials), waits=not how.task_id)
    except RemoteError:
        raise
    except Refused as error:
        problem = str(error)
    except NoResponse as failure:
        problem = _no_answer(deployed, failure.reason)
    except Exception as error:  # noqa: BLE001  # whatever it is, nobody knows what was done
        late = "timed out" in str(error)
        problem = _no_answer(deployed, "no response in time" if late else "the connection broke")
    # Raised here and not above, so that it does not even refer to an exception with a token in it.
    raise RemoteError(problem)


def _check(deployed: Deployed) -> None:
    if deployed.is_v2 and not deployed.endpoint:
        raise RemoteError(
            "FC 2.0 needs --endpoint https://ACCOUNT.REGION.fc.aliyuncs.com, with your account's id"
        )
    url = urlsplit(deployed.endpoint)
    if url.scheme not in {"", "https"} and not (
        url.scheme == "http" and is_loopback(url.hostname or "")
    ):
        raise RemoteError(f"{deployed.endpoint} is not https, and not this machine")


def _composed(client: Callable[[Deployed, Call], None], deployed: Deployed, how: Call) -> _Request:
    """The signed request, as a client would send it."""
    try:
        client(deployed, how)
    except _Composed as composed:
        return composed.request
    except RemoteError:
        raise
    except Exception:  # noqa: BLE001, S110  # its text may hold the secret that it cannot sign with
        pass
    raise RemoteError("no request can be built from this function name and this access key")


def _by_fc2(deployed: Deployed, how: Call) -> None:
    fc2: Any = _imported("fc2.client", "aliyun-fc2", "make setup")
    service, _, function = deployed.name.partition("/")
    client = fc2.Client(
        endpoint=deployed.endpoint,
        accessKeyID=deployed.credentials.access_key_id,
        accessKeySecret=deployed.credentials.access_key_secret,
        securityToken=deployed.credentials.security_token,
    )

    def taken(_: str, url: str, *, headers: Mapping[str, str], **__: object) -> NoReturn:
        raise _Composed(_Request(url, headers))

    headers = _headers(how, "x-fc-stateful-async-invocation-id")
    quiet = _nowhere()
    with (
        _replaced(fc2, "logging", quiet),
        _replaced(fc2.auth, "logging", quiet),
        _replaced(fc2, "requestWithTry", taken),
    ):
        client.invoke_function(service, function, payload=how.event, headers=headers)


def _by_fc3(deployed: Deployed, how: Call) -> None:
    sdk: Any = _imported(f"{_FC3}.client", "the SDK of FC 3.0", "make remote")
    models: Any = import_module(f"{_FC3}.models")
    config: Any = import_module("alibabacloud_tea_openapi.utils_models").Config
    options: Any = import_module("darabonba.runtime").RuntimeOptions
    core: Any = import_module("darabonba.core").DaraCore
    url = urlsplit(deployed.endpoint)
    client = sdk.Client(
        config(
            access_key_id=deployed.credentials.access_key_id,
            access_key_secret=deployed.credentials.access_key_secret,
            security_token=deployed.credentials.security_token or None,
            region_id=deployed.region,
            endpoint=url.netloc or url.path or None,
            protocol=url.scheme or "https",
        )
    )

    def taken(request: Any, *_: object) -> NoReturn:  # noqa: ANN401  # of a generated SDK
        raise _Composed(_Request(core.compose_url(request), request.headers))

    headers = models.InvokeFunctionHeaders(common_headers=_headers(how, "x-fc-async-task-id"))
    body = models.InvokeFunctionRequest(body=BytesIO(how.event))
    with _replaced(core, "do_action", staticmethod(taken)):
        client.invoke_function_with_options(deployed.name, body, headers, options())


def _headers(how: Call, task_id: str) -> dict[str, str]:
    if how.task_id:
        return {"x-fc-invocation-type": "Async", task_id: how.task_id}
    return {"x-fc-invocation-type": "Sync", "x-fc-log-type": "Tail"}


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:  # noqa: ANN401  # a module or a class
    """Temporarily replace a client's attribute."""
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _sent(request: _Request, deployed: Deployed, body: bytes) -> Received:
    """Send it and read the whole response.

    Raises:
        NoResponse: there is none.
        Refused: the certificates to trust do not exist.
    """
    way = msgspec.structs.replace(deployed.way, endpoint=deployed.endpoint)
    adapter = Adapter(way, connections=1)
    try:
        answer = adapter.exchange(
            "POST",
            request.url,
            request.headers,
            body,
            timeouts_s=(CONNECT_TIMEOUT_S, deployed.timeout_s),
            proxies=proxies_to(urlsplit(request.url).hostname or "", way),
        )
        return Received(answer.status_code, answer.headers, answer.raw.read())
    finally:
        adapter.close()


def _no_answer(deployed: Deployed, reason: str) -> str:
    """What went wrong on the way; once it was called, it is unknown whether the function runs."""
    where = deployed.endpoint or f"Function Compute in {deployed.region}"
    if reason.startswith(_UNREACHED):
        return f"{where} cannot be reached: {reason}"
    if reason == "no response in time":
        reason = f"no response within {deployed.timeout_s:g} s"
    return f"{where}: {reason}; the function may still be running: check its log"


def _imported(module: str, what: str, how: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError:
        raise RemoteError(f"{what} is not installed; run: {how}") from None


def missing_client(name: str) -> str:
    """What to install before a function of this name can be called; "" if nothing."""
    module, how = ("fc2", "make setup") if "/" in name else (_FC3, "make remote")
    return "" if find_spec(module) else how


def _nowhere() -> logging.Logger:
    """Replaces the module ``logging`` in aliyun-fc2, which logs tokens."""
    logger = logging.getLogger("fc2")
    logger.propagate = False
    logger.handlers = [logging.NullHandler()]
    return logger
