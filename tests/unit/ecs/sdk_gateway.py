"""The SDK with a gateway below its HTTP layer that keeps what went over the wire."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aliyunsdkcore.vendored.requests import models, structures

from shared.ecs.sdk import SdkTransport
from shared.settings.settings import Credentials, Settings

DEFAULT = Settings()
LOCAL = Credentials("local", "local")
REGION = {"RegionId": "cn-hangzhou"}


def transport(
    settings: Settings = DEFAULT, credentials: Credentials = LOCAL, *, connections: int = 2
) -> SdkTransport:
    return SdkTransport(settings, credentials, connections=connections)


def ask(
    operation: str = "DescribeInstances",
    settings: Settings = DEFAULT,
    credentials: Credentials = LOCAL,
    timeout_s: float = 10,
    **parameters: str,
) -> Mapping[str, Any]:
    made = transport(settings, credentials)
    return made.send(operation, {**REGION, **parameters}, timeout_s=timeout_s)


@dataclass(slots=True)
class Gateway:
    """What answers in the socket's place, always the same; it keeps what it was sent."""

    status: int = 200
    body: bytes = b'{"RequestId": "1"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    urls: list[str] = field(default_factory=list)
    options: list[Mapping[str, Any]] = field(default_factory=list)

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401  # the SDK is untyped
        self.urls.append(request.url)
        self.options.append(options)
        if self.failure:
            raise self.failure
        response = models.Response()
        response.status_code = self.status
        response.headers = structures.CaseInsensitiveDict(self.headers)
        response.raw = io.BytesIO(self.body)
        response.request = request
        return response

    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.urls[-1]).query, keep_blank_values=True)
