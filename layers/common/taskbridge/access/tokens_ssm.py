"""Tokens in SSM Parameter Store, elections in DynamoDB: the token store that costs nothing while idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.access.leases import DynamoLeases
from taskbridge.access.token_store import Token, decode_token, encode_token
from taskbridge.aws import is_throttled
from taskbridge.errors import StoreError, StoreThrottled

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient


class SsmTokenStore:
    """A TokenStore: the token as JSON in SecureString `{prefix}/tokens/{key}`, the lease at `token#{key}`."""

    def __init__(self, ssm: SSMClient, leases: DynamoLeases, prefix: str) -> None:
        self._ssm = ssm
        self._leases = leases
        self._prefix = prefix

    def read(self, key: str) -> Token | None:
        try:
            answer = self._ssm.get_parameter(Name=self._name(key), WithDecryption=True)
        except (ClientError, BotoCoreError) as error:
            if _code(error) == "ParameterNotFound":
                return None
            raise _store_error(key, "read", error) from None
        return decode_token(answer["Parameter"].get("Value", ""))

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        return self._leases.acquire(f"token#{key}", holder, ttl_s)

    def write(self, key: str, token: Token) -> None:
        try:
            self._ssm.put_parameter(
                Name=self._name(key),
                Value=encode_token(token),
                Type="SecureString",
                Overwrite=True,
                # The standard tier, and the advanced one (up to 8 KB) from the first token above 4 KB on.
                Tier="Intelligent-Tiering",
            )
        except (ClientError, BotoCoreError) as error:
            raise _store_error(key, "written", error) from None

    def release(self, key: str, holder: str) -> None:
        self._leases.release(f"token#{key}", holder)

    def _name(self, key: str) -> str:
        return f"{self._prefix}/tokens/{key}"


def _store_error(key: str, verb: str, error: ClientError | BotoCoreError) -> StoreError:
    kind = StoreThrottled if is_throttled(error) else StoreError
    return kind(f"token {key} could not be {verb}: {_code(error)}")


def _code(error: ClientError | BotoCoreError) -> str:
    """Name a failure without its text, which may quote the rejected value."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__
