"""Cursors of lists: opaque, signed, and good for nothing but the list that gave it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from admin_api.problems import Problem
from taskbridge.aws import store_call
from taskbridge.errors import StoreError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

_MAC_BYTES = 16
_KEY_BYTES = 32


class Cursors:
    """Seals positions in lists. `key` is only asked for when a list has a second page."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key_source = key

    @cached_property
    def _key(self) -> bytes:
        return self._key_source()

    def seal(self, position: str, scope: str) -> str:
        """The cursor that stands for a position in the list that `scope` names: route, caller and query."""
        body = position.encode()
        return base64.urlsafe_b64encode(self._mac(body, scope) + body).rstrip(b"=").decode()

    def open(self, cursor: str, scope: str) -> str:
        """The position. Raises Problem (400 invalid_cursor) for what this list did not give to this caller."""
        try:
            sealed = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):  # also what cannot be encoded
            raise _refused() from None
        mac, body = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body, scope)):
            raise _refused()
        return body.decode()

    def _mac(self, body: bytes, scope: str) -> bytes:
        bound = hashlib.sha256(scope.encode("utf-8", "replace")).digest() + body
        return hmac.digest(self._key, bound, "sha256")[:_MAC_BYTES]


def read_cursor_key(ssm: SSMClient, prefix: str) -> bytes:
    """The key of this deployment, made at its first use: the SecureString `{prefix}/cursor-key`. Raises StoreError."""
    name = f"{prefix}/cursor-key"
    key = _read(ssm, name)
    if key is None:
        _make(ssm, name)
        key = _read(ssm, name)
    if key is None:
        raise StoreError("the key of cursors was made and cannot be read")
    return key


def _read(ssm: SSMClient, name: str) -> bytes | None:
    answer = store_call(ssm.get_parameters, Names=[name], WithDecryption=True)
    values = [each.get("Value", "") for each in answer["Parameters"]]
    return bytes.fromhex(values[0]) if values else None


def _make(ssm: SSMClient, name: str) -> None:
    try:
        ssm.put_parameter(Name=name, Value=secrets.token_hex(_KEY_BYTES), Type="SecureString")
    except ClientError as error:
        if error.response["Error"].get("Code") != "ParameterAlreadyExists":  # another process was first
            raise StoreError(f"PutParameter: {error.response['Error'].get('Code')}") from error


def _refused() -> Problem:
    return Problem(400, "invalid_cursor", "This cursor was not given by this list. Begin without one.")
