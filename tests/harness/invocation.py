"""What a function gets besides its event: context, environment, and how calls run side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, get_args

from local.ecs.fleet.fleet import HANGZHOU
from local.ecs.ram.caller import Caller
from local.fc.context import Context, Runtime, context
from shared.settings.settings import Credentials

T = TypeVar("T")
U = TypeVar("U")

RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
ACCOUNT = Caller().account_id
REQUEST_ID = "1-66aa"
CREDENTIALS = Credentials("local", "local")
ENVIRONMENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
}
"""The key that runtime 3.12 takes from there."""


def make_context(
    runtime: Runtime = "3.10", *, timeout_s: float = 600, region: str = HANGZHOU
) -> Context:
    """What Function Compute hands over; only runtime 3.10 has credentials in it."""
    return context(
        runtime,
        request_id=REQUEST_ID,
        function_name="curfew",
        region=region,
        account_id=ACCOUNT,
        credentials=CREDENTIALS,
        timeout_s=timeout_s,
    )


def one_by_one(work: Callable[[T], U], items: Sequence[T], /, *, at_once: int) -> list[U]:
    """The runner of a virtual clock: no threads, so the same run happens again under a seed.

    As strict about the bound as the threads of real life.
    """
    assert at_once >= 1
    return [work(item) for item in items]
