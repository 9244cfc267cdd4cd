"""Signature Version 4 of one kind of request: a POST of a body to the root of a service, as AWS's JSON protocols are.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_NOT_SIGNED = frozenset({"user-agent", "x-amzn-trace-id"})  # who is between may change them


class Keys(NamedTuple):
    """Credentials at one moment. `token`: of temporary ones."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature holds for."""

    region: str
    service: str


def sign(headers: Mapping[str, str], body: bytes, keys: Keys, scope: Scope, stamp: str) -> dict[str, str]:
    """All headers of a request, with its date and its signature. `headers`: names in lower case, `host` among them.

    `stamp` is the time of day in UTC, such as 20261129T164000Z.
    """
    every = {**headers, "x-amz-date": stamp}
    if keys.token:
        every["x-amz-security-token"] = keys.token
    named = sorted(name for name in every if name not in _NOT_SIGNED)
    names = ";".join(named)
    lines = "".join(f"{name}:{' '.join(every[name].split())}\n" for name in named)
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    within = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{within}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = _hmac(_signing_key(keys.secret_key, stamp[:8], scope), text).hex()
    credential = f"Credential={keys.access_key}/{within}"
    every["authorization"] = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    return every


@lru_cache(maxsize=8)
def _signing_key(secret: str, day: str, scope: Scope) -> bytes:
    """The same for a day."""
    key = f"AWS4{secret}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
