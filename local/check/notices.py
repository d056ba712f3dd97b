"""Checks of the channels and links of notices; no address, secret or key is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from local.check.findings import Finding, error, ok, warning
from shared.notify.channels import Channel, Kind, lookalike, read_channels
from shared.settings.hosts import read_server
from shared.settings.notices import NoticeSettings

FC_DOMAINS = (".fcapp.run", ".fc.aliyuncs.com")
"""Function Compute's own domains: browsers download what comes from them ("Content-Disposition:
attachment", "Configure custom domain names", FC docs)."""

_SAMPLES = re.compile(r"(.*\.)?(example\.(com|net|org)|example|invalid|test)\.?")
"""Reserved host names (RFC 2606)."""

_SIGNED = {Kind.DINGTALK, Kind.FEISHU, Kind.LARK, Kind.GENERIC}


def check_notices(settings: NoticeSettings) -> Iterator[Finding]:
    """Findings about CURFEW_NOTIFY and CURFEW_LINK_… of a function whose settings are valid."""
    channels = read_channels(settings.addresses)
    yield from (error(one) for one in channels.problems)
    if channels.usable:
        occasions = ", ".join(sorted(settings.occasions))
        named = ", ".join(_named(one) for one in channels.usable)
        yield ok(f"notices: {named}; told of: {occasions}")
    for one in channels.usable:
        yield from _secret(one)
        yield from _form(one)
    yield from _links(settings)


def _named(channel: Channel) -> str:
    signs = channel.secret and channel.kind in _SIGNED
    return f"{channel.kind.value}{', signed' if signs else ''}"


def _secret(channel: Channel) -> Iterator[Finding]:
    if channel.secret and channel.kind not in _SIGNED:
        yield warning(
            f"CURFEW_NOTIFY: {channel.name} has a secret behind its #, but messages to it are not "
            "signed; the # may be a mistake"
        )
    if not channel.secret and channel.kind is Kind.GENERIC:
        yield warning(
            f"CURFEW_NOTIFY: {channel.name} has no secret behind a #: its server cannot know who "
            "sends"
        )


def _form(channel: Channel) -> Iterator[Finding]:
    if tool := lookalike(channel):
        yield warning(
            f"CURFEW_NOTIFY: {channel.name} looks like one of {tool.value}'s, but is not at its "
            "host: messages to it have the generic form, which that tool does not understand"
        )


def _links(settings: NoticeSettings) -> Iterator[Finding]:
    if settings.link_url and not settings.link_key:
        yield warning("CURFEW_LINK_URL is set and CURFEW_LINK_KEY is not: messages have no links")
    if not settings.link_url:
        return
    if settings.max_extension < timedelta(days=1):
        yield warning(
            "CURFEW_MAX_EXTENSION is less than a day: no link can keep an instance for longer"
        )
    server = read_server("/".join(settings.link_url.split("/")[:3]))
    if _SAMPLES.fullmatch(server.host):
        yield error("CURFEW_LINK_URL is a sample's: put your own custom domain there")
    if server.host.endswith(FC_DOMAINS):
        yield error(
            "CURFEW_LINK_URL is under Function Compute's own domain, where browsers download the "
            "page instead of showing it; lead a custom domain to extend_lease"
        )
