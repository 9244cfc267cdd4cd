"""What `make prove` makes of what its steps found, and who stands between functions and AWS. Nothing is proven here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.processes import free_port
from local.settings import ROOT
from proof import capacity, monthly, pages, performance, record
from proof.chaos import earlier_seeds
from proof.plot import Bar, render
from proof.record import Options, Record
from proof.trouble import Trouble, troubled
from tests.unit.platforms.test_http_client import OK, serving

TARGETS = {"X-Amz-Target": "DynamoDB_20120810.BatchGetItem"}


def test_pages_are_what_the_kept_records_say() -> None:
    records = record.load()
    for name, text in (("performance", performance.page(records, pages.SHOT)), ("capacity", capacity.page(records))):
        kept = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        assert kept.endswith(text), f"docs/{name}.md: python -m proof --pages"


def test_a_step_that_was_never_run_says_how(tmp_path: Path) -> None:
    (tmp_path / "proof").mkdir()
    pages.write({}, tmp_path)
    assert "Not run yet: `make prove ONLY=chaos`" in (tmp_path / "performance.md").read_text()
    assert "Not run yet: `make prove ONLY=cost`" in (tmp_path / "capacity.md").read_text()


def test_a_record_is_kept_until_its_step_is_run_again(tmp_path: Path) -> None:
    for number in (1, 2):
        record.save(record.made("rows", 3.4, {"rows": number}), tmp_path)
    assert [(kept.step, kept.seconds, kept.data) for kept in record.load(tmp_path).values()] == [
        ("rows", 3, {"rows": 2})
    ]


def test_a_seed_of_chaos_is_a_row() -> None:
    seed = {
        "seed": 4,
        "events": 2003,
        "instances": 400,
        "killed": 5,
        "aws_calls": 9000,
        "aws_trouble": {"sqs lost answer": 7, "dynamodb throttled": 450},
        "second_inserts": 2,
        "seconds": 99,
    }
    found = Record("chaos", "2026-11-29T01:00+00:00", "a machine", 99, {"seeds": [seed], "events": 2000})
    text = performance.page({"chaos": found}, "plot.svg")
    assert "| 4 | 2,003 | 400 | 5 | 9,000 | 457 | 2 | 99 s | the last, below |" in text
    assert "What failed: dynamodb throttled, sqs lost answer." in text
    assert "Run 2026-11-29T01:00+00:00 on a machine, in 99 s." in text


def test_a_run_that_begins_later_keeps_the_seeds_before_it() -> None:
    found = Record(
        "chaos", "2026-11-29T01:00+00:00", "a machine", 99, {"seeds": [{"seed": 1}, {"seed": 2}], "events": 9}
    )

    assert earlier_seeds(found, Options(first_seed=2, events=9)) == [{"seed": 1, "run": found.at}]
    assert earlier_seeds(found, Options(first_seed=2, events=10)) == [], "of as many events only"
    assert earlier_seeds(found, Options(events=9)) == []
    assert earlier_seeds(None, Options(first_seed=2, events=9)) == []


def test_a_month_is_the_bill_of_its_events() -> None:
    month = monthly.month(100, lone_usd=8.0, full_usd=4.0)
    assert month.events == pytest.approx(262_800_000)
    assert (month.lone, month.full) == pytest.approx((2102.4, 1051.2))
    assert month.model > month.analysis > 0


def test_bars_longer_than_their_target_are_marked_and_names_are_text() -> None:
    drawn = render([Bar("a <b>", 0.5, "1 ms"), Bar("slow", 1.2, "3 ms")], "shares")
    assert "a &lt;b&gt;" in drawn
    assert drawn.count('class="bar"') == drawn.count('class="missed"') == 1


# The proxy


@pytest.fixture
def upstream() -> Iterator[str]:
    def handle(connection: Any) -> None:
        while connection.recv(65536):
            connection.sendall(OK)

    with serving(handle) as port:
        yield f"http://127.0.0.1:{port}"


def post(address: str, headers: dict[str, str]) -> str:
    try:
        answer = httpx.post(address, headers=headers, content=b"{}", trust_env=False)
    except httpx.HTTPError:
        return "hung up"
    return f"{answer.status_code} {answer.json().get('__type', '')}".strip()


def test_trouble_throttles_fails_and_hangs_up_and_counts_it(upstream: str) -> None:
    trouble = Trouble(seed=1, rate=1.0)
    with troubled(upstream, trouble) as address:
        seen = Counter(post(address, TARGETS) for _ in range(40))
    assert set(seen) == {"hung up", "500 com.amazonaws#InternalServerError"} | {
        "400 com.amazonaws#ProvisionedThroughputExceededException"
    }
    assert trouble.calls == sum(trouble.told.values()) == 40
    assert seen["hung up"] == trouble.told["dynamodb reset"] + trouble.told["dynamodb lost answer"]


def test_an_emulator_that_is_not_there_is_a_call_that_hangs_up() -> None:
    with troubled(f"http://127.0.0.1:{free_port()}", Trouble(seed=1, rate=0.0)) as address:
        assert post(address, TARGETS) == "hung up"


@pytest.mark.parametrize(
    ("rate", "headers"), [(0.0, TARGETS), (1.0, {}), (1.0, {"X-Amz-Target": "AWSEvents.PutEvents"})]
)
def test_other_services_and_a_calm_proxy_pass_everything_on(
    upstream: str, rate: float, headers: dict[str, str]
) -> None:
    with troubled(upstream, Trouble(seed=1, rate=rate)) as address:
        assert post(address, headers) == "200"


def test_records_in_the_repository_are_json_of_records() -> None:
    for file in record.FOLDER.glob("*.json"):
        assert Record(**json.loads(file.read_text(encoding="utf-8"))).step == file.stem
