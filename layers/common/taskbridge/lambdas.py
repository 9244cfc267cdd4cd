"""What the functions share about running in Lambda: settings from the environment, AWS clients, tokens, SQS records."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from taskbridge.errors import ConfigurationError
from taskbridge.moments import utc_stamp
from taskbridge.platforms.addresses import parse_hosts

if TYPE_CHECKING:
    from taskbridge.access.token_store import TokenStore
    from taskbridge.access.tokens import TokenCache

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 8


def setting(name: str, default: str | None = None) -> str:
    """A setting from the environment. Raises ConfigurationError where it has to be there and is not."""
    value = os.environ.get(name, default)
    if value is None:
        raise ConfigurationError(name, "expected as an environment variable of the function, missing")
    return value


def table_name(name: str) -> str:
    """The name of a table of this stack by what it has of its own, such as push-logs."""
    return f"{setting('TABLE_PREFIX')}-{name}"


def instance_retention_days() -> float:
    """How long is kept what is known of an instance after its end: never shorter than the logs that tell of it."""
    return max(float(setting("INSTANCE_RETENTION_DAYS")), float(setting("EVENT_LOG_TTL_DAYS")))


def platform_hosts() -> frozenset[str]:
    """The hosts of platforms that may be at an address of the machine itself."""
    return parse_hosts(setting("PLATFORM_HOSTS", ""))


class Clients:
    """AWS clients of one process. botocore's own: boto3's resources are not needed, and cost import time."""

    def __init__(self) -> None:
        self._session = botocore.session.get_session()
        self._config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": 4},
            max_pool_connections=20,
            parameter_validation=False,  # 8 % of the CPU of a push, to find what the tests found
            user_agent=f"Botocore/{botocore.__version__}",  # what botocore puts together anew for each call costs 8 %
        )

    def client(self, service: str) -> Any:
        """A client of a service, in the region and at the endpoint of the environment."""
        return self._session.create_client(service, config=self._config)


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


def received_at(record: Mapping[str, Any]) -> str:
    """When an SQS message came into its queue, RFC 3339 in UTC: the same at every delivery."""
    milliseconds = int(record["attributes"]["SentTimestamp"])
    return utc_stamp(milliseconds / 1000)


def batch_response(failed: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """A partial batch response: these messages stay in the queue."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
