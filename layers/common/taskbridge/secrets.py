"""Secrets of platforms in SSM Parameter Store, with the one before, while a secret is being changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.tables.attributes import chunks, store_call

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

KEPT_S = 300.0
NAMES_A_CALL = 10  # of one GetParameters or DeleteParameters


class PlatformSecrets:
    """The secrets of platforms by field, kept in memory for five minutes. Thread-safe.

    A secret is the SecureString `{prefix}/platforms/{platform_id}/{field}`. While it is being changed, the
    one before stands beside it as `{field}_previous`, and both are valid.
    """

    def __init__(self, ssm_client: SSMClient, prefix: str, clock: Callable[[], float]) -> None:
        self._ssm = ssm_client
        self._prefix = prefix
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, tuple[str, ...]]] = {}

    def __call__(self, platform_id: str, field: str) -> tuple[str, ...]:
        """Give one or two values, newest first.

        ConfigurationError if there is no secret, StoreError if SSM fails and nothing is in memory.
        """
        with self._lock:
            kept = self._kept.get((platform_id, field))
            if kept is not None and self._clock() < kept[0] + KEPT_S:
                return kept[1]
            try:
                return self._read(platform_id, field)
            except StoreError:
                if kept is None:
                    raise
                # A secret of some minutes ago most likely still works; if not, the platform refuses it.
                return kept[1]

    def refresh(self, platform_id: str, field: str) -> tuple[str, ...]:
        """Read the values again at once. Errors as for a call, StoreError also where a value is in memory."""
        with self._lock:
            return self._read(platform_id, field)

    def _read(self, platform_id: str, field: str) -> tuple[str, ...]:
        name = secret_name(self._prefix, platform_id, field)
        previous = f"{name}_previous"
        try:
            answer = self._ssm.get_parameters(Names=[name, previous], WithDecryption=True)
        except (ClientError, BotoCoreError) as error:
            raise StoreError(f"secret {field} of platform {platform_id} could not be read: {error}") from error
        found = {parameter.get("Name"): parameter.get("Value", "") for parameter in answer["Parameters"]}
        if not found.get(name):
            self._kept.pop((platform_id, field), None)
            raise ConfigurationError(field, f"platform {platform_id} has no such secret: {name} does not exist")
        values = tuple(dict.fromkeys(found[each] for each in (name, previous) if found.get(each)))
        self._kept[platform_id, field] = (self._clock(), values)
        return values


class SecretKeeper:
    """Changes the secrets of platforms, and tells which there are. Raises StoreError, whose text holds no secret."""

    def __init__(self, ssm_client: SSMClient, prefix: str) -> None:
        self._ssm = ssm_client
        self._prefix = prefix

    def stored(self, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the secrets, by (platform id, field), that are stored. They are not decrypted."""
        wanted = {secret_name(self._prefix, *key): key for key in keys}
        found = set()
        for names in chunks(list(wanted), NAMES_A_CALL):
            answer = store_call(self._ssm.get_parameters, Names=list(names), WithDecryption=False)
            found |= {wanted[parameter.get("Name", "")] for parameter in answer["Parameters"]}
        return found

    def change(self, platform_id: str, field: str, value: str) -> None:
        """Store a secret. The one before stays valid beside it, until the next change.

        The same value again changes nothing, so that a repeated request does not drop the one before.
        """
        name = secret_name(self._prefix, platform_id, field)
        answer = store_call(self._ssm.get_parameters, Names=[name], WithDecryption=True)
        before = next((parameter.get("Value", "") for parameter in answer["Parameters"]), "")
        if before == value:
            return
        if before:
            self._put(f"{name}_previous", before)
        self._put(name, value)

    def delete(self, platform_id: str, fields: Iterable[str]) -> None:
        """Delete secrets of a platform, with those before them."""
        names = [secret_name(self._prefix, platform_id, field) for field in fields]
        for piece in chunks([*names, *(f"{name}_previous" for name in names)], NAMES_A_CALL):
            store_call(self._ssm.delete_parameters, Names=list(piece))

    def _put(self, name: str, value: str) -> None:
        store_call(self._ssm.put_parameter, Name=name, Value=value, Type="SecureString", Overwrite=True)


def secret_name(prefix: str, platform_id: str, field: str) -> str:
    """The parameter that holds a secret."""
    return f"{prefix}/platforms/{platform_id}/{field}"
