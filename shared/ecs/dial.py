"""Connecting to a server, by TCP and TLS, within one overall time limit.

The SDK's library gives each address of a name the whole time-out, resolves names for as long as the
system likes, and gives every step of a connection its own time. Here one time-out covers the name
and all its addresses, each of which gets an equal share of what is left.

TLS is verified, whatever the environment says: none of the variables by which Python, OpenSSL or
the SDK's libraries can be told what to trust is read here.
"""

from __future__ import annotations

import os.path
import socket
import ssl
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from shared.ecs.transport import NoResponse

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_UNRESOLVED = "the host name could not be resolved"

_Address = tuple[int, int, int, str, tuple[object, ...]]


def dial(host: str, port: int, timeout_s: float) -> socket.socket:
    """A TCP connection to the first of a host's addresses that responds, without Nagle's delay.

    Args:
        host: A name, or an address, an IPv6 address with or without brackets.
        port: Its port.
        timeout_s: For resolving the name and trying all its addresses.

    Raises:
        NoResponse: there is no connection; ``unresolved`` if the name has no address.
    """
    until = time.monotonic() + timeout_s
    addresses = _addresses(host.strip("[]"), port, timeout_s)
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        left_s = until - time.monotonic()
        if left_s <= 0:
            break
        try:
            made = socket.socket(family, kind, protocol)
        except OSError:
            continue  # this system has no such addresses
        try:
            made.settimeout(left_s / (len(addresses) - number))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.connect(address)
        except OSError:
            made.close()
        else:
            return made
    raise NoResponse("no connection")


def _addresses(host: str, port: int, timeout_s: float) -> list[_Address]:
    """The host's addresses; names are resolved in a thread, since nothing can interrupt that."""
    with suppress(OSError, UnicodeError):
        return socket.getaddrinfo(  # type: ignore[return-value]  # addresses are tuples
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    answer: SimpleQueue[list[_Address] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))  # type: ignore[arg-type]  # addresses are tuples
        except Exception as error:  # noqa: BLE001  # told to who waits
            answer.put(error)

    Thread(target=ask, name="curfew-dns", daemon=True).start()
    try:
        found = answer.get(timeout=timeout_s)
    except Empty:
        raise NoResponse(f"{_UNRESOLVED} in time") from None
    if isinstance(found, Exception):
        no_such_name = isinstance(found, UnicodeError) or (
            isinstance(found, socket.gaierror) and found.errno in _NO_SUCH_NAME
        )
        raise NoResponse(_UNRESOLVED, unresolved=no_such_name)
    return found


def trusting(bundle: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, with servers that these certificates vouch for, under their own name.

    Args:
        bundle: A file of CA certificates (PEM).

    Raises:
        ValueError: the file does not exist, cannot be read, or has no certificate.
    """
    # Not ssl.create_default_context(), which writes the keys of each session into SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if not os.path.isfile(bundle):  # noqa: PTH113  # pathlib is a millisecond of the cold start
            raise ValueError("there is no such file")
        context.load_verify_locations(cafile=bundle)
    except ssl.SSLError:
        pass
    except OSError:  # also of a name that is too long
        raise ValueError("it cannot be read") from None
    if not context.cert_store_stats()["x509"]:
        raise ValueError("there is no certificate in it")
    return context


def secure(
    connection: socket.socket, host: str, context: ssl.SSLContext, timeout_s: float
) -> ssl.SSLSocket:
    """TLS over a connection, with a server that has proved that it is this host.

    Raises:
        NoResponse: it has not. Nothing but the handshake was sent; the connection is closed.
    """
    connection.settimeout(max(timeout_s, 0.001))
    problem = "no secure connection"
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        problem = f"{problem}: {error.verify_message.rstrip('.')}"
    except (OSError, ValueError):  # a name that no certificate can have
        pass
    connection.close()
    raise NoResponse(problem)
