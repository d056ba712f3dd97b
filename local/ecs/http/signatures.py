"""Who signed a request, and whether the signature is valid.

Verifies both signatures that Alibaba Cloud's official clients send: RPC with HMAC-SHA1
(SignatureVersion 1.0, all in query and form) and ACS3-HMAC-SHA256 (all in headers). Refusals are in
the gateway's words (Request signatures and Common errors, API reference). What the caller may do is
not checked here: that is RAM's task.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

from local.ecs.errors import EcsError
from local.ecs.http.messages import HttpRequest
from local.ecs.ram.caller import Caller

ANY_TOKEN = "*"  # noqa: S105  # not a token: a credential that takes every token, and none
TOLERANCE = timedelta(minutes=15)
"""How far a request's time may be from ours (InvalidTimeStamp.Expired, Common errors)."""
OLD_TIMESTAMP = "TimeStamp"
"""The spelling of Timestamp in ECS's first samples, and in clients based on them."""
NEVER = datetime.max.replace(tzinfo=timezone.utc)

_ACS3 = re.compile(
    r"ACS3-HMAC-SHA256\s+Credential=(?P<key>[^,\s]+),\s*"
    r"SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[^,\s]+)\s*"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_FRACTION = re.compile(r"\.\d{1,9}(?=Z$)")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_RPC_PARAMETERS = (
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
)
_ACS3_HEADERS = (
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
)


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key and its owner.

    Attributes:
        access_key_id: as clients send it.
        secret: the access key secret.
        caller: the account, and what RAM allows it.
        security_token: the STS token required with the key; ``""`` for a long-term key, which
            accepts none; `ANY_TOKEN` for a key that accepts any token or none.
        expires_at: when the STS token expires.
        active: False for a key that its owner has disabled.
    """

    access_key_id: str
    secret: str = field(repr=False)
    caller: Caller
    security_token: str = field(default="", repr=False)
    expires_at: datetime = NEVER
    active: bool = True


class _Claim(NamedTuple):
    """What a request says about itself, however it was signed."""

    access_key_id: str
    security_token: str
    signed_at: str
    nonce: str
    signature: str
    string_to_sign: str


class Verifier:
    """Checks signatures against known credentials and remembers nonces. Thread-safe."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self._credentials = {each.access_key_id: each for each in credentials}
        self._tokens = {each.security_token for each in self._credentials.values()} - {""}
        self._nonces: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def verify_rpc(self, method: str, parameters: Mapping[str, str], now: datetime) -> Caller:
        """Verify an RPC signature (HMAC-SHA1).

        Args:
            method: the HTTP method, which is part of the signature.
            parameters: everything in query and form, including the signature's own.
            now: the wall clock's time, aware.

        Raises:
            EcsError: ``Missing<Parameter>``, ``InvalidSignatureMethod``, or as `verify_acs3`.
        """
        signed_at = parameters.get("Timestamp") or parameters.get(OLD_TIMESTAMP, "")
        given = {**parameters, "Timestamp": signed_at}
        for name in _RPC_PARAMETERS:
            if not given.get(name):
                raise _missing(name)
        if parameters["SignatureMethod"] != "HMAC-SHA1":
            raise EcsError(
                400, "InvalidSignatureMethod", "Specified signature method is not supported."
            )
        string_to_sign = rpc_string_to_sign(method, parameters)
        claim = _Claim(
            access_key_id=parameters["AccessKeyId"],
            security_token=parameters.get("SecurityToken", ""),
            signed_at=signed_at,
            nonce=parameters["SignatureNonce"],
            signature=parameters["Signature"],
            string_to_sign=string_to_sign,
        )
        credential = self._credential(claim, now)
        return self._accept(
            claim, credential, rpc_signature(credential.secret, string_to_sign), now
        )

    def verify_acs3(self, request: HttpRequest, now: datetime) -> Caller:
        """Verify an ACS3-HMAC-SHA256 signature.

        Args:
            request: as it arrived.
            now: the wall clock's time, aware.

        Raises:
            EcsError: ``IncompleteSignature``, ``Missing<Header>``, ``InvalidAccessKeyId.*``,
                ``MissingSecurityToken``, ``InvalidSecurityToken.*``, ``InvalidTimeStamp.*``,
                ``SignatureDoesNotMatch`` or ``SignatureNonceUsed``.
        """
        found = _ACS3.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise EcsError(
                400,
                "IncompleteSignature",
                "The request signature does not conform to Aliyun standards.",
            )
        for name in _ACS3_HEADERS:
            if not request.headers.get(name):
                raise _missing(name)
        string_to_sign = acs3_string_to_sign(request, found["headers"])
        claim = _Claim(
            access_key_id=found["key"],
            security_token=request.headers.get("x-acs-security-token", ""),
            signed_at=request.headers["x-acs-date"],
            nonce=request.headers["x-acs-signature-nonce"],
            signature=found["signature"],
            string_to_sign=string_to_sign,
        )
        credential = self._credential(claim, now)
        return self._accept(
            claim, credential, acs3_signature(credential.secret, string_to_sign), now
        )

    def _credential(self, claim: _Claim, now: datetime) -> Credential:
        credential = self._credentials.get(claim.access_key_id)
        if credential is None:
            known = ", ".join(sorted(self._credentials))
            raise EcsError(
                404,
                "InvalidAccessKeyId.NotFound",
                f"Specified access key is not found. (The emulator knows the key {known}.)",
            )
        if not credential.active:
            raise EcsError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        self._check_token(credential, claim.security_token, now)
        return credential

    def _check_token(self, credential: Credential, token: str, now: datetime) -> None:
        if credential.security_token == ANY_TOKEN:
            return
        if token != credential.security_token:
            if not token:
                raise _missing("SecurityToken")
            if token in self._tokens:
                raise EcsError(
                    400,
                    "InvalidSecurityToken.MismatchWithAccessKey",
                    "Specified SecurityToken mismatch with the AccessKey.",
                )
            raise EcsError(
                400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."
            )
        if now >= credential.expires_at:
            raise EcsError(
                400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."
            )

    def _accept(
        self, claim: _Claim, credential: Credential, signature: str, now: datetime
    ) -> Caller:
        _check_time(claim.signed_at, now)
        if not hmac.compare_digest(signature.encode(), claim.signature.encode()):
            # Official clients parse the text after the colon: without one they crash.
            raise EcsError(
                400,
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation. "
                f"server string to sign is:{claim.string_to_sign}",
            )
        self._use_nonce((claim.access_key_id, claim.nonce), now)
        return credential.caller

    def _use_nonce(self, nonce: tuple[str, str], now: datetime) -> None:
        with self._lock:
            while self._nonces:  # in order of arrival, oldest first
                oldest = next(iter(self._nonces))
                if now - self._nonces[oldest] <= 2 * TOLERANCE:
                    break
                del self._nonces[oldest]
            if nonce in self._nonces:
                raise EcsError(
                    400, "SignatureNonceUsed", "Specified signature nonce was used already."
                )
            self._nonces[nonce] = now


def rpc_string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    """Build the RPC string to sign: the sorted parameters except ``Signature``, encoded twice."""
    pairs = [(name, value) for name, value in parameters.items() if name != "Signature"]
    return f"{method}&%2F&{_encode(_canonical_query(pairs))}"


def rpc_signature(secret: str, string_to_sign: str) -> str:
    """Sign with HMAC-SHA1, the key being the secret and an ampersand; Base64."""
    digest = hmac.digest(f"{secret}&".encode(), string_to_sign.encode(), "sha1")
    return b64encode(digest).decode()


def acs3_string_to_sign(request: HttpRequest, signed_headers: str) -> str:
    """Build the ACS3 string to sign from the request as it arrived.

    Args:
        request: its body is hashed again, so that a modified body does not match.
        signed_headers: names separated by semicolons, as ``SignedHeaders`` has them.
    """
    names = signed_headers.split(";")
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    query = request.target.partition("?")[2]
    canonical = "\n".join(
        (
            request.method,
            request.path,
            _canonical_query(parse_qsl(query, keep_blank_values=True)),
            headers,
            signed_headers,
            sha256(request.body).hexdigest(),
        )
    )
    return f"ACS3-HMAC-SHA256\n{sha256(canonical.encode()).hexdigest()}"


def acs3_signature(secret: str, string_to_sign: str) -> str:
    """Sign with HMAC-SHA256; lower-case hexadecimal."""
    return hmac.digest(secret.encode(), string_to_sign.encode(), "sha256").hex()


def _canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def _encode(text: str) -> str:
    """Percent-encode by RFC 3986, as both signatures require."""
    # Most names and values need no encoding; quote() would check each of their characters.
    return text if _UNRESERVED.fullmatch(text) else quote(text, safe="-_.~")


def _check_time(signed_at: str, now: datetime) -> None:
    """Refuse times far from now; fractions of a second are dropped.

    The Aliyun SDK for JavaScript (npm: aliyun-sdk), in use since 2014, signs with those.
    """
    malformed = EcsError(
        400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
    )
    whole = _FRACTION.sub("", signed_at)
    if not _TIME.fullmatch(whole):
        raise malformed
    try:
        signed = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise malformed from None
    if abs(now - signed) > TOLERANCE:
        raise EcsError(
            400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
        )


def _missing(name: str) -> EcsError:
    return EcsError(400, f"Missing{name}", f"{name} is mandatory for this action.")
