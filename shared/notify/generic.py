"""The form for everything else: a POST of the report as JSON, with our own signature.

``X-Curfew-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." + body under the secret>``. The
receiver recomputes it over the raw bytes, and rejects a time that is long past. Any 2xx means
success.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from shared.base.errors import CurfewError
from shared.base.printable import printable
from shared.domain.plan import Row
from shared.notify.channels import Channel
from shared.notify.leases import InTime, Linking, due
from shared.notify.message import Ending, Run
from shared.notify.outgoing import Answer, Outgoing, OutOfTime, posted


def request(
    channel: Channel,
    run: Run,
    linking: Linking,
    now: datetime,
    in_time: InTime = lambda: True,
) -> Outgoing:
    """The POST of a run: its report; for a list ``{"outcome", "reports"}``.

    An advance notice has every row, each with its ``keep_url``.

    Raises:
        OutOfTime: ``in_time``, asked before each row, said no.
    """
    bodies = [_body(run, one, linking, in_time) for one in run.endings]
    value = bodies[0] if len(bodies) == 1 else {"outcome": _outcome(run), "reports": bodies}
    body = printable(json.dumps(value, ensure_ascii=False)).encode(errors="replace")
    return posted(channel.url, body, **_signature(channel, body, now))


def problem(answer: Answer) -> str:
    """Why it was not accepted; "" if it was."""
    return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"  # noqa: PLR2004  # HTTP's


def _body(run: Run, ending: Ending, linking: Linking, in_time: InTime) -> dict[str, Any]:
    """The report of one message, with its error if it has one."""
    if isinstance(ending, CurfewError):
        return {
            "action": run.origin.action,
            "request_id": run.origin.request_id,
            "outcome": "incomplete",
            "errorType": type(ending).__name__,
            "errorMessage": str(ending),
        }
    error = ending.error()
    named = {"errorType": error.__name__, "errorMessage": ending.sentence()} if error else {}
    if ending.released_by is None:
        return {**ending.as_json(), **named}
    told_of = {row.instance.id for row in due(ending)}

    def row_of(row: Row) -> dict[str, Any]:
        if not in_time():
            raise OutOfTime
        url = linking.to_keep(row) if row.instance.id in told_of else ""
        return {**ending.row_as_json(row), **({"keep_url": url} if url else {})}

    rows = [row_of(row) for row in ending.rows]
    told = ending.as_json(max_rows=0)
    omitted = told.pop("instances_omitted", 0) - len(rows)
    more = {"instances_omitted": omitted} if omitted else {}
    return {**told, **named, "instances": rows, **more}


def _outcome(run: Run) -> str:
    return "incomplete" if run.errors() else run.outcome()


def _signature(channel: Channel, body: bytes, now: datetime) -> dict[str, str]:
    if not channel.secret:
        return {}
    t = int(now.timestamp())
    made = hmac.new(channel.secret.encode(), f"{t}.".encode() + body, hashlib.sha256)
    return {"X-Curfew-Signature": f"t={t},v1={made.hexdigest()}"}
