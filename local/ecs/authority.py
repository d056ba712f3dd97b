"""The emulator's own certificate authority, for clients that speak only https.

Each server creates its own; its key is never written, and it can only vouch for ECS's names, this
machine's, and those that the user has allowed. Trusting it means trusting this server.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from local.ecs.account.regions import REGIONS
from local.ecs.http.hosts import ECS_DOMAIN
from local.ecs.http.messages import LOOPBACK

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

VARIABLES = {
    "ALIBABA_CLOUD_CA_BUNDLE": "aliyun-python-sdk-core, Curfew",
    "REQUESTS_CA_BUNDLE": "Python programs that use requests",
    "NODE_EXTRA_CA_CERTS": "Node",
    "SSL_CERT_FILE": "Go, curl",
}
"""The variables that make each kind of client trust an authority's file."""
_NAME = "ECS emulator"
_DAYS = 365


class TlsUnavailableError(RuntimeError):
    """The package that makes certificates is not installed."""


class Authority:
    """Vouches for one server.

    Attributes:
        bundle: the file with its own certificate, in PEM, readable only by this user.
    """

    def __init__(self, folder: Path, named: Sequence[str] = ()) -> None:
        """Make it, and write its certificate.

        Args:
            folder: where ``bundle`` is written.
            named: host names in addition to ECS's and this machine's.

        Raises:
            TlsUnavailableError: the package cryptography is not installed.
        """
        try:
            from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  # optional
            from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
        except ModuleNotFoundError:
            raise TlsUnavailableError(
                "https needs the package cryptography: python -m pip install cryptography"
            ) from None
        self._named = tuple(named)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._made_by_itself()
        self.bundle = folder / "ecs-emulator-authority.pem"
        self.bundle.touch(mode=0o600)
        self.bundle.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def server_context(self) -> ssl.SSLContext:
        """The TLS context of the emulator's server."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  # optional
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  # likewise
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        key = ec.generate_private_key(ec.SECP256R1())
        chain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain += self._made_for(key).public_bytes(Encoding.PEM)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with tempfile.TemporaryDirectory(prefix="ecs-emulator-") as folder:
            path = Path(folder) / "chain.pem"
            path.write_bytes(chain)
            context.load_cert_chain(path)
        return context

    def _made_by_itself(self) -> x509.Certificate:
        from cryptography import x509  # noqa: PLC0415  # optional
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # likewise

        only = [
            *map(x509.DNSName, (ECS_DOMAIN.lstrip("."), "localhost", *self._named)),
            *(x509.IPAddress(ip_network(each)) for each in _addresses()),
        ]
        public = self._key.public_key()
        return (
            _valid(_DAYS, x509.random_serial_number())
            .subject_name(_named(_NAME))
            .issuer_name(_named(_NAME))
            .public_key(public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.NameConstraints(only, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, SHA256())
        )

    def _made_for(self, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        from cryptography import x509  # noqa: PLC0415  # optional
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # likewise
        from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415  # likewise

        names = [
            *map(x509.DNSName, ("localhost", f"*{ECS_DOMAIN}", *self._named)),
            *(x509.DNSName(f"*.{region}{ECS_DOMAIN}") for region in REGIONS),
            *(x509.IPAddress(ip_address(each)) for each in _addresses()),
        ]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return (
            _valid(_DAYS, x509.random_serial_number())
            .subject_name(_named("localhost"))
            .issuer_name(_named(_NAME))
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(server, critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, SHA256())
        )


def _addresses() -> list[str]:
    return sorted(LOOPBACK - {"localhost"})


def _valid(days: int, serial_number: int) -> x509.CertificateBuilder:
    from cryptography import x509  # noqa: PLC0415  # optional

    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .serial_number(serial_number)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _named(name: str) -> x509.Name:
    from cryptography import x509  # noqa: PLC0415  # optional
    from cryptography.x509.oid import NameOID  # noqa: PLC0415  # likewise

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    from cryptography import x509  # noqa: PLC0415  # optional

    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
