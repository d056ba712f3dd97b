"""Function Compute's responses when it does not invoke anything.

Statuses, codes and texts are those of "Error codes" (FC docs). Where that page has none for a case,
the code is this module's own: ``AsyncTaskAlreadyExists`` (only its status, 409, is documented) and
``RequestTimeTooSkewed``.
"""

from __future__ import annotations

from collections.abc import Mapping

_KNOWN: Mapping[str, tuple[int, str]] = {
    "InvalidArgument": (400, "{}"),
    "PathNotSupported": (400, "'{}' against '{}' is not supported"),
    "EntityTooLarge": (400, "payload size exceeds maximum allowed size ({} bytes)"),
    "AccessDenied": (403, "{}"),
    "SignatureNotMatch": (
        403,
        (
            "The request signature we calculated does not match the signature you provided. Check"
            " your access key and signing method"
        ),
    ),
    "InvalidAccessKeyID": (403, "invalid access key ID '{}'"),
    "RequestTimeTooSkewed": (403, "the date is missing, or is not of now"),
    "ServiceNotFound": (404, "service '{}' does not exist"),
    "FunctionNotFound": (404, "function '{}' does not exist{}"),
    "AliasNotFound": (404, "alias '{}' of {} does not exist"),
    "VersionNotFound": (404, "version '{}' of {} does not exist"),
    "AsyncTaskAlreadyExists": (409, "there is a task {} already"),
}


class FcError(Exception):  # it is what is answered, as everywhere here
    """An invocation that does not take place."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def refusal(code: str, *details: object) -> FcError:
    """The refusal with a code of the table.

    Args:
        code: one of the table's.
        details: what its text leaves open, in order.

    Raises:
        KeyError: the table has no such code.
    """
    status, text = _KNOWN[code]
    return FcError(status, code, text.format(*details))
