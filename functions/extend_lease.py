"""extend_lease: the page behind a link in a notice, on which a person keeps an instance.

Only for an HTTP trigger. GET and HEAD read and change nothing, since chat clients prefetch links;
POST moves the release time of the one instance in the link, and only to a later one. The link is
the only authorization: its signature is checked before any call. No guards are checked, since a
later release time harms nothing. Whatever happens, there is a response, never an exception.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any, ClassVar
from urllib.parse import parse_qs

import msgspec

from shared.action import Action, RequestTime
from shared.base.errors import CurfewError
from shared.base.times import in_zone, parse_instant, to_minute_text, to_zone_text
from shared.converge.target import ALREADY_DONE
from shared.domain.guards import Harm
from shared.domain.instance import Instance, Status
from shared.domain.steps import NOT_KNOWN, UNKNOWN_ID, Done, Rule, SetAutoRelease, Skip, Step
from shared.notify.lease_page import Shown, answer, language_of
from shared.notify.links import FIELD, Lease, read_lease
from shared.notify.words import WORDS, Spoken, local_time
from shared.report.log import Origin, log_error, log_unforeseen
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext, Settings, read_settings

DAYS = (1, 3)
"""The numbers of days by which a link can move a release time."""

_LOOKS_AGAIN_AFTER_S = 2.0
"""How long to wait after a write. A concurrent write decided on earlier has arrived by then."""
_LOOKS_AGAIN_WITHIN = timedelta(seconds=10)
"""Counted from the start of the request; later there is no time left to look again."""
_OK = 200


class ExtendRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of the run that reads or moves; made only here, from a link.

    Attributes:
        made_for: The release time that the link was made for.
        move_to: The later one.
    """

    made_for: str
    move_to: str


class ExtendRule(Rule, frozen=True):
    """From the release time that a link was made for to a later one.

    ECS sets a time whatever it was before, so it is read again right before: a look older than
    three seconds is not acted on (the loop subtracts five for connecting).

    Attributes:
        made_for: That time.
        at: The later one.
        zone: The zone of the times in reports.
    """

    fresh_for: ClassVar[timedelta] = timedelta(seconds=8)
    made_for: datetime
    at: datetime
    zone: tzinfo

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: ARG002  # a Rule
        """The next step; none if the release time is not the one that the link was made for."""
        if instance.status is Status.GONE:
            return UNKNOWN_ID
        if instance.auto_release_at == self.at:
            return Done()
        if instance.auto_release_at != self.made_for:
            made_for = to_zone_text(self.made_for, self.zone)
            return Skip(f"the link was made for the release time {made_for}")
        return SetAutoRelease(in_zone(self.at, self.zone))


def _rule(request: ExtendRequest, when: RequestTime) -> ExtendRule:
    made_for, at = parse_instant(request.made_for), parse_instant(request.move_to)
    return ExtendRule(made_for, at, when.settings.zone)


def later(made_for: datetime, days: int, now: datetime, settings: Settings) -> datetime:
    """The release time that a link sets, a whole minute; ``made_for`` if none is later."""
    furthest = (now + settings.notices.max_extension).replace(second=0, microsecond=0)
    return max(made_for, min(made_for + timedelta(days=days), furthest))


LEASE = Action("extend_lease", ExtendRequest, Harm.NONE, _rule, unguarded=True)
"""Not an ``ACTION``: nobody's event requests it."""


class _Asked(msgspec.Struct, frozen=True):
    """The parts of an HTTP request that matter here.

    Attributes:
        method: In capitals; "" for an event that is not an HTTP request.
        field: What the link carries; "" if nothing.
        body: The body of a POST, as text.
        accepted: The languages that the browser accepts.
    """

    method: str = ""
    field: str = ""
    body: str = ""
    accepted: str = ""

    def __repr__(self) -> str:
        return "_Asked(***)"


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point: an HTTP trigger's response, whatever the event is."""
    asked = _Asked()
    try:
        asked = _read(event)
        shown = _shown(asked, context, world)
    except Exception as error:  # noqa: BLE001  # it never raises
        shown = _failed(error, context)
    return answer(shown, language_of(asked.accepted), with_body=asked.method != "HEAD")


def _failed(error: Exception, context: FcContext) -> Shown:
    """What is shown after an error, which is logged if possible."""
    detail = ""
    with suppress(Exception):  # the log or the context may be broken too
        if isinstance(error, CurfewError):
            log_error(_origin(context), error)
        else:
            detail = log_unforeseen(error)
    return Shown(503, "failed", detail=detail)


def _shown(asked: _Asked, context: FcContext, world: World) -> Shown:
    if asked.method not in {"GET", "HEAD", "POST"}:
        return Shown(405, "method")
    settings = read_settings(world.environ)
    lease = read_lease(asked.field, settings.notices.link_key)
    if lease is None or lease.account != str(getattr(context, "account_id", None)):
        return Shown(403, "forged")
    now = world.clock().now()
    about = _About(lease, settings.zone, language_of(asked.accepted))
    at = lease.release_at
    if now >= at:
        return Shown(410, "over", about.facts())
    is_moving = asked.method == "POST"
    days = _chosen(asked.body) if is_moving else min(DAYS)
    to = later(at, days or min(DAYS), now, settings)
    if to <= at:
        return Shown(409, "furthest", about.facts())
    if not days:
        return Shown(400, "days", about.facts())
    answered = _run(about.request(to, dry_run=not is_moving), context, world)
    shown = about.told(answered)
    wrote = shown.what == "kept" or ALREADY_DONE in _row(answered).get("reason", "")
    looks_again = wrote and world.clock().now() - now < _LOOKS_AGAIN_WITHIN
    if looks_again:
        shown = _settled(shown, about, to, context, world)
    is_less = shown.what == "kept" and to < at + timedelta(days=days)
    return msgspec.structs.replace(shown, what="kept_less") if is_less else shown


