"""Settings from the environment and Function Compute's context, read at the start of a run.

Credentials come from ``context.credentials`` if the runtime has them (python3.10 and older: fresh
for each invocation), otherwise from ``ALIBABA_CLOUD_…`` (python3.12 has no ``credentials``). They
are never kept between invocations, never taken from an event and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from shared.base.errors import Refused, Unavailable
from shared.base.printable import repeated
from shared.base.strict_json import JsonError, loads, shown
from shared.base.times import CHINA, parse_duration
from shared.settings.hosts import read_server
from shared.settings.notices import NoticeSettings, read_notice_settings
from shared.settings.proxy import Proxy, read_proxy
from shared.settings.zones import load_zone, nearest_zone

DEFAULT_MAX_INSTANCES = 100
DEFAULT_MAX_EVENT_AGE = timedelta(hours=6)
DEFAULT_CATCH_UP = timedelta(hours=2)
SHORTEST_CATCH_UP, LONGEST_CATCH_UP = timedelta(minutes=30), timedelta(hours=24)
DEFAULT_TIMEOUT_S = 60.0
DEFAULT_SHOW_TAGS = ("owner",)
MOST_SHOWN_TAGS = 10
_ONLY_TAGS = (
    'it must be a JSON object of tag key to value, list of values, or "*" for any value, like '
    '{"lifecycle": "managed"}'
)


class FcContext(Protocol):
    """The part of Function Compute's context that both runtimes have ("Context", FC docs)."""

    @property
    def request_id(self) -> str:
        """The invocation's id."""
        ...

    @property
    def region(self) -> str:
        """The function's own region."""
        ...

    @property
    def account_id(self) -> str:
        """The account that owns the function."""
        ...

    @property
    def function(self) -> Any:  # noqa: ANN401  # its timeout is text in python3.9's runtime
        """Name, handler, memory and timeout of the function."""
        ...


class Credentials(msgspec.Struct, frozen=True):
    """An access key, temporary if it has a token. Its repr shows nothing."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""

    def __repr__(self) -> str:
        return "Credentials(***)"


class Settings(msgspec.Struct, frozen=True):
    """The operator's choices; each from the environment variable of its name.

    Attributes:
        endpoint: ``ECS_ENDPOINT`` as ``scheme://host[:port]``; "": ECS's own for each region.
        network: ``ECS_NETWORK``: "" or ``vpc``.
        max_instances: ``CURFEW_MAX_INSTANCES``: how many instances one request may change.
        max_percent: ``CURFEW_MAX_PERCENT``: how much of a region's inventory it may change, from
            1 to 100; 0: no such cap.
        max_event_age: ``CURFEW_MAX_EVENT_AGE``: older events are refused.
        accounts: ``CURFEW_ACCOUNTS``; empty: any.
        regions: ``CURFEW_REGIONS``; empty: any.
        ca_bundle: ``ALIBABA_CLOUD_CA_BUNDLE``: the file of CA certificates to trust instead of the
            SDK's own; "": the SDK's own. Read when connecting to ECS.
        https_proxy: ``HTTPS_PROXY`` and ``NO_PROXY``; never used for this machine or for plain
            http.
        zone: ``CURFEW_TZ``: the zone of plain dates in tags; default Asia/Shanghai.
        only_tags: ``CURFEW_ONLY_TAGS``: an instance that lacks one of these tags is never written
            to; each key with its required value, several alternatives, or ``*`` for any. Empty: no
            restriction.
        snapshot_required: ``CURFEW_SNAPSHOT`` is ``required``: no release without snapshots.
        show_tags: ``CURFEW_SHOW_TAGS``: the keys of the tags that reports show, in this order.
        schedules: ``CURFEW_SCHEDULES``: specs of schedules by name; parsed with schedules
            (``shared.domain.schedule_spec``).
        catch_up: ``CURFEW_CATCH_UP``: how long an opening, or a lone close, is caught up on.
        holidays: ``CURFEW_HOLIDAYS``: days off in addition to China's; parsed with the calendar
            (``shared.domain.calendar``).
        workdays: ``CURFEW_WORKDAYS``: additional working days; parsed there, too.
        notices: ``CURFEW_NOTIFY`` and related settings: who is notified of which runs.
    """

    endpoint: str = ""
    network: str = ""
    max_instances: int = DEFAULT_MAX_INSTANCES
    max_percent: int = 0
    max_event_age: timedelta = DEFAULT_MAX_EVENT_AGE
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    ca_bundle: str = ""
    https_proxy: Proxy = Proxy()
    zone: tzinfo = CHINA
    only_tags: Mapping[str, str | tuple[str, ...]] = MappingProxyType({})
    snapshot_required: bool = False
    show_tags: tuple[str, ...] = DEFAULT_SHOW_TAGS
    schedules: Mapping[str, object] = MappingProxyType({})
    catch_up: timedelta = DEFAULT_CATCH_UP
    holidays: str = ""
    workdays: str = ""
    notices: NoticeSettings = NoticeSettings()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in an environment.

    Raises:
        Refused: a variable is invalid, an endpoint is plain http to another machine, or a proxy is
            https. A run with half-understood settings would be a guess.
    """
    network = environ.get("ECS_NETWORK", "").strip()
    if network not in {"", "vpc"}:
        raise Refused(f"ECS_NETWORK is {repeated(network)}; it must be vpc, or unset")
    return Settings(
        endpoint=_endpoint(environ.get("ECS_ENDPOINT", "").strip()),
        network=network,
        max_instances=_whole("CURFEW_MAX_INSTANCES", environ, DEFAULT_MAX_INSTANCES, 9_999_999),
        max_percent=_whole("CURFEW_MAX_PERCENT", environ, 0, 100),
        max_event_age=_max_event_age(environ.get("CURFEW_MAX_EVENT_AGE", "").strip()),
        accounts=_names("CURFEW_ACCOUNTS", environ),
        regions=_regions(environ),
        ca_bundle=environ.get("ALIBABA_CLOUD_CA_BUNDLE", "").strip(),
        https_proxy=read_proxy(environ),
        zone=_zone(environ.get("CURFEW_TZ", "").strip()),
        only_tags=_only_tags(environ.get("CURFEW_ONLY_TAGS", "")),
        snapshot_required=_snapshot_required(environ.get("CURFEW_SNAPSHOT", "")),
        show_tags=_show_tags(environ),
        schedules=_schedules(environ.get("CURFEW_SCHEDULES", "")),
        catch_up=_catch_up(environ.get("CURFEW_CATCH_UP", "").strip()),
        holidays=environ.get("CURFEW_HOLIDAYS", "").strip(),
        workdays=environ.get("CURFEW_WORKDAYS", "").strip(),
        notices=read_notice_settings(environ),
    )


