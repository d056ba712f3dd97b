"""One call to ECS through any SDK: parameters out; a response, a refusal or nothing back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from shared.domain.retries import SERVER_ERROR, Kind, kind_of


class Denial(msgspec.Struct, frozen=True):
    """What RAM says about a denial ("AccessDeniedDetail", error responses of the ECS API).

    Attributes:
        action: What was denied, such as ``ecs:StopInstances``; "": RAM does not say.
        principal: To whom, such as ``role curfew-stop``; "" if RAM does not say.
        why: Which kind of denial by which kind of policy; "" if RAM does not say.
    """

    action: str = ""
    principal: str = ""
    why: str = ""

    @property
    def is_explicit(self) -> bool:
        """Does a policy forbid it, so that no other policy can allow it?"""
        return self.why.startswith("explicit deny")

    def sentence(self) -> str:
        """One short sentence without a full stop; "" if RAM does not name the action."""
        if not self.action:
            return ""
        to_whom = f" to {self.principal}" if self.principal else ""
        return f"RAM denies {self.action}{to_whom}{f' ({self.why})' if self.why else ''}"

    def in_words(self, operation: str) -> tuple[str, str]:
        """What was denied, and what to do about it; each a sentence without a full stop.

        Args:
            operation: The operation called, in case RAM does not name the action.
        """
        action = self.action or f"ecs:{operation}"
        remedy = f"add {action} to the policy of the function's role"
        if self.is_explicit:
            remedy = "a policy forbids it, so allowing it in another one does not help"
        return self.sentence() or f"RAM does not allow {action}", remedy


NOTHING_SAID = Denial()


class ErrorResponse(Exception):  # noqa: N818  # a refusal is an answer
    """ECS responded, and refused.

    Attributes:
        status: HTTP status.
        code: ECS's code, e.g. ``IncorrectInstanceStatus``.
        message: ECS's text, shortened; it never contains a signature.
        retry_after_s: When ECS says to retry, in seconds; None: it does not say.
        denied: What RAM says about a denial, if it is one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        retry_after_s: float | None = None,
        denied: Denial = NOTHING_SAID,
    ) -> None:
        super().__init__(f"HTTP {status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.denied = denied

    @property
    def kind(self) -> Kind:
        """What it means for the next step."""
        return Kind.DENIED if self.denied.action else kind_of(self.code, self.status)

    @property
    def blames_a_member(self) -> bool:
        """Can one instance of the batch be the reason? Then halving the batch finds it."""
        return self.status < SERVER_ERROR and self.kind in {
            Kind.BUSY,
            Kind.PASSING,
            Kind.STATUS,
            Kind.FINAL,
            Kind.NOT_FOUND,
        }


class NoResponse(Exception):  # noqa: N818  # says what happened
    """Nothing readable came back: the write may or may not have been done.

    Attributes:
        reason: What happened, in a few words; it never contains a URL.
        unresolved: ECS's host does not exist in DNS, as opposed to DNS not responding. Through a
            proxy it is always False.
    """

    def __init__(self, reason: str, *, unresolved: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unresolved = unresolved


class Transport(Protocol):
    """One call to ECS: parameters out, the response's JSON object back."""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once.

        Args:
            operation: ECS's name of it, e.g. ``StopInstances``.
            parameters: As they go over the wire; ``RegionId`` is among them.
            timeout_s: How long to wait for the response.

        Raises:
            ErrorResponse: ECS responded, and refused.
            NoResponse: nothing readable came back.
        """
        ...


class Connection(Transport, Protocol):
    """A transport that must be closed."""

    def close(self) -> None:
        """Close it; nothing is sent any more."""
        ...
