"""Hand an event to a function that is deployed: FC 2.0 by aliyun-fc2, FC 3.0 by its own SDK.

Both are on the operator's machine only and are imported when used: aliyun-fc2 comes with
requirements-dev.txt, the SDK of FC 3.0 with requirements-remote.txt. Their traps are handled here:

* aliyun-fc2 2.5.2 tries a refused connection six times in 30 seconds, and logs the headers of
  every request that fails, token and signature among them, at the root logger;
* on an error whose body is not JSON it raises what ``requests`` raises, without the status;
* it makes a session for each call, which is right for one call and is left so;
* alibabacloud_fc20230330 4.8.3 has no way to say http but ``Config.protocol``, and tries again
  by itself unless told not to.
"""

from __future__ import annotations

import json
import logging
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from local.fc.runtime import Outcome
from shared.printable import printable
from shared.settings import Credentials, is_loopback

CONNECT_TIMEOUT_S = 5

_OK = 200
_FC3 = "alibabacloud_fc20230330"
_NOT_JSON = "the answer is a refusal, and not JSON: it is not Function Compute"
_UNHANDLED = "UnhandledInvocationError"
_HINTS = {
    403: "; the key needs fc:InvokeFunction on the function",
    404: "; --name says how it is called there, --region where it is",
    409: "; it has been sent before, and is not done twice",
    429: "; it has all the instances that it may have: try again later, or use --async",
}


class RemoteError(Exception):
    """The function was not reached, or Function Compute said no; the message says which."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function in an account.

    Attributes:
        name: ``curfew-stop`` of FC 3.0, ``service/function`` of FC 2.0.
        region: Where it runs.
        endpoint: Function Compute's, with its scheme; "": FC 3.0's own of the region.
        credentials: Those of somebody who may invoke it (``fc:InvokeFunction``).
        timeout_s: How long to wait for the answer.
    """

    name: str
    region: str
    endpoint: str
    credentials: Credentials
    timeout_s: float

    @property
    def is_v2(self) -> bool:
        """Whether it is of FC 2.0, where functions are in services."""
        return "/" in self.name


