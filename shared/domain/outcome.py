"""The outcome of a call for one instance, as far as ECS said."""

from __future__ import annotations

import msgspec

from shared.domain.instance import Instance
from shared.domain.retries import Kind


class Accepted(msgspec.Struct, frozen=True):
    """ECS accepted the call.

    Attributes:
        instance: As far as the response shows it.
        made: What was done, in words, if that says more than the call itself.
    """

    instance: Instance
    made: str = ""


class Rejected(msgspec.Struct, frozen=True):
    """ECS did not accept it, or that is unknown.

    Attributes:
        alone: ECS referred to this instance, not to its batch.
        before: Which of several calls had been done before, in words; "" if none. in_doubt: It may
            have been done all the same: after a 5xx or without a response; and for a member of a
            refused batch, since ECS does not document that it does none of it.
    """

    kind: Kind
    code: str
    message: str
    alone: bool
    in_doubt: bool
    before: str = ""


class NotSent(msgspec.Struct, frozen=True):
    """The call was not made: its turn did not come in time.

    Attributes:
        before: What of several calls was done before, in words; "" if nothing.
        throttled: ECS had throttled the last one.
    """

    before: str = ""
    throttled: bool = False


Outcome = Accepted | Rejected | NotSent


def lost(reason: str) -> Rejected:
    """The outcome of a call that may or may not have been done."""
    return Rejected(Kind.PASSING, "", reason, alone=True, in_doubt=True)
