"""The token cache of a function, over the store that its environment names."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from taskbridge.lambdas import setting, table_name

if TYPE_CHECKING:
    from taskbridge.access.token_store import TokenStore
    from taskbridge.access.tokens import TokenCache


def build_token_cache(ssm: Any, tables: Any) -> TokenCache:
    """The tokens of the fleet, in the store that the environment names; `ssm` and `tables` are clients."""
    from taskbridge.access.tokens import TokenCache

    return TokenCache(_token_store(ssm, tables), time.time, time.sleep, random.random)


def _token_store(ssm: Any, tables: Any) -> TokenStore:
    prefix = setting("PARAMETER_PREFIX")
    if setting("TOKEN_STORE", "ssm") == "valkey":
        from taskbridge.access.tokens_valkey import ValkeyTokenStore

        return ValkeyTokenStore.connect(setting("VALKEY_URL"), prefix)
    from taskbridge.access.leases import DynamoLeases
    from taskbridge.access.tokens_ssm import SsmTokenStore

    return SsmTokenStore(ssm, DynamoLeases(tables, table_name("coordination"), time.time), prefix)
