"""Requests and replies on their way through aiohttp."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import http_exceptions, web

from local.ecs.http.messages import HttpReply, HttpRequest, encodable, in_origin_form

IDLE_S = 25
"""Seconds after which an idle connection is closed, as ``Keep-Alive`` says: real answers of 2024
and 2025 say it; that ECS then does it is inferred."""


class _CallersFault(logging.Filter):
    """Of what a client got wrong, one line; of one that has gone, none. The rest is ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, http_exceptions.HttpProcessingError):
            first, *_ = (str(error.message) or "no reason").strip().splitlines()
            record.msg, record.args = "answered 400, not valid HTTP: %.200s", (first,)
            record.exc_info = None
        return not isinstance(error, ConnectionError | web.RequestPayloadError)  # answered, or gone


LOG = logging.getLogger(__name__)
"""Where aiohttp says what went wrong with a connection."""
LOG.addFilter(_CallersFault())


def unreadable(error: web.RequestPayloadError) -> web.Response:
    """The reply to a request whose body cannot be read, such as gzip that is none."""
    return web.Response(status=400, text=f"the body cannot be read: {error}\n")


async def received(request: web.BaseRequest) -> HttpRequest:
    """A request as the emulator reads it, with its whole body."""
    asked = HttpRequest(
        method=request.method,
        # Bytes that are no UTF-8 come as half pairs of surrogates, which nothing can encode again.
        target=encodable(request.raw_path),
        headers={
            name.decode().lower(): value.decode(errors="replace")
            for name, value in request.raw_headers
        },
        body=await request.read(),
    )
    return in_origin_form(asked)


async def send(request: web.BaseRequest, reply: HttpReply) -> web.StreamResponse:
    """Send a reply as its faults have it: late, slowly, or cut off."""
    if reply.delay_s:
        await asyncio.sleep(reply.delay_s)
    if reply.cut:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if reply.pause_s:
        return await _send_slowly(request, reply)
    headers = _headers(request, reply)
    return web.Response(status=reply.status, headers=headers, body=reply.body)


async def _send_slowly(request: web.BaseRequest, reply: HttpReply) -> web.StreamResponse:
    half = len(reply.body) // 2
    response = web.StreamResponse(status=reply.status, headers=_headers(request, reply))
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[:half])
    await asyncio.sleep(reply.pause_s)
    await response.write(reply.body[half:])
    await response.write_eof()
    return response


def _headers(request: web.BaseRequest, reply: HttpReply) -> dict[str, str]:
    """The reply's, and what becomes of the connection."""
    if not request.keep_alive:
        return dict(reply.headers)
    return {**reply.headers, "Connection": "keep-alive", "Keep-Alive": f"timeout={IDLE_S}"}
