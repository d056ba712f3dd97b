"""TLS to ECS, in real handshakes: who is not proved to be ECS gets no byte of a request."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

import pytest

from shared.ecs import connections
from shared.ecs.transport import NoResponse
from shared.settings.settings import Settings, read_settings
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
from tests.safety.tls_servers import SERVERS, context_of, settings_for


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy") or "CA_BUNDLE" in name or name.startswith("SSL"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_the_bundle_vouches_for_is_asked(authority: Authority, host: str) -> None:
    with listening(saying(ANSWER), authority.server("localhost", "127.0.0.1")) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}

        answer = asked(settings_for(server.port, environ, host))

    assert answer == {"RequestId": "1"}
    assert server.requests == 1


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
