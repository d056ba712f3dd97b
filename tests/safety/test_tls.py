"""TLS to ECS, in real handshakes: who is not proved to be ECS gets no byte of a request."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.ecs import connections
from shared.ecs.transport import NoResponse
from shared.errors import Refused
from shared.settings import Settings, read_settings
from tests.harness.certificates import Authority
from tests.harness.servers import (
    ANSWER,
    HIDDEN,
    asked,
    connected,
    failure_of,
    listening,
    saying,
    tunnelling,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy") or "CA_BUNDLE" in name or name.startswith("SSL"):
            monkeypatch.delenv(name)


def settings_for(port: int, environ: Mapping[str, str], host: str = "localhost") -> Settings:
    return read_settings({**environ, "ECS_ENDPOINT": f"https://{host}:{port}"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_the_bundle_vouches_for_is_asked(authority: Authority, host: str) -> None:
    with listening(saying(ANSWER), authority.server("localhost", "127.0.0.1")) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}

        answer = asked(settings_for(server.port, environ, host))

    assert answer == {"RequestId": "1"}
    assert server.requests == 1


SERVERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "signs-itself": ({"names": ["localhost"], "signs_itself": True}, "self-signed certificate"),
    "another-name": ({"names": ["ecs.example.com"]}, "Hostname mismatch"),
    "another-address": ({"names": ["127.0.0.2"]}, "Hostname mismatch"),
    "expired": ({"names": ["localhost"], "days": (-3, -2)}, "certificate has expired"),
    "of-tomorrow": ({"names": ["localhost"], "days": (1, 2)}, "certificate is not yet valid"),
}


def context_of(authority: Authority, kind: str) -> ssl.SSLContext:
    options = dict(SERVERS[kind][0])
    return authority.server(*options.pop("names"), **options)


@pytest.mark.promise("S49")
@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_is_not_proved_to_be_ecs_gets_nothing(
    authority: Authority, kind: str, host: str
) -> None:
    with listening(saying(ANSWER), context_of(authority, kind)) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}

        with pytest.raises(NoResponse, match="no secure connection: ") as caught:
            asked(settings_for(server.port, environ, host))

    assert list(map(bytes, server.received)) == [b""]
    assert SERVERS[kind][1] in caught.value.reason or host == "127.0.0.1"


def test_without_a_bundle_only_public_authorities_are_trusted(authority: Authority) -> None:
    with listening(saying(ANSWER), authority.server("localhost")) as server:
        failure = failure_of(settings_for(server.port, {}))

    assert "unable to get local issuer certificate" in failure.reason
    assert list(map(bytes, server.received)) == [b""]


def test_without_the_sdks_own_certificates_nobody_is_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(connections, "where", lambda: str(tmp_path / "absent.pem"))
    monkeypatch.setattr(connections, "_own_trust", connections._own_trust.__wrapped__)  # noqa: SLF001  # not as remembered
    with listening(saying(ANSWER), authority.server("localhost")) as server:
        failure = failure_of(settings_for(server.port, {}))

    assert failure.reason == (
        "no secure connection: the SDK's CA certificates: there is no such file"
    )
    assert b"".join(map(bytes, server.received)) == b""


VARIABLES = (
    "ALIBABA_CLOUD_CA_BUNDLE",
    "APPENGINE_RUNTIME",
    "CURL_CA_BUNDLE",
    "DEBUG",
    "GAE_VM",
    "GIT_SSL_NO_VERIFY",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "OPENSSL_CONF",
    "PYTHONHTTPSVERIFY",
    "REQUESTS_CA_BUNDLE",
    "SSLKEYLOGFILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
)
"""By which Python, OpenSSL, the SDK, its libraries or their relatives can be told about TLS."""

VALUES = ("", " ", "0", "false", "sdk", "THE-AUTHORITY")


@pytest.mark.promise("S49")
@pytest.mark.parametrize("kind", ["signs-itself", "another-name", "expired"])
@pytest.mark.parametrize("variable", VARIABLES)
def test_no_variable_switches_the_verification_off(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str, kind: str
) -> None:
    trusted = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}
    with listening(saying(ANSWER), context_of(authority, kind)) as server:
        for value in VALUES:
            is_bundle = variable == "ALIBABA_CLOUD_CA_BUNDLE"
            if is_bundle and value.strip() and value != "THE-AUTHORITY":
                continue  # refused, see below
            stated = value.replace("THE-AUTHORITY", str(authority.bundle))
            monkeypatch.setenv(variable, stated)
            environ = {**trusted, variable: stated}

            assert "no secure connection" in failure_of(settings_for(server.port, environ)).reason

    assert set(map(bytes, server.received)) == {b""}


@pytest.mark.parametrize("variable", [one for one in VARIABLES if "ALIBABA" not in one])
def test_no_other_variable_makes_an_authority_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority.bundle))
    with listening(saying(ANSWER), authority.server("localhost")) as server:
        failure = failure_of(settings_for(server.port, {variable: str(authority.bundle)}))

    assert "no secure connection" in failure.reason
    assert list(map(bytes, server.received)) == [b""]


@pytest.mark.promise("S49")
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_bundle_counts_as_not_set(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_CA_BUNDLE", value)
    with listening(saying(ANSWER), authority.server("localhost", signs_itself=True)) as server:
        failure = failure_of(settings_for(server.port, {"ALIBABA_CLOUD_CA_BUNDLE": value}))

    assert "no secure connection: self-signed certificate" in failure.reason
    assert list(map(bytes, server.received)) == [b""]


@pytest.fixture
def odd_files(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "empty.pem").write_bytes(b"")
    (tmp_path / "text.pem").write_text("no certificate")
    (tmp_path / "broken.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    (tmp_path / "key.pem").write_text(
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    )
    os.mkfifo(tmp_path / "pipe.pem")
    return {
        "absent": str(tmp_path / "absent.pem"),
        "folder": str(tmp_path),
        "empty": str(tmp_path / "empty.pem"),
        "text": str(tmp_path / "text.pem"),
        "broken": str(tmp_path / "broken.pem"),
        "key": str(tmp_path / "key.pem"),
        "pipe": str(tmp_path / "pipe.pem"),
        "endless-name": "x" * 5000,
        "a-switch": "false",
    }


@pytest.mark.promise("S49")
@pytest.mark.parametrize(
    ("which", "why"),
    [
        ("absent", "there is no such file"),
        ("folder", "there is no such file"),
        ("pipe", "there is no such file"),
        ("a-switch", "there is no such file"),
        ("endless-name", "there is no such file"),
        ("empty", "there is no certificate in it"),
        ("text", "there is no certificate in it"),
        ("broken", "there is no certificate in it"),
        ("key", "there is no certificate in it"),
    ],
)
def test_a_bundle_that_is_none_is_refused_before_anything_is_sent(
    odd_files: Mapping[str, str], which: str, why: str
) -> None:
    path = odd_files[which]

    with pytest.raises(Refused) as caught:
        connected(read_settings({"ALIBABA_CLOUD_CA_BUNDLE": path}))

    assert str(caught.value) == (
        f"ALIBABA_CLOUD_CA_BUNDLE is {path[:200]!r}: {why}; it must name a PEM file of the CA "
        "certificates to trust, or be unset"
    )


def test_a_bundle_that_cannot_be_read_is_refused(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", forbidden)

    with pytest.raises(Refused, match="it cannot be read; it must be"):
        connected(Settings(ca_bundle=str(authority.bundle)))


def test_sending_reads_no_variable(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spy(dict[str, str]):
        def __getitem__(self, name: str) -> str:
            read.add(name)
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # as its base
            read.add(name)
            return super().get(name, default)

        def __contains__(self, name: object) -> bool:
            read.add(str(name))
            return super().__contains__(name)

    read: set[str] = set()
    with listening(saying(ANSWER, ANSWER), authority.server("localhost")) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}
        settings = settings_for(server.port, environ)
        asked(settings)  # imports what it needs
        monkeypatch.setattr(os, "environ", Spy(os.environ))

        asked(settings)

    assert (read, server.requests) == (set(), 2)


def test_the_keys_of_a_session_are_written_nowhere(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with listening(saying(ANSWER), authority.server("localhost")) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}

        asked(settings_for(server.port, environ))

    assert not (tmp_path / "keys").exists()


def test_the_server_is_told_which_name_is_meant(authority: Authority) -> None:
    names: list[str | None] = []
    context = authority.server("localhost")
    context.sni_callback = lambda _, name, __: names.append(name)
    with listening(saying(ANSWER), context) as server:
        asked(settings_for(server.port, {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}))

    assert names == ["localhost"]


def test_nothing_older_than_tls_1_2_is_spoken(authority: Authority) -> None:
    context = authority.server("localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with listening(saying(ANSWER), context) as server:
        failure = failure_of(
            settings_for(server.port, {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)})
        )

    assert "no secure connection" in failure.reason
    assert list(map(bytes, server.received)) == [b""]


def test_a_server_without_tls_gets_nothing_but_the_first_greeting(authority: Authority) -> None:
    def answer(connection: socket.socket, _: object) -> None:
        connection.recv(65536)
        connection.sendall(ANSWER)

    with listening(answer) as server, pytest.raises(NoResponse, match="no secure connection"):
        asked(settings_for(server.port, {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}))

    assert not any(secret in server.received[0] for secret in (b"MARKED", b"Signature"))


def test_each_call_is_verified_anew(authority: Authority) -> None:
    """A transport that has met the right server does not trust the next one for that."""
    right, wrong = authority.server("localhost"), authority.server("localhost", signs_itself=True)
    with listening(saying(ANSWER), right) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}
        transport = connected(settings_for(server.port, environ))
        transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=20)
        port = server.port
    with (
        listening(saying(ANSWER), wrong, port=port) as server,
        pytest.raises(NoResponse, match="no secure connection"),
    ):
        transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=20)
    transport.close()

    assert list(map(bytes, server.received)) == [b""]


CONFIGURATION = """\
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = all
[all]
VerifyMode = Request
VerifyCAFile = {bundle}
MinProtocol = None
CipherString = ALL:@SECLEVEL=0
"""


def test_the_configuration_of_openssl_does_not_switch_it_off(
    authority: Authority, tmp_path: Path
) -> None:
    """Read when the process starts, so it is tried in one of its own."""
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(CONFIGURATION.format(bundle=authority.bundle))
    program = (
        "import sys\n"
        "from tests.harness.servers import asked\n"
        "from shared.settings import Settings\n"
        "asked(Settings(endpoint=sys.argv[1]))\n"
    )
    with listening(saying(ANSWER), authority.server("localhost")) as server:
        done = subprocess.run(  # noqa: S603  # our own
            [sys.executable, "-c", program, f"https://localhost:{server.port}"],
            cwd=ROOT,
            env={**os.environ, "OPENSSL_CONF": str(configuration)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert "NoResponse: no secure connection" in done.stderr
    assert list(map(bytes, server.received)) == [b""]


class TestThroughAProxy:
    """The proxy leads whatever host it is asked for to our server."""

    HOST = "ecs.cn-test.example"

    def settings(self, proxy_port: int, bundle: Path) -> Settings:
        return read_settings(
            {
                "ALIBABA_CLOUD_CA_BUNDLE": str(bundle),
                "ECS_ENDPOINT": f"https://{self.HOST}:8443",
                "HTTPS_PROXY": f"http://user:pass%23word@127.0.0.1:{proxy_port}",
            }
        )

    def test_the_right_server_is_asked_and_the_proxy_sees_no_request(
        self, authority: Authority
    ) -> None:
        with (
            listening(saying(ANSWER), authority.server(self.HOST)) as server,
            listening(tunnelling(server.port)) as proxy,
        ):
            answer = asked(self.settings(proxy.port, authority.bundle))

        assert answer == {"RequestId": "1"}
        assert server.requests == 1
        seen = bytes(proxy.received[0])
        assert seen.startswith(f"CONNECT {self.HOST}:8443 HTTP/1.".encode())
        assert not any(one.encode() in seen for one in (HIDDEN.access_key_id, "Signature", "GET "))

    @pytest.mark.parametrize("kind", SERVERS)
    def test_a_server_that_is_not_proved_to_be_ecs_gets_nothing(
        self, authority: Authority, kind: str
    ) -> None:
        with (
            listening(saying(ANSWER), context_of(authority, kind)) as server,
            listening(tunnelling(server.port)) as proxy,
        ):
            failure = failure_of(self.settings(proxy.port, authority.bundle))

        assert "no secure connection" in failure.reason
        assert list(map(bytes, server.received)) == [b""]
        assert b"MARKED" not in proxy.received[0]
