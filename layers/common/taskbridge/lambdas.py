"""What the functions share about running in Lambda: settings from the environment, AWS clients, SQS records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from taskbridge.aws_calls import DYNAMODB, MADE_HERE, add_direct_calls, send_by
from taskbridge.aws_http import AwsTransport
from taskbridge.aws_models import complete, use_packed_models
from taskbridge.errors import ConfigurationError
from taskbridge.moments import utc_stamp

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 8
TRIES = 4  # of a call, the first among them
CONNECTIONS = 20  # that are kept


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


class Clients:
    """AWS clients of one process. botocore's own: boto3's resources are not needed, and cost import time.

    They send by AwsTransport, and that of DynamoDB makes its usual calls directly, unless the environment has them go
    through a proxy.
    """

    def __init__(self) -> None:
        self._session = botocore.session.get_session()
        self._packed = use_packed_models(self._session)
        authorities = str(self._session.get_config_variable("ca_bundle") or get_cert_path(True))
        self._transport = AwsTransport(CONNECT_TIMEOUT_S, READ_TIMEOUT_S, CONNECTIONS, authorities)
        self._config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=CONNECTIONS,
            parameter_validation=False,  # 8 % of the CPU of a push, to find what the tests found
            user_agent=f"Botocore/{botocore.__version__}",  # what botocore puts together anew for each call costs 8 %
        )

    def client(self, service: str) -> Any:
        """A client of a service, in the region and at the endpoint of the environment."""
        client = self._make(self._session, service)
        if self._packed:
            complete(client, service, lambda: self._make(botocore.session.get_session(), service))
        return client

    def _make(self, session: botocore.session.Session, service: str) -> Any:
        add_direct_calls(session)
        tries = TRIES - MADE_HERE * (service == DYNAMODB)
        retries = Config(retries={"mode": "standard", "total_max_attempts": tries})
        client: Any = session.create_client(service, config=self._config.merge(retries))
        if not get_environ_proxies(client.meta.endpoint_url):
            send_by(self._transport, client, self._session)
        return client


def received_at(record: Mapping[str, Any]) -> str:
    """When an SQS message came into its queue, RFC 3339 in UTC: the same at every delivery."""
    milliseconds = int(record["attributes"]["SentTimestamp"])
    return utc_stamp(milliseconds / 1000)


def is_empty_batch(event: Mapping[str, Any]) -> bool:
    """Whether this is what `taskbridge doctor` invokes a function with: it is wired, and does nothing."""
    return event.get("Records") == []


def batch_response(failed: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """A partial batch response: these messages stay in the queue."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
