"""Sending to a channel: once, over the same connections as to ECS.

So the same rules apply: TLS is always verified, with ``ALIBABA_CLOUD_CA_BUNDLE`` or the SDK's own
certificates; ``HTTPS_PROXY`` and ``NO_PROXY`` are honoured; no redirect is followed; and a response
has an overall limit on time and size.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.base.errors import Refused
from shared.ecs.connections import Adapter
from shared.ecs.decompression import unpacked
from shared.ecs.transport import NoResponse
from shared.notify.notices import NotTold, Post
from shared.notify.outgoing import Answer, Outgoing
from shared.settings.proxy import read_proxy
from shared.settings.settings import Settings, is_loopback

_CONNECTING = 0.5
"""What share of its time a notice may take to connect."""

_MAX_ANSWER_BYTES = 64 * 1024
_NO_CONTENT, _REDIRECTS = 204, range(300, 400)


def poster(environ: Mapping[str, str]) -> Post:
    """The sender, with an environment's proxy and certificates.

    Raises:
        Refused: the proxy is invalid.
    """
    way = Settings(
        ca_bundle=environ.get("ALIBABA_CLOUD_CA_BUNDLE", "").strip(),
        https_proxy=read_proxy(environ),
    )
    return lambda outgoing, timeout_s: _post(outgoing, timeout_s, way)


def _post(outgoing: Outgoing, timeout_s: float, way: Settings) -> Answer:
    """Send once; see ``Post``."""
    try:
        return _exchange(outgoing, timeout_s, way)
    except (NotTold, Refused) as error:
        problem = str(error)
    except NoResponse as failure:
        # TLS names the host that it wanted: in small letters, as the connection has it.
        host = urlsplit(outgoing.url).hostname
        problem = failure.reason.replace(f"'{host}'", "its host")
    except Exception as error:  # noqa: BLE001  # whatever it is, nobody knows whether it arrived
        problem = "no response in time" if "timed out" in str(error) else "the connection broke"
    # Raised here and not above, so that it does not even refer to an exception with an address.
    raise NotTold(problem)


def _exchange(outgoing: Outgoing, timeout_s: float, way: Settings) -> Answer:
    host = urlsplit(outgoing.url).hostname or ""
    proxy = None if is_loopback(host) else way.https_proxy.url_for(host) or None
    connect_s = timeout_s * _CONNECTING
    adapter = Adapter(way, connections=1)
    try:
        answer = adapter.exchange(
            "POST",
            outgoing.url,
            {**outgoing.headers, "User-Agent": "Curfew", "Accept-Encoding": "identity"},
            outgoing.body,
            timeouts_s=(connect_s, timeout_s - connect_s),
            proxies={"http": None, "https": proxy},
        )
        if answer.status_code in _REDIRECTS:
            raise NotTold(
                f"it returned a redirect (HTTP {answer.status_code}), which is not followed"
            )
        body = answer.raw.read(_MAX_ANSWER_BYTES)
        stated = answer.headers.get("Content-Length") if answer.status_code != _NO_CONTENT else None
        if stated and len(body) < min(int(stated), _MAX_ANSWER_BYTES):
            raise NotTold("the connection broke")
        return Answer(answer.status_code, unpacked(answer.headers, body))
    finally:
        adapter.close()
