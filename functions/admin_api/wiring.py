"""Everything that the routes use: made once for each process from its environment, or by a test from what it likes."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from admin_api.changes import Trail
from admin_api.cursors import Cursors, read_cursor_key
from admin_api.health import HealthCheck, look_at
from admin_api.limits import CallCounter, IdempotencyKeys
from admin_api.setup.ai_switches import ChainTiming
from admin_api.setup.platform_forms import Deployment
from admin_api.stores import TABLES, Stores
from taskbridge.access.secrets import PlatformSecrets, SecretKeeper
from taskbridge.access.token_cache import build_token_cache
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.rulebook import RuleBook
from taskbridge.ai.timing import DEFAULT_ANALYSIS_TIMEOUT_S
from taskbridge.budgets import DEFAULT_FLEET, Fleet
from taskbridge.lambdas import Clients, instance_retention_days, setting, table_name
from taskbridge.moments import utc_stamp
from taskbridge.platforms.addresses import parse_hosts
from taskbridge.platforms.http import build_http_client
from taskbridge.platforms.switches import ConfiguredSwitches
from taskbridge.push.queue import PushQueue

if TYPE_CHECKING:
    import httpx

    from taskbridge.access.tokens import TokenCache

THREADS = 10
# The logical names under which health and the summary show queues, with the variables of the environment.
QUEUES = {
    "ingest": "INGEST_QUEUE_URL",
    "ingest-dead-letters": "INGEST_DEAD_LETTER_QUEUE_URL",
    "rule-dead-letters": "RULE_DEAD_LETTER_QUEUE_URL",
    "push": "PUSH_QUEUE_URL",
    "push-dead-letters": "PUSH_DEAD_LETTER_QUEUE_URL",
    "ai": "AI_QUEUE_URL",
    "ai-dead-letters": "AI_DEAD_LETTER_QUEUE_URL",
    "analysis": "ANALYSIS_QUEUE_URL",
    "analysis-dead-letters": "ANALYSIS_DEAD_LETTER_QUEUE_URL",
    "invocation-dead-letters": "INVOCATION_DEAD_LETTER_QUEUE_URL",
}


@dataclass(frozen=True, kw_only=True)
class Services(Stores):
    """Clients, names and settings, and everything made of them when it is first used.

    `queues` gives the address of a queue by the names above.
    """

    sqs: Any
    ssm: Any
    queues: Mapping[str, str]
    environment: str
    prefix: str
    groups_claim: str = "cognito:groups"
    own_pool: bool = False  # the stack made the user pool
    fleet: Fleet = DEFAULT_FLEET
    analysis_timeout_s: float = DEFAULT_ANALYSIS_TIMEOUT_S
    platform_hosts: frozenset[str] = frozenset()
    sleep: Callable[[float], None] = time.sleep
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:12]
    http_client: httpx.Client | None = None  # None: one of the function's own
    cloudwatch: Any = None

    def now(self) -> str:
        """The time, RFC 3339 in UTC."""
        return utc_stamp(self.clock())

    @cached_property
    def cursors(self) -> Cursors:
        """Seals the cursors of lists."""
        return Cursors(partial(read_cursor_key, self.ssm, self.prefix))

    @cached_property
    def health(self) -> HealthCheck:
        """Whether the tables and the queues answer."""
        return HealthCheck(partial(look_at, self.dynamodb, dict(self.tables), self.sqs, dict(self.queues)), self.clock)

    @cached_property
    def calls(self) -> CallCounter:
        """Counts the calls of each caller."""
        return CallCounter(self.dynamodb, self.tables["coordination"], self.clock)

    @cached_property
    def keys(self) -> IdempotencyKeys:
        """The calls that started work."""
        return IdempotencyKeys(self.dynamodb, self.tables["coordination"], self.clock)

    @cached_property
    def trail(self) -> Trail:
        """The trail of changes."""
        return Trail(self.changes, self.now, self.new_id)

    @cached_property
    def timing(self) -> ChainTiming:
        """What the chain of AI platforms may take."""
        return ChainTiming(self.configurator, self.analysis_timeout_s)

    @cached_property
    def switches(self) -> ConfiguredSwitches:
        """The settings of AI approval, and the model that they come to."""
        return ConfiguredSwitches(self.configuration.current, self.environment)

    @cached_property
    def book(self) -> RuleBook:
        """Which rule holds for whom."""
        return RuleBook(self.rules, self.switches)

    @cached_property
    def push_queue(self) -> PushQueue:
        """The push queue."""
        return PushQueue(self.sqs, self.queues["push"])

    @cached_property
    def ai_queue(self) -> AiQueue:
        """The AI queue: what changes somebody's tasks, and which rule changed."""
        return AiQueue(self.sqs, self.queues["ai"])

    @cached_property
    def analysis_queue(self) -> AiQueue:
        """The analysis queue: what asks a model."""
        return AiQueue(self.sqs, self.queues["analysis"])

    @cached_property
    def http(self) -> httpx.Client:
        """What calls platforms."""
        return self.http_client or build_http_client(THREADS, self.platform_hosts)

    @cached_property
    def tokens(self) -> TokenCache:
        """The tokens of the fleet."""
        return build_token_cache(self.ssm, self.dynamodb)

    @cached_property
    def keeper(self) -> SecretKeeper:
        """Writes and removes the secrets of platforms."""
        return SecretKeeper(self.ssm, self.prefix)

    @property
    def deployment(self) -> Deployment:
        """What platforms have to work with."""
        return Deployment(self.fleet, self.environment, self.platform_hosts)

    @cached_property
    def secrets(self) -> PlatformSecrets:
        """The secrets of platforms."""
        return PlatformSecrets(self.ssm, self.prefix, self.clock)


def wire() -> Services:
    """The services of this process. Raises ConfigurationError that names a variable which is missing."""
    clients = Clients()
    return Services(
        dynamodb=clients.client("dynamodb"),
        sqs=clients.client("sqs"),
        ssm=clients.client("ssm"),
        cloudwatch=clients.client("cloudwatch"),
        tables={name: table_name(name) for name in TABLES},
        queues={name: setting(variable) for name, variable in QUEUES.items()},
        environment=setting("ENVIRONMENT"),
        prefix=setting("PARAMETER_PREFIX"),
        region=setting("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "")),
        groups_claim=setting("GROUPS_CLAIM", "cognito:groups"),
        own_pool=setting("OWN_USER_POOL", "false") == "true",
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
        retention_days=float(setting("EVENT_LOG_TTL_DAYS")),
        fleet=Fleet(float(setting("PUSH_TIMEOUT_SECONDS")), int(setting("PUSH_CONCURRENCY"))),
        analysis_timeout_s=float(setting("ANALYSIS_TIMEOUT_SECONDS")),
        instance_retention_days=instance_retention_days(),
        platform_hosts=parse_hosts(setting("PLATFORM_HOSTS", "")),
    )
