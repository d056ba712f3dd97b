"""Parameter types that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from difflib import get_close_matches
from urllib.parse import urlsplit

import click

from local.fc.deployment import PAGES, action_names
from local.fc.trigger_events import ENVELOPES
from shared.base.errors import Refused
from shared.settings.settings import is_loopback, read_settings


class OneOf(click.ParamType[str]):
    """One of a few names; ``set-auto-release`` means ``set_auto_release``."""

    def __init__(
        self,
        name: str,
        known: Callable[[], Iterable[str]],
        others: Mapping[str, str] | None = None,
    ) -> None:
        """Takes what such a name is called, all of them, and why other names are not valid."""
        self.name = name
        self._known = known
        self._others = others or {}

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """The name as spelt in Python."""
        known = tuple(self._known())
        wanted = value.replace("-", "_")
        if wanted in self._others:
            self.fail(f"{wanted} {self._others[wanted]}.", param, ctx)
        if wanted not in known:
            near = get_close_matches(wanted, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            self.fail(
                f"there is no {self.name} {value!r}.{hint} Choose one of: {', '.join(known)}.",
                param,
                ctx,
            )
        return wanted


_NO_EVENT = "takes no event: a browser opens it by a link; python -m local serve simulates it"
FUNCTION = OneOf("function", action_names, dict.fromkeys(PAGES, _NO_EVENT))
TRIGGER = OneOf("trigger", lambda: ENVELOPES)


class Endpoint(click.ParamType[str]):
    """An address of ECS or Function Compute, with its scheme; http only for this machine."""

    name = "url"

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """The address, with a scheme added if omitted, without a trailing slash."""
        text = value.strip()
        if re.fullmatch(r":?\d+", text):
            self.fail(f"{value!r} is a port; write http://127.0.0.1:{text.lstrip(':')}", param, ctx)
        try:
            url = urlsplit(text if "://" in text else f"//{text}")
            host, port = url.hostname or "", url.port
        except ValueError:
            host, port, url = "", None, urlsplit("")
        is_here = is_loopback(host)
        address = f"{url.scheme or ('http' if is_here else 'https')}://{url.netloc}"
        if not host or port == 0 or url.username is not None:
            self.fail(
                f"{value!r} is not an address; write http://127.0.0.1:PORT, or https://HOST",
                param,
                ctx,
            )
        if url.path not in {"", "/"} or url.query or url.fragment:
            self.fail(f"{value!r} has a path; write the address alone: {address}", param, ctx)
        if url.scheme not in {"", "http", "https"}:
            here = f"http://{url.netloc}" if is_here else f"https://{url.netloc}"
            self.fail(
                f"{value!r} is invalid: {url.scheme} is not http or https; write {here}", param, ctx
            )
        if url.scheme == "http" and not is_here:
            self.fail(
                f"{value!r} is invalid: requests that leave this machine must use https; write "
                f"https://{url.netloc}",
                param,
                ctx,
            )
        return address


ENDPOINT = Endpoint()


def operators_zone(environ: Mapping[str, str]) -> tzinfo:
    """The zone in which times are shown: ``CURFEW_TZ``, otherwise China's.

    Raises:
        click.UsageError: ``CURFEW_TZ`` does not name one.
    """
    try:
        return read_settings({"CURFEW_TZ": environ.get("CURFEW_TZ", "")}).zone
    except Refused as error:
        raise click.UsageError(str(error)) from None
