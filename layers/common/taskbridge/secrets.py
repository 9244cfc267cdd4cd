"""Secrets of platforms in SSM Parameter Store, with the one before, while a secret is being changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

KEPT_S = 300.0


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
        name = f"{self._prefix}/platforms/{platform_id}/{field}"
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
