"""What came of a call for one instance, as far as ECS said it."""

from __future__ import annotations

import msgspec

from shared.domain.instance import Instance
from shared.domain.retries import Kind


class Accepted(msgspec.Struct, frozen=True):
    """ECS took the call.

    Attributes:
        instance: As far as the answer tells.
        made: What was done, in words, if that is more than the call's own words.
    """

    instance: Instance
    made: str = ""


class Rejected(msgspec.Struct, frozen=True):
    """ECS did not take it, or nobody knows.

    Attributes:
        alone: It was this instance that ECS spoke of, not the batch that it was in.
        before: What of several calls was done before, in words; "" if nothing.
        in_doubt: It may have been done all the same. So after a 5xx and without an answer; and
            for a member of a refused batch, since ECS does not document that it leaves the whole.
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
        throttled: ECS had refused the last one for its pace.
    """

    before: str = ""
    throttled: bool = False


Outcome = Accepted | Rejected | NotSent


def lost(reason: str) -> Rejected:
    """The outcome of a call of which nobody knows whether it was done."""
    return Rejected(Kind.PASSING, "", reason, alone=True, in_doubt=True)
