"""Certificates of an authority of our own, made anew for each run of the tests."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass
class Authority:
    """Signs certificates; who trusts ``bundle`` believes them.

    Attributes:
        folder: Where its files are kept.
        name: Its own name, also its files'.
    """

    folder: Path
    name: str = "authority"

    @cached_property
    def bundle(self) -> Path:
        """The file of its own certificate."""
        path = self.folder / f"{self.name}.pem"
        path.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        return path

    def server(
        self, *names: str, days: tuple[int, int] = (-1, 1), signs_itself: bool = False
    ) -> ssl.SSLContext:
        """The context of a server with these names and addresses.

        Args:
            names: What its certificate is for.
            days: From and to when it is valid, from now.
            signs_itself: Not the authority has signed it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        signer, issuer = (key, _named(names[0])) if signs_itself else (self._key, self._subject)
        certificate = (
            _valid(days)
            .subject_name(_named(names[0]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
            .sign(signer, hashes.SHA256())
        )
        path = self.folder / f"{self.name}-{certificate.serial_number:x}.pem"
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _subject(self) -> x509.Name:
        return _named(self.name)

    @cached_property
    def _certificate(self) -> x509.Certificate:
        return (
            _valid((-1, 1))
            .subject_name(self._subject)
            .issuer_name(self._subject)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


def _valid(days: tuple[int, int]) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    return [
        x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        for name in names
    ]