@dataclass(frozen=True, slots=True)
class Call:
    """How it is to be called.

    Attributes:
        event: The event's bytes.
        task_id: Of an asynchronous call: FC takes each id once, if the function's ``asyncTask``
            is on ("Asynchronous tasks", FC docs); "": wait for the answer.
    """

    event: bytes
    task_id: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        request_id: Function Compute's.
        outcome: What the function answered; of an asynchronous call None.
        log: The last 4 KB of its log, where the API gives it.
    """

    request_id: str
    outcome: Outcome | None
    log: str = ""


def call(deployed: Deployed, how: Call) -> Reply:
    """Call a deployed function once.

    Raises:
        RemoteError: nothing was invoked, or nobody knows what came of it; the message says so.
    """
    _check(deployed)
    return _by_fc2(deployed, how) if deployed.is_v2 else _by_fc3(deployed, how)


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


def _by_fc2(deployed: Deployed, how: Call) -> Reply:
    fc2: Any = _imported("fc2.client", "aliyun-fc2", "make setup")
    fc2.retries = 0
    fc2.logging = fc2.auth.logging = _nowhere()
    service, _, function = deployed.name.partition("/")
    client = fc2.Client(
        endpoint=deployed.endpoint,
        accessKeyID=deployed.credentials.access_key_id,
        accessKeySecret=deployed.credentials.access_key_secret,
        securityToken=deployed.credentials.security_token,
        Timeout=(CONNECT_TIMEOUT_S, deployed.timeout_s),
    )
    headers = _headers(how, "x-fc-stateful-async-invocation-id")
    try:
        answer = client.invoke_function(service, function, payload=how.event, headers=headers)
    except fc2.fc_exceptions.FcError as error:
        if error.status_code == _OK:
            return _failure_by_fc2(error)
        problem = _refusal(error.status_code, error.err_code, json.loads(error.message))
    except ValueError:
        problem = _NOT_JSON
    except fc2.requests.RequestException as error:
        problem = _no_answer(deployed, str(error))
    else:
        return _reply(how, answer.headers, answer.data)
    # Raised here and not above, so that it does not even remember an exception with a token in it.
    raise RemoteError(problem)


def _failure_by_fc2(error: Any) -> Reply:  # noqa: ANN401  # aliyun-fc2 has no types
    """The function failed: aliyun-fc2 raises, and adds the request id to what it answered."""
    body = json.loads(error.message)
    request_id = body.pop("RequestId", "")
    return Reply(request_id, _outcome(json.dumps(body).encode(), _UNHANDLED))


def _by_fc3(deployed: Deployed, how: Call) -> Reply:
    sdk: Any = _imported(f"{_FC3}.client", "the SDK of FC 3.0", "make remote")
    models: Any = import_module(f"{_FC3}.models")
    config: Any = import_module("alibabacloud_tea_openapi.utils_models").Config
    options: Any = import_module("darabonba.runtime").RuntimeOptions
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
    headers = _headers(how, "x-fc-async-task-id")
    try:
        answer = client.invoke_function_with_options(
            deployed.name,
            models.InvokeFunctionRequest(body=BytesIO(how.event)),
            models.InvokeFunctionHeaders(common_headers=headers),
            options(
                autoretry=False,
                connect_timeout=CONNECT_TIMEOUT_S * 1000,
                read_timeout=int(deployed.timeout_s * 1000),
            ),
        )
    except import_module("Tea.exceptions").TeaException as error:
        problem = _problem_of_fc3(deployed, error)
    else:
        return _reply(how, answer.headers, answer.body.read())
    raise RemoteError(problem)


def _problem_of_fc3(deployed: Deployed, error: Any) -> str:  # noqa: ANN401  # of a generated SDK
    status = getattr(error, "statusCode", None) or getattr(error, "status_code", None)
    if status is None:
        cause = getattr(error, "inner_exception", error)
        return _NOT_JSON if isinstance(cause, RuntimeError) else _no_answer(deployed, str(error))
    return _refusal(status, error.code, {"Message": error.message})


def _headers(how: Call, task_id: str) -> dict[str, str]:
    if how.task_id:
        return {"x-fc-invocation-type": "Async", task_id: how.task_id}
    return {"x-fc-invocation-type": "Sync", "x-fc-log-type": "Tail"}


def _reply(how: Call, headers: Mapping[str, str], body: bytes) -> Reply:
    """An answer that is not a refusal; a function that failed has a header of its own."""
    lower = {name.lower(): value for name, value in headers.items()}
    request_id = lower.get("x-fc-request-id", "")
    if how.task_id:
        return Reply(request_id, None)
    log = b64decode(lower.get("x-fc-log-result", "")).decode(errors="replace")
    return Reply(request_id, _outcome(body, lower.get("x-fc-error-type", "")), log)


def _outcome(body: bytes, failed_as: str) -> Outcome:
    if not failed_as:
        return Outcome(ok=True, body=body)
    try:
        error_type = str(json.loads(body).get("errorType", failed_as))
    except (ValueError, AttributeError):
        error_type = failed_as
    return Outcome(ok=False, body=body, error_type=error_type)


def _refusal(status: int, code: str, body: Mapping[str, Any]) -> str:
    message = str(body.get("ErrorMessage") or body.get("Message") or "")
    message = message.split("server string to sign", maxsplit=1)[0].strip()[:300]
    hint = _HINTS.get(int(status), "")
    return printable(f"Function Compute answers {status} {code}: {message}{hint}")


def _no_answer(deployed: Deployed, text: str) -> str:
    """What went wrong on the way; whether the function runs is not known after a timeout."""
    where = deployed.endpoint or f"Function Compute in {deployed.region}"
    if "Read timed out" in text:
        return (
            f"no answer from {where} within {deployed.timeout_s:g} seconds; the function may still "
            "run: look at its log"
        )
    return f"{where} cannot be reached"


def _imported(module: str, what: str, how: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError:
        raise RemoteError(f"{what} is not installed; type: {how}") from None


def missing_client(name: str) -> str:
    """What to type before a function of this name can be called; "" if nothing is missing."""
    module, how = ("fc2", "make setup") if "/" in name else (_FC3, "make remote")
    return "" if find_spec(module) else how


def _nowhere() -> logging.Logger:
    """Takes the place of the module ``logging`` in aliyun-fc2, which logs tokens."""
    logger = logging.getLogger("fc2")
    logger.propagate = False
    logger.handlers = [logging.NullHandler()]
    return logger
