"""Verifies the signatures of Function Compute's two APIs; the key is ``local``.

FC 3.0 is signed as all Alibaba Cloud APIs are today (ACS3-HMAC-SHA256); FC 2.0 by
``Authorization: FC`` ("Signature authentication", FC 2.0 API reference).
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from local.ecs.emulator import LOCAL_KEY
from local.ecs.errors import EcsError
from local.ecs.http.messages import HttpRequest
from local.ecs.http.signatures import TOLERANCE, Verifier
from local.fc.refusals import FcError, refusal

_V2_AUTHORIZATION = re.compile(r"FC (?P<key>[^:]+):(?P<signature>\S+)")
_V3_KEY = re.compile(r"Credential=([^,\s]*)")


def verify_v3(verifier: Verifier, request: HttpRequest, now: datetime) -> None:
    """Verify a request to FC 3.0.

    Raises:
        FcError: ``InvalidAccessKeyID`` for another key; everything else as from the gateway of any
            Alibaba Cloud API.
    """
    try:
        verifier.verify_acs3(request, now)
    except EcsError as error:
        if error.code == "InvalidAccessKeyId.NotFound":
            key = _V3_KEY.search(request.headers.get("authorization", ""))
            raise refusal("InvalidAccessKeyID", key[1] if key else "") from None
        raise FcError(error.status, error.code, error.message) from None


def verify_v2(request: HttpRequest, now: datetime) -> None:
    """Verify a request to FC 2.0.

    Raises:
        FcError: the signature is missing, from another key, wrong, or its time is off.
    """
    found = _V2_AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise refusal("AccessDenied", "the request is not signed")
    if found["key"] != LOCAL_KEY:
        raise refusal("InvalidAccessKeyID", found["key"])
    signature = v2_signature(LOCAL_KEY, request)
    if not hmac.compare_digest(signature.encode(), found["signature"].encode()):
        raise refusal("SignatureNotMatch")
    try:
        signed_at = parsedate_to_datetime(request.headers.get("date", ""))
        is_recent = abs(now - signed_at) <= TOLERANCE
    except (TypeError, ValueError):
        is_recent = False
    if not is_recent:
        raise refusal("RequestTimeTooSkewed")


def v2_signature(secret: str, request: HttpRequest) -> str:
    """FC 2.0's signature: HMAC-SHA256 of method, headers and path; base64."""
    canonical = "".join(
        f"{name}:{request.headers[name]}\n"
        for name in sorted(request.headers)
        if name.startswith("x-fc-")
    )
    headers = [request.headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    signed = "\n".join([request.method, *headers, canonical + unquote(request.path)])
    return b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256")).decode()
