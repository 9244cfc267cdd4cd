"""A fleet that starts cold under Parameter Store's 40 reads a second: one token, whatever the size of the fleet."""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from taskbridge.access.leases import DynamoLeases
from taskbridge.access.secrets import PlatformSecrets
from taskbridge.access.token_store import Token
from taskbridge.access.tokens import TokenCache
from taskbridge.access.tokens_ssm import SsmTokenStore
from taskbridge.errors import StoreThrottled, TaskbridgeError, TransientError
from taskbridge.tables.configuration import PlatformConfig
from tests.functional.tokens.harness import LIFETIME_S, Clock, FailingStore, TokenEndpoint
from tests.functional.tokens.virtual_time import START, VirtualTime
from tests.memory_tokens import MemoryTokenStore

READS_PER_S = 40
CALL_S = 0.02
FETCH_S = 0.6


def throttled(operation: str = "GetParameter") -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)


class BusySsm:
    """Parameter Store with its limit of an account: what is refused does not count."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._values: dict[str, str] = {}
        self._left, self._filled_at = float(READS_PER_S), time.now
        self.refused = 0

    def _pass(self) -> None:
        self._time.sleep(CALL_S)
        filled = self._left + (self._time.now - self._filled_at) * READS_PER_S
        self._left, self._filled_at = min(READS_PER_S, filled), self._time.now
        if self._left < 1:
            self.refused += 1
            raise throttled()
        self._left -= 1

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        self._pass()
        if Name not in self._values:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": "no"}}, "GetParameter")
        return {"Parameter": {"Value": self._values[Name]}}

    def get_parameters(self, *, Names: list[str], WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        self._pass()
        return {"Parameters": [{"Name": Names[0], "Value": "secret"}]}

    def put_parameter(self, *, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        self._time.sleep(CALL_S)
        self._values[Name] = Value


class Leases(DynamoLeases):
    """Elections that take as long as DynamoDB does, in memory."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._store = MemoryTokenStore(time)

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        self._time.sleep(CALL_S)
        return self._store.acquire(key, holder, ttl_s)

    def release(self, key: str, holder: str) -> None:
        self._store.release(key, holder)


def start_cold(count: int, seed: int, spread_s: float = 0.0) -> tuple[int, list[object], BusySsm, float]:
    """What `count` workers get that all need a token at once: tokens fetched, results, the store, seconds."""
    time, rng = VirtualTime(), random.Random(seed)
    ssm, leases = BusySsm(time), Leases(time)
    fetched: list[float] = []
    results: list[object] = []

    def fetch() -> str:
        time.sleep(FETCH_S)
        fetched.append(time.now)
        return f"token-{len(fetched)}"

    def work() -> None:
        time.sleep(rng.random() * spread_s)
        client: Any = ssm
        cache = TokenCache(SsmTokenStore(client, leases, "/t"), time, time.sleep, rng.random)
        try:
            results.append(cache.get("jinzhi", fetch, LIFETIME_S))
        except TaskbridgeError as error:
            results.append(error)

    time.run([work] * count)
    return len(fetched), results, ssm, time.now - START


@pytest.mark.parametrize("count", [50, 100, 200, 400])
@pytest.mark.parametrize("seed", [1, 2])
def test_however_many_start_cold_one_token_is_fetched(count: int, seed: int) -> None:
    # when
    fetched, results, _, seconds = start_cold(count, seed)
    # then: whoever found no way to the store in its time has to come again, and has fetched nothing
    assert fetched == 1
    late = [result for result in results if isinstance(result, StoreThrottled | TransientError)]
    assert results.count("token-1") + len(late) == count
    assert len(late) <= count // 10
    assert seconds < 20


@pytest.mark.parametrize("seed", [1, 2])
def test_four_hundred_that_start_within_ten_seconds_fetch_one_token_as_well(seed: int) -> None:
    fetched, results, ssm, _ = start_cold(400, seed, spread_s=10)
    assert fetched == 1
    assert results.count("token-1") == 400
    assert ssm.refused < 4000


class Throttling(FailingStore):
    """A store of which operations are throttled instead of down."""

    def _pass(self, operation: str) -> None:
        self.asked.append(operation)
        if operation in self.broken:
            raise StoreThrottled(f"{operation} was throttled")


class Worker:
    def __init__(self) -> None:
        self.clock = Clock()
        self.store = Throttling(MemoryTokenStore(self.clock))
        self.endpoint = TokenEndpoint()
        self.pauses: list[float] = []
        self.cache = TokenCache(self.store, self.clock, self.pause, lambda: 0.5)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)
        if len(self.pauses) == 3:
            self.store.broken = set()

    def get(self) -> str:
        return self.cache.get("jinzhi", self.endpoint.fetch, LIFETIME_S)


@pytest.mark.parametrize("operation", ["read", "acquire", "write"])
def test_what_is_throttled_is_tried_again_and_one_token_is_fetched_and_shared(operation: str) -> None:
    worker = Worker()
    worker.store.broken = {operation}
    assert worker.get() == "token-1"
    assert len(worker.pauses) == 3
    stored = worker.store.inner.read("jinzhi")
    assert stored is not None
    assert stored.value == "token-1"


def test_a_store_that_stays_throttled_is_never_done_without() -> None:
    worker = Worker()
    worker.store.broken = {"read"}
    worker.cache = TokenCache(worker.store, worker.clock, worker.pauses.append, lambda: 0.5)
    with pytest.raises(StoreThrottled):
        worker.get()
    assert sum(worker.pauses) == pytest.approx(12)
    assert worker.endpoint.calls == 0


def test_who_is_elected_but_cannot_look_again_gives_the_lease_back_and_fetches_nothing_yet() -> None:
    # given another worker that wrote its token between the two looks, the second of which is throttled
    worker = Worker()
    now = worker.clock.now

    def meanwhile() -> None:
        worker.store.inner.write("jinzhi", Token("theirs", 1, now, now + LIFETIME_S))
        worker.store.broken = {"read"}

    worker.store._before_acquire = [meanwhile]
    # then
    assert worker.get() == "theirs"
    assert worker.endpoint.calls == 0
    assert worker.store.inner.acquire("jinzhi", "another", 1), "the lease is free"


def test_a_valid_token_is_not_waited_for_where_its_renewal_is_throttled() -> None:
    worker = Worker()
    worker.get()
    worker.clock.advance(0.96 * LIFETIME_S)
    worker.store.broken = {"read"}
    assert worker.get() == "token-1"
    assert worker.pauses == []


def test_secrets_wait_where_they_are_throttled() -> None:
    # given a fleet in which the secret is itself the token
    time, rng = VirtualTime(), random.Random(7)
    ssm: Any = BusySsm(time)
    platform = PlatformConfig("older", "金智", "JinZhiTaskCenterApp", True, 1, {})
    found: list[tuple[str, ...]] = []

    def read() -> None:
        secrets = PlatformSecrets(ssm, "/t", time, sleep=time.sleep, jitter=rng.random)
        found.append(secrets(platform, "access_token"))

    # when
    time.run([read] * 300)
    # then
    assert found == [("secret",)] * 300
    assert ssm.refused > 0
