"""A proxy before the emulator that itself plays ``api.aliyun.com``.

There the platform tells which version of a product's API there is, and some programs ask before
they call. All else goes to the emulator as it comes.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

from local.ecs.authority import Authority
from local.ecs.products import Product

HOST = "api.aliyun.com"
CHUNK = 1 << 16


@contextmanager
def metadata_before(emulator_url: str, authority: Authority) -> Iterator[str]:
    """The proxy, for as long as the block lasts; yields its address."""
    upstream = urlsplit(emulator_url)
    to = (upstream.hostname or "", upstream.port or 0)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        context = authority.server_context()
        Thread(target=_accept, args=(listener, context, to), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _accept(listener: socket.socket, context: ssl.SSLContext, to: tuple[str, int]) -> None:
    with suppress(OSError):  # closed: the block is over
        while True:
            client, _ = listener.accept()
            Thread(target=_serve, args=(client, context, to), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, to: tuple[str, int]) -> None:
    """One connection of a program, until one side ends it."""
    with suppress(OSError), closing(client):
        head = _head(client)
        if head.startswith(f"CONNECT {HOST}:".encode()):
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with context.wrap_socket(client, server_side=True) as inner:
                _tell_of_products(inner)
            return
        with closing(socket.create_connection(to)) as server:
            server.sendall(head)
            back = Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _tell_of_products(client: socket.socket) -> None:
    """Answer one question: of the list of products with what there is here, else with nothing."""
    line = _head(client).partition(b"\r\n")[0]
    products = [
        {"code": each.title, "name": each.title, "defaultVersion": each.version, "style": "RPC"}
        for each in Product
    ]
    body = json.dumps(products if b"/products.json" in line else {}).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def _head(client: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = client.recv(CHUNK)
        if not chunk:
            break
        received += chunk
    return received


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(CHUNK):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
