"""TLS to ECS and the environment: no variable, file or configuration switches it off."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.base.errors import Refused
from shared.settings.settings import Settings, read_settings
from tests.harness.certificates import Authority
from tests.harness.servers import (
    ANSWER,
    asked,
    connected,
    failure_of,
    listening,
    saying,
)
from tests.safety.tls_servers import context_of, settings_for

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy") or "CA_BUNDLE" in name or name.startswith("SSL"):
            monkeypatch.delenv(name)


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

    with pytest.raises(Refused, match="it cannot be read; it must name"):
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
        "from shared.settings.settings import Settings\n"
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
