"""The official clients, unmodified, each behind one call: ECS's own words in, ECS's own words out.

A client that is not installed skips its tests and says what would install it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

import pytest

REGION = "cn-hangzhou"
NODE = shutil.which("node")
NODE_FOLDER = Path(__file__).parent / "node"

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """What signs a request."""

    id: str = "local"
    secret: str = "local"
    token: str = ""


class RefusedError(Exception):
    """ECS said no; in which words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Transport(Protocol):
    """One operation through one client."""

    def __call__(self, url: str, key: Key, operation: str, parameters: Body) -> Body: ...


@dataclass(frozen=True)
class Client:
    """A client at work on one emulator.

    Attributes:
        transport: How it makes a call.
        url: The emulator's.
    """

    transport: Transport
    url: str
    key: Key = field(default_factory=Key)

    def call(self, operation: str, **parameters: Any) -> Body:  # noqa: ANN401  # as on the wire
        """The answer's body; lists are lists, booleans booleans, as the client's users write them.

        Raises:
            RefusedError: ECS said no.
        """
        return self.transport(self.url, self.key, operation, {"RegionId": REGION, **parameters})

    def with_key(self, key: Key) -> Client:
        """The same client with another key."""
        return replace(self, key=key)


def needs(module: str) -> Any:  # noqa: ANN401  # clients have no types of use here
    """The module, if ``make clients`` has installed it."""
    return pytest.importorskip(module, reason=f"{module} is not installed: make clients")


def python_v1(url: str, key: Key, operation: str, parameters: Body) -> Body:
    """aliyun-python-sdk-ecs: RPC, HMAC-SHA1, parameters in the query."""
    exceptions = needs("aliyunsdkcore.acs_exception.exceptions")
    request = _v1_request(operation, parameters)
    request.set_endpoint(urlsplit(url).netloc)
    request.set_protocol_type("http")
    try:
        answer = _v1_client(key).do_action_with_exception(request)
    except exceptions.ServerException as error:
        raise RefusedError(error.get_error_code(), error.get_error_msg()) from None
    body: Body = json.loads(answer)
    return body


def _v1_request(operation: str, parameters: Body) -> Any:  # noqa: ANN401  # the SDK is untyped
    module = needs(f"aliyunsdkecs.request.v20140526.{operation}Request")
    request = getattr(module, f"{operation}Request")()
    request.set_accept_format("json")
    for name, value in parameters.items():
        if name == "RegionId":
            request.add_query_param(name, value)
            continue
        # A parameter that is a list has a setter in the plural: set_InstanceIds, set_Tags.
        setter = getattr(request, f"set_{name}", None) or getattr(request, f"set_{name}s")
        setter(value)
    return request


def _v1_client(key: Key) -> Any:  # noqa: ANN401  # the SDK is untyped
    client_class = import_module("aliyunsdkcore.client").AcsClient
    credentials = import_module("aliyunsdkcore.auth.credentials")
    given = (
        {"credential": credentials.StsTokenCredential(key.id, key.secret, key.token)}
        if key.token
        else {"ak": key.id, "secret": key.secret}
    )
    return client_class(
        region_id=REGION, proxy={"http": None, "https": None}, auto_retry=False, **given
    )


def python_v2(url: str, key: Key, operation: str, parameters: Body) -> Body:
    """alibabacloud_ecs20140526: ACS3-HMAC-SHA256, the action in a header, typed both ways."""
    answer = python_v2_typed(url, key, operation, parameters)
    body: Body = answer.to_map()
    return body


def python_v2_typed(url: str, key: Key, operation: str, parameters: Body) -> Any:  # noqa: ANN401  # the SDK's own
    """The same, with the answer as the client's own model."""
    client_class = needs("alibabacloud_ecs20140526.client").Client
    models = import_module("alibabacloud_ecs20140526.models")
    errors = import_module("Tea.exceptions")
    newer = import_module("darabonba.exceptions")
    config = import_module("alibabacloud_tea_openapi.models").Config(
        access_key_id=key.id,
        access_key_secret=key.secret,
        security_token=key.token or None,
        endpoint=urlsplit(url).netloc,
        protocol="http",
        region_id=REGION,
    )
    request = getattr(models, f"{operation}Request")().from_map(dict(parameters))
    try:
        return getattr(client_class(config), _snake(operation))(request).body
    except (errors.TeaException, newer.DaraException) as error:
        raise RefusedError(error.code, error.message) from None


def _snake(operation: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in operation)[1:]


@dataclass
class Node:
    """A Node process that drives the Node clients, one call a line."""

    process: subprocess.Popen[str]

    def call(self, client: str, url: str, key: Key, operation: str, parameters: Body) -> Body:
        """Make one call.

        Raises:
            RefusedError: ECS said no.
        """
        asked = {
            "client": client,
            "url": url,
            "key": key.id,
            "secret": key.secret,
            "token": key.token,
            "operation": operation,
            "parameters": parameters,
        }
        _pipe(self.process.stdin).write(f"{json.dumps(asked)}\n")
        _pipe(self.process.stdin).flush()
        said = json.loads(_pipe(self.process.stdout).readline())
        if "error" in said:
            raise RefusedError(said["error"]["code"], said["error"]["message"])
        body: Body = said["body"]
        return body


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@contextmanager
def node() -> Iterator[Node]:
    """A Node process, if Node is there and ``make clients`` has installed its clients."""
    if NODE is None:
        pytest.skip("there is no Node.js on this machine")
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("the Node clients are not installed: make clients")
    command = [NODE, str(NODE_FOLDER / "drive.js")]
    with subprocess.Popen(  # noqa: S603  # our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Node(process)
        _pipe(process.stdin).close()


def through_node(running: Node, client: str) -> Transport:
    """The transport of one of the Node clients."""

    def call(url: str, key: Key, operation: str, parameters: Body) -> Body:
        flat = _flat(parameters) if client == "pop-core" else parameters
        return running.call(client, url, key, operation, flat)

    return call


def _flat(parameters: Body) -> dict[str, Any]:
    """As users of pop-core write them: lists are numbered, structures too."""
    flat: dict[str, Any] = {}
    for name, value in parameters.items():
        for suffix, inner in _parts(value):
            flat[f"{name}{suffix}"] = inner
    return flat


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for number, each in enumerate(value, 1):
            for suffix, inner in _parts(each):
                yield f".{number}{suffix}", inner
    elif isinstance(value, dict):
        for name, each in value.items():
            yield f".{name}", each
    else:
        yield "", value


PYTHON: Mapping[str, Transport] = {
    "aliyun-python-sdk-ecs": python_v1,
    "alibabacloud_ecs20140526": python_v2,
}
NODE_CLIENTS: Mapping[str, str] = {
    "@alicloud/ecs20140526": "v2",
    "@alicloud/pop-core": "pop-core",
}
NAMES = (*PYTHON, *NODE_CLIENTS)
