"""A line to a platform is made once for each state of its configuration."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from push_task.clients import build_clients
from taskbridge.access.tokens import TokenCache
from taskbridge.errors import ConfigurationError
from taskbridge.tables.configuration import PlatformConfig
from tests.builders import START, configuration, platform
from tests.memory_tokens import MemoryTokenStore


class Bench:
    """Lines over a configuration that a test changes."""

    def __init__(self, *platforms: PlatformConfig) -> None:
        self.platforms = platforms
        tokens = TokenCache(MemoryTokenStore(lambda: START), lambda: START, lambda _: None, lambda: 0.5)
        http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        self.seen: tuple[PlatformConfig, ...] | None = None  # what was read last, where that is another one
        self.lines = build_clients(
            lambda: configuration(self.platforms if self.seen is None else self.seen),
            http,
            tokens,
            lambda *_: ("secret",),
            lambda: START,
            anew=lambda: configuration(self.platforms),
        )


def test_a_line_has_the_limits_of_its_platform() -> None:
    bench = Bench(platform(max_concurrency=3, max_rate_per_s=2.5, timeout_s=4))

    line = bench.lines.get("jz")

    assert line is not None
    assert (line.max_concurrency, line.max_rate_per_s, line.timeout_s) == (3, 2.5, 4.0)


def test_a_line_is_kept_while_the_configuration_stays_as_it_is() -> None:
    bench = Bench(platform())

    first = bench.lines.get("jz")
    bench.platforms = (platform(),)  # read anew, the same

    assert bench.lines.get("jz") is first


@pytest.mark.parametrize("change", [{"version": 2}, {"host": "https://other.test"}, {"max_rate_per_s": 1}])
def test_a_changed_platform_gets_a_new_line(change: dict[str, Any]) -> None:
    bench = Bench(platform())
    first = bench.lines.get("jz")

    bench.platforms = (platform(**change),)

    assert bench.lines.get("jz") is not first


def test_a_platform_that_was_added_a_moment_ago_has_a_line() -> None:
    """The router has heard of it, and sent events to it, before this worker has."""
    bench = Bench(platform(), platform("new"))
    bench.seen = (platform(),)

    assert bench.lines.get("new") is not None


def test_there_is_no_line_to_a_disabled_platform_until_it_is_enabled() -> None:
    bench = Bench(platform(enabled=False))
    assert bench.lines.get("jz") is None

    bench.platforms = (platform(),)

    assert bench.lines.get("jz") is not None


def test_a_deleted_platform_is_a_configuration_error_that_names_it() -> None:
    bench = Bench(platform())
    bench.lines.get("jz")

    bench.platforms = ()

    with pytest.raises(ConfigurationError, match="jz is not configured"):
        bench.lines.get("jz")


def test_a_platform_with_a_wrong_setting_is_a_configuration_error_that_names_the_setting() -> None:
    bench = Bench(platform(timeout_s=0))

    with pytest.raises(ConfigurationError, match="timeout_s"):
        bench.lines.get("jz")


def test_each_platform_has_its_own_line() -> None:
    bench = Bench(platform("jz"), platform("jz-2", host="https://second.test"))

    assert bench.lines.get("jz") is not bench.lines.get("jz-2")
