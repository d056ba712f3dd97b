"""The context that Function Compute passes to a handler, as its two runtimes make it.

Python 3.10's is that of the 3.9 runtime, whose source is public; 3.12's follows its documentation
("Context", Function Compute docs). Fields that nothing here reads are omitted: tracing, and the
second, camel-case name of each field. Credentials never appear in a repr.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared.settings.settings import Credentials

Runtime = Literal["3.10", "3.12"]

MEMORY_MB = 512
"""The memory of a function's instance, unless it is deployed with another size."""
CODE = Path(__file__).resolve().parents[2]
"""The directory that stands in for ``/code``: where ``functions`` and ``shared`` are."""


@dataclass(frozen=True, slots=True)
class Function310:
    """``context.function`` of runtime 3.10; the timeout is text, as in the 3.9 runtime's source."""

    name: str
    handler: str
    memory: int
    timeout: str


@dataclass(frozen=True, slots=True)
class Service:
    """``context.service``, unused in FC 3.0 but still present in 3.10."""

    name: str = ""
    log_project: str = ""
    log_store: str = ""
    qualifier: str = "LATEST"
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class Context310:
    """The context of runtime 3.10 ("Context", Function Compute docs).

    Attributes:
        retry_count: Which attempt of an asynchronous invocation it is, as text; None: not said.
        logger: None, as in an instance that takes one request at a time.
    """

    request_id: str
    credentials: Credentials
    function: Function310
    service: Service
    region: str
    account_id: str
    retry_count: str | None = None
    logger: logging.Logger | None = None


@dataclass(frozen=True, slots=True)
class Function312:
    """``context.function`` of runtime 3.12; that the timeout is a number is not documented."""

    name: str
    handler: str
    memory: int
    timeout: float
    version_id: str = ""
    qualifier: str = "LATEST"


@dataclass(frozen=True, slots=True)
class Context312:
    """The context of runtime 3.12: no credentials, no service; see ``environment``."""

    request_id: str
    function: Function312
    region: str
    account_id: str
    log_project: str = ""
    log_store: str = ""
    logger: logging.Logger | None = None


Context = Context310 | Context312


def context(  # noqa: PLR0913  # each is a field of Function Compute's own context
    runtime: Runtime = "3.10",
    *,
    request_id: str,
    function_name: str,
    region: str,
    account_id: str,
    credentials: Credentials,
    timeout_s: float = 60,
    handler: str = "",
    memory_mb: int = MEMORY_MB,
    retry_count: str | None = None,
) -> Context:
    """The context that a runtime gives to a handler.

    With 3.12 the credentials and the retry count are omitted, as there; put ``environment(...)``
    into the process's environment to provide credentials.
    """
    if runtime == "3.12":
        return Context312(
            request_id=request_id,
            function=Function312(function_name, handler, memory_mb, timeout_s),
            region=region,
            account_id=account_id,
        )
    return Context310(
        request_id=request_id,
        credentials=credentials,
        function=Function310(function_name, handler, memory_mb, f"{timeout_s:g}"),
        service=Service(),
        region=region,
        account_id=account_id,
        retry_count=retry_count,
    )


def environment(of: Context, credentials: Credentials) -> dict[str, str]:
    """The variables that FC sets for a function with a role ("Environment variables", FC docs)."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credentials.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credentials.security_token,
        "FC_ACCOUNT_ID": of.account_id,
        "FC_FUNCTION_HANDLER": of.function.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(of.function.memory),
        "FC_FUNCTION_NAME": of.function.name,
        "FC_FUNC_CODE_PATH": str(CODE),
        "FC_REGION": of.region,
    }
