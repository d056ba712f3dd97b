"""https on the emulator's port, and tunnels to it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest
from cryptography import x509

from local.ecs.authority import VARIABLES, Authority, TlsUnavailableError
from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.http.hosts import Hosts
from local.ecs.server import LocalEcs
from local.fc.context import CODE

PATIENCE_S = 50
HEALTH = b"GET /_local/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), ["ecs.test"])


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[LocalEcs]:
    hosts = Hosts(frozenset({"ecs.test"}))
    options = Options(build=lambda: default_engine(ManualClock()), hosts=hosts)
    with LocalEcs(Emulator(options), authority=authority) as running:
        yield running


def connected(server: LocalEcs) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), PATIENCE_S)


def secured(link: socket.socket, authority: Authority, name: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(authority.bundle))
    return context.wrap_socket(link, server_hostname=name)


def said(link: socket.socket) -> bytes:
    """All that comes until the other end closes."""
    received = b""
    while part := link.recv(65536):
        received += part
    return received


def tunnel(link: socket.socket, target: str) -> bytes:
    """The answer to a request for a tunnel."""
    link.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    return link.recv(65536)


def test_http_and_https_are_on_one_port(server: LocalEcs, authority: Authority) -> None:
    address = urlsplit(server.url)
    context = ssl.create_default_context(cafile=str(authority.bundle))
    links = (
        http.client.HTTPConnection(address.netloc),
        http.client.HTTPSConnection(address.netloc, context=context),
    )
    statuses = []
    for link in links:
        link.request("GET", "/_local/health")
        statuses.append(json.loads(link.getresponse().read())["status"])
        link.close()

    assert statuses == ["ok", "ok"]


@pytest.mark.parametrize(
    "name",
    ["127.0.0.1", "localhost", "ecs.aliyuncs.com", "ecs.cn-hangzhou.aliyuncs.com", "ecs.test"],
)
def test_its_names_are_vouched_for(server: LocalEcs, authority: Authority, name: str) -> None:
    with connected(server) as link, secured(link, authority, name) as secret:
        secret.sendall(HEALTH)
        assert said(secret).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("name", ["example.com", "aliyuncs.com.example.com", "sub.localhost"])
def test_no_other_name_is_vouched_for(server: LocalEcs, authority: Authority, name: str) -> None:
    with connected(server) as link, pytest.raises(ssl.SSLCertVerificationError):
        secured(link, authority, name)


def test_the_authority_can_vouch_for_nothing_else(authority: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(authority.bundle.read_bytes())

    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)

    assert constraints.critical
    names = [str(each.value) for each in constraints.value.permitted_subtrees or ()]
    assert names == ["aliyuncs.com", "localhost", "ecs.test", "127.0.0.1/32", "::1/128"]


def test_the_authority_leaves_nothing_but_its_certificate(tmp_path: Path) -> None:
    made = Authority(tmp_path)

    made.server_context()

    assert list(tmp_path.iterdir()) == [made.bundle]
    assert b"PRIVATE KEY" not in made.bundle.read_bytes()
    assert made.bundle.stat().st_mode & 0o077 == 0


@pytest.mark.filterwarnings("ignore:An HTTPS request has been made")  # the SDK's, on Python 3.12
def test_the_official_sdk_gets_here_by_https_and_a_tunnel(
    server: LocalEcs, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.setenv("ALIBABA_CLOUD_CA_BUNDLE", str(authority.bundle))
    request = RpcRequest("Ecs", "2014-05-26", "DescribeRegions")
    request.set_protocol_type("https")
    request.set_endpoint("ecs.cn-hangzhou.aliyuncs.com")
    request.set_read_timeout(PATIENCE_S)

    client = AcsClient("local", "local", "cn-hangzhou", auto_retry=False)
    answer = json.loads(client.do_action_with_exception(request))

    assert answer["Regions"]["Region"]


def test_a_tunnel_may_be_spoken_through_in_http(server: LocalEcs) -> None:
    with connected(server) as link:
        opened = tunnel(link, "ecs.aliyuncs.com:80")
        link.sendall(HEALTH)

        assert opened.startswith(b"HTTP/1.1 200 ")
        assert said(link).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("target", ["example.com:443", "aliyuncs.com.example.com:443", ":443", "?"])
def test_a_tunnel_to_another_site_is_refused(server: LocalEcs, target: str) -> None:
    with connected(server) as link:
        answer = tunnel(link, target)

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"Forbidden.Host" in answer


@pytest.mark.parametrize("sent", [b"", b"C", b"CONNECT ", b"CONNECT x"], ids=repr)
def test_who_says_nothing_whole_does_no_harm(server: LocalEcs, sent: bytes) -> None:
    with connected(server) as link:
        link.sendall(sent)
    with connected(server) as link:
        link.sendall(HEALTH)
        assert said(link).startswith(b"HTTP/1.1 200 OK")


def test_without_the_package_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)

    with pytest.raises(TlsUnavailableError, match="pip install cryptography"):
        Authority(tmp_path)


def test_serve_prints_the_one_variable_and_takes_the_file_away_at_the_end() -> None:
    command = [sys.executable, "-m", "local.ecs", "--port", "0", "--tls"]
    with subprocess.Popen(command, cwd=CODE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4 + len(VARIABLES))]
        bundle = Path(lines[2].split()[-1])
        was_there = bundle.is_file()
        process.send_signal(signal.SIGTERM)

    assert lines[2].startswith("https too: https://127.0.0.1:")
    exported = [line.split()[1] for line in lines[4:]]
    assert exported == [f"{name}={bundle}" for name in VARIABLES]
    assert (was_there, bundle.exists()) == (True, False)