def _settled(shown: Shown, about: _About, to: datetime, context: FcContext, world: World) -> Shown:
    """The release time shortly after it was moved.

    A concurrent use of the same link may have set fewer days: then the later time is set again. Any
    other time is somebody's own choice.
    """
    world.clock().sleep(_LOOKS_AGAIN_AFTER_S)
    row = _row(_run(about.request(to, dry_run=True), context, world))
    match row.get("result"):
        case "unchanged":
            return Shown(_OK, "kept", about.facts(row))
        case "skipped" | "would_change":
            stands = row.get("auto_release_at")
        case _:
            return shown  # it was moved; the current time is unknown
    for days in DAYS:
        at = about.lease.release_at + timedelta(days=days)
        if at < to and stands and parse_instant(stands) == at:
            again = about.made_for(at)
            return again.told(_run(again.request(to, dry_run=False), context, world))
    return Shown(409, "moved", about.facts(row))


class _About(msgspec.Struct, frozen=True):
    """What a link is about, and who reads of it."""

    lease: Lease
    zone: tzinfo
    language: Spoken

    def request(self, to: datetime, *, dry_run: bool) -> dict[str, object]:
        """The request for the run."""
        return {
            "instance_ids": [self.lease.instance_id],
            "regions": [self.lease.region],
            "dry_run": dry_run,
            "made_for": to_minute_text(self.lease.release_at),
            "move_to": to_minute_text(to),
            "notify": False,
        }

    def made_for(self, at: datetime) -> _About:
        """The same, as if the link had been made for another release time."""
        lease = msgspec.structs.replace(self.lease, release_at=at)
        return msgspec.structs.replace(self, lease=lease)

    def told(self, answered: Mapping[str, Any]) -> Shown:
        """The outcome, from the run's response: from the instance's row, if there is one."""
        row = _row(answered)
        match row.get("result"), row.get("code"):
            case "would_change", _:
                return Shown(_OK, "choose", self.facts(row), DAYS)
            case "changed", _:
                return Shown(_OK, "kept", self.facts(row))
            case (("unchanged" | "skipped"), _):
                return Shown(409, "already" if self._was_kept(row) else "moved", self.facts(row))
            case "failed", code if code == NOT_KNOWN:
                return Shown(410, "over", self.facts(row))
        detail = json.loads(answered["body"])["errorType"]
        return Shown(503, "failed", self.facts(row), detail=detail)

    def _was_kept(self, row: Mapping[str, str]) -> bool:
        """Was the current release time set with this link, such as by the first of two clicks?"""
        stands = row.get("auto_release_at")
        by_link = {self.lease.release_at + timedelta(days=days) for days in DAYS}
        return row["result"] == "unchanged" or bool(stands and parse_instant(stands) in by_link)

    def facts(self, row: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
        """What the page says of the instance."""
        row = row or {}
        at = row.get("auto_release_at")
        shown_at = parse_instant(at) if at else None if row else self.lease.release_at
        return [
            ("name", row.get("name") or ""),
            ("id", self.lease.instance_id),
            ("region", self.lease.region),
            ("release", local_time(shown_at, self.zone, WORDS[self.language]) if shown_at else ""),
        ]


def _run(request: Mapping[str, object], context: FcContext, world: World) -> dict[str, Any]:
    """The response of a run for an HTTP trigger's event, which never raises."""
    event = {"rawPath": "/", "requestContext": {}, "body": json.dumps(request)}
    return run(LEASE, json.dumps(event).encode(), context, world)


def _row(answered: Mapping[str, Any]) -> Mapping[str, str]:
    """The instance's row in a run's response; an empty one if there is none."""
    body = json.loads(answered["body"])
    rows = body.get("report", body).get("instances")
    return dict(rows[0]) if rows else {}


def _chosen(body: str) -> int:
    """How many days a form specifies; 0 if that is not clear."""
    fields = parse_qs(body, keep_blank_values=True)
    stated = fields.get("days", [])
    return int(stated[0]) if len(stated) == 1 and stated[0] in map(str, DAYS) else 0


def _read(event: bytes) -> _Asked:
    """An HTTP trigger's event ("HTTP trigger", FC docs); anything else has no method."""
    try:
        envelope = json.loads(event)
        method = envelope["requestContext"]["http"]["method"]
        query = envelope.get("queryParameters") or {}
        headers = {key.lower(): value for key, value in (envelope.get("headers") or {}).items()}
        body = envelope.get("body") or ""
        if envelope.get("isBase64Encoded"):
            body = base64.b64decode(body).decode()
        return msgspec.convert(
            {
                "method": method.upper(),
                "field": query.get(FIELD, ""),
                "body": body,
                "accepted": headers.get("accept-language", ""),
            },
            _Asked,
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return _Asked()


def _origin(context: FcContext) -> Origin:
    return Origin.of(LEASE.name, context, trigger="http")