def read_credentials(context: object, environ: Mapping[str, str]) -> Credentials:
    """This invocation's credentials.

    Raises:
        Unavailable: there are none; the function has no role.
    """
    given = getattr(context, "credentials", None)
    credentials = Credentials(
        access_key_id=getattr(given, "access_key_id", None) or "",
        access_key_secret=getattr(given, "access_key_secret", None) or "",
        security_token=getattr(given, "security_token", None) or "",
    )
    if not (credentials.access_key_id and credentials.access_key_secret):
        credentials = Credentials(
            access_key_id=environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
            access_key_secret=environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
            security_token=environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
        )
    if not (credentials.access_key_id and credentials.access_key_secret):
        raise Unavailable(
            "there are no credentials; give the function a role (ram/ has its policy), or set "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        )
    return credentials


def timeout_of(context: object) -> timedelta:
    """How long Function Compute lets the function run; a minute if it does not say."""
    stated = getattr(getattr(context, "function", None), "timeout", None)
    try:
        seconds = float(stated)  # type: ignore[arg-type]  # text or number, or nothing at all
    except (TypeError, ValueError):
        seconds = DEFAULT_TIMEOUT_S
    return timedelta(seconds=seconds if 0 < seconds <= 86_400 else DEFAULT_TIMEOUT_S)  # noqa: PLR2004  # FC's longest


def account_of(context: object) -> str:
    """The account that the function runs in; "" if the context does not say."""
    return str(getattr(context, "account_id", "") or "")


def is_loopback(host: str) -> bool:
    """Is this host this machine?"""
    if host == "localhost":
        return True
    from ipaddress import ip_address  # noqa: PLC0415  # a deployed function states no endpoint

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _endpoint(text: str) -> str:
    if not text:
        return ""
    malformed = Refused("ECS_ENDPOINT must be https://HOST[:PORT], or http://127.0.0.1:PORT")
    try:
        server = read_server(text if "://" in text else f"https://{text}")
    except ValueError:
        raise malformed from None
    if server.scheme not in {"http", "https"} or server.userinfo:
        raise malformed
    if server.scheme == "http" and not is_loopback(server.host):
        raise Refused(
            f"ECS_ENDPOINT is plain http to {server.host}; "
            "requests that leave this machine must use https"
        )
    return f"{server.scheme}://{server.netloc()}"


def _whole(variable: str, environ: Mapping[str, str], default: int, most: int) -> int:
    text = environ.get(variable, "").strip()
    if not text:
        return default
    if not re.fullmatch("[1-9][0-9]{0,6}", text) or int(text) > most:
        raise Refused(
            f"{variable} is {repeated(text)}; it must be a whole number from 1 to {most}, or unset"
        )
    return int(text)


def _max_event_age(text: str) -> timedelta:
    if not text:
        return DEFAULT_MAX_EVENT_AGE
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refused(f"CURFEW_MAX_EVENT_AGE: {error}") from None


def _names(variable: str, environ: Mapping[str, str]) -> frozenset[str]:
    text = environ.get(variable, "")
    names = frozenset(name for part in text.split(",") if (name := part.strip()))
    if text and not names:
        raise Refused(f"{variable} is set but empty; list at least one, or unset it")
    return names


def _show_tags(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The keys in their order, each once."""
    if not _names("CURFEW_SHOW_TAGS", environ):
        return DEFAULT_SHOW_TAGS
    stated = (part.strip() for part in environ["CURFEW_SHOW_TAGS"].split(","))
    keys = tuple(dict.fromkeys(filter(None, stated)))
    if len(keys) > MOST_SHOWN_TAGS:
        raise Refused(
            f"CURFEW_SHOW_TAGS names {len(keys)} tag keys; it may name at most {MOST_SHOWN_TAGS}"
        )
    return keys


def _only_tags(text: str) -> Mapping[str, str | tuple[str, ...]]:
    if not text:
        return MappingProxyType({})
    try:
        stated = loads(text)
    except JsonError as error:
        raise Refused(f"CURFEW_ONLY_TAGS is not a JSON object: {error}; {_ONLY_TAGS}") from None
    if not isinstance(stated, dict) or not stated:
        raise Refused(f"CURFEW_ONLY_TAGS is {shown(stated)}; {_ONLY_TAGS}")
    tags: dict[str, str | tuple[str, ...]] = {}
    for key, value in stated.items():
        values = value if isinstance(value, list) else [value]
        if not key or not values or not all(isinstance(one, str) for one in values):
            raise Refused(f"CURFEW_ONLY_TAGS: {shown(key)} is {shown(value)}; {_ONLY_TAGS}")
        if isinstance(value, list) and "*" in value:
            raise Refused(
                f'CURFEW_ONLY_TAGS: {shown(key)} is {shown(value)}; for any value write "*" alone'
            )
        tags[key] = value if isinstance(value, str) else tuple(values)
    return MappingProxyType(tags)


def _snapshot_required(text: str) -> bool:
    if text and text.strip() != "required":
        raise Refused(f"CURFEW_SNAPSHOT is {shown(text)}; it must be required, or unset")
    return bool(text)


def _schedules(text: str) -> Mapping[str, object]:
    if not text.strip():
        return MappingProxyType({})
    right = 'it must be a JSON object of name to schedule, like {"office": "workdays 08:30-20:00"}'
    try:
        stated = loads(text)
    except JsonError as error:
        raise Refused(f"CURFEW_SCHEDULES is not a JSON object: {error}; {right}") from None
    if not isinstance(stated, dict):
        raise Refused(f"CURFEW_SCHEDULES is {shown(stated)}; {right}")
    return MappingProxyType(stated)


def _catch_up(text: str) -> timedelta:
    if not text:
        return DEFAULT_CATCH_UP
    try:
        catch_up = parse_duration(text)
    except ValueError as error:
        raise Refused(f"CURFEW_CATCH_UP: {error}") from None
    if not SHORTEST_CATCH_UP <= catch_up <= LONGEST_CATCH_UP:
        raise Refused(f"CURFEW_CATCH_UP is {text}; it must be from 30m to 24h, or unset")
    return catch_up


def _regions(environ: Mapping[str, str]) -> frozenset[str]:
    regions = _names("CURFEW_REGIONS", environ)
    for one in sorted(regions):
        if not re.fullmatch(r"[a-z]{2,12}(-[a-z0-9]{1,20}){1,4}", one):
            raise Refused(
                f"CURFEW_REGIONS names {shown(one)}, which is not a region id; expected ids like "
                "cn-hangzhou, separated by commas"
            )
    return regions


def _zone(name: str) -> tzinfo:
    if not name:
        return CHINA
    try:
        return load_zone(name)
    except ValueError:
        right = f"a zone like {nearest_zone(name)}, or UTC"
        raise Refused(f"CURFEW_TZ is {name[:40]!r}; it must be {right}") from None
