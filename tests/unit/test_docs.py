"""What people read agrees with itself and with what it is about."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

import local.aigc_simulator.faults as ai_faults
import local.jinzhi_simulator.faults as task_center_faults
from local.settings import ROOT, read_settings
from push_task import retry
from reconciler import feeding, probing, stuck
from taskbridge.access import breaker
from tests.unit.cli.terminal import Bus

READMES = ("README.md", "README.zh-CN.md")
ONE_MACHINE = ("docs/one-machine.md", "docs/zh/one-machine.md")
IN_CHINESE = sorted(page.relative_to(ROOT / "docs" / "zh") for page in (ROOT / "docs" / "zh").rglob("*.md"))
IN_BOTH_LANGUAGES = [
    READMES,
    *((f"docs/{page}", f"docs/zh/{page}") for page in IN_CHINESE),
]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").glob("*.md"))]


class Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self.names.add(name)
        return default


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def links(page: Path) -> Iterator[str]:
    """Targets of the links that stay inside the repository, without what follows #."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


def anchors(page: Path) -> set[str]:
    """The headings of a page as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def first_cells(text: str, pattern: str) -> set[str]:
    """What `pattern` finds at the beginning of table rows."""
    return set(re.findall(rf"^\| `{pattern}` \|", text, flags=re.MULTILINE))


def direct_requirements(name: str) -> set[str]:
    lines = read(f"requirements/{name}.in").splitlines()
    return {re.split(r"[\[><=]", line)[0] for line in lines if line and not line.startswith(("#", "-"))}


def locked_versions(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", read(f"requirements/{name}.txt"), flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", ONE_MACHINE)
def test_the_page_of_one_machine_has_every_verb_and_no_other(page: str) -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*## ", read("Makefile") + read("build.mk"), flags=re.MULTILINE))
    assert first_cells(read(page), r"make ([a-z-]+)") == verbs


@pytest.mark.parametrize("page", ONE_MACHINE)
def test_the_page_of_one_machine_has_every_variable_that_is_read_and_no_other(page: str) -> None:
    # given
    environment = Asked()
    read_settings(environment)
    of_the_build = {"ENV", "GUIDED", "TARGET_PYTHON"}

    # then
    assert "ENV ?=" in read("build.mk")
    assert "$(if $(GUIDED)" in read("build.mk")
    assert '"TARGET_PYTHON"' in read("bundle/build.py")
    assert first_cells(read(page), "([A-Z_]+)") == environment.names | of_the_build


@pytest.mark.parametrize("page", ONE_MACHINE)
def test_the_page_of_one_machine_has_every_fault_of_the_simulators_and_no_other(page: str) -> None:
    simulated = (ai_faults.Faults, task_center_faults.Faults)
    assert first_cells(read(page), "([a-z_]+)") == {each.name for faults in simulated for each in fields(faults)}
    told = set(re.findall(r"`([a-z0-9_]+)`", read(page)))
    assert not [kind for faults in simulated for kind in faults.known_kinds if kind not in told]


@pytest.mark.parametrize("pages", IN_BOTH_LANGUAGES, ids=lambda pages: pages[0])
def test_a_page_says_the_same_in_both_languages(pages: tuple[str, str]) -> None:
    ours, theirs = (shape_of(read(page)) for page in pages)
    assert ours == theirs


def shape_of(text: str) -> dict[str, list[str]]:
    """What does not depend on the language: depths of headings, rows of tables, commands, pictures."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    commands = [re.sub(r"<[^>]*>", "<>", re.sub(r"#.*", "", block)) for block in blocks]
    plain = without_code(text)
    return {
        "commands": [re.sub(r" +$", "", each, flags=re.MULTILINE) for each in commands],
        "headings": re.findall(r"^#+ ", plain, flags=re.MULTILINE),
        "rows": [str(row.count("|")) for row in re.findall(r"^\|.*$", plain, flags=re.MULTILINE)],
        "pictures": re.findall(r"!\[[^]]*\]\(([^)]*)-(?:en|zh)\.webp\)", plain),
    }


def test_the_event_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json.loads(read("docs/trigger-event.schema.json")))


def test_the_example_of_the_sending_page_has_the_agreed_form() -> None:
    # given
    schema = Draft202012Validator(json.loads(read("docs/trigger-event.schema.json")))
    found = re.search(r"cat > detail.json <<'EOF'\n(.*?)\nEOF", read("docs/sending-events.md"), flags=re.DOTALL)

    # then
    assert found is not None
    schema.validate(json.loads(found[1]))


def test_the_outbox_of_the_sending_page_keeps_what_the_bus_did_not_take() -> None:
    # given
    page = read("docs/sending-events.md")
    table, code = (re.search(rf"```{kind}\n(.*?)```", page, flags=re.DOTALL) for kind in ("sql", "python"))
    assert table is not None
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    database = sqlite3.connect(":memory:")
    database.execute(table[1])
    rows = [(f"ev-{number}", f'{{"id": "ev-{number}"}}') for number in range(12)]
    database.executemany("INSERT INTO trigger_outbox (event_id, detail) VALUES (?, ?)", rows)
    bus = Bus(refuse=lambda event_id, times: "InternalFailure" if event_id == "ev-3" and times == 1 else "")

    # when
    taken = [names["send_waiting"](database, bus, "taskbridge-dev-events") for _ in range(3)]

    # then
    assert taken == [9, 3, 0]
    assert bus.ids == [*(f"ev-{number}" for number in range(10)), "ev-3", "ev-10", "ev-11"]
    database.close()


@pytest.mark.parametrize("name", ["layer", "ai_analyze", "admin_api", "dev", "sam", "sbom"])
def test_every_dependency_stands_in_its_decision_with_the_locked_version(name: str) -> None:
    shown = dict(re.findall(r"^\| ([\w.-]+) \| (\S+) \|", read("docs/decisions/0007-dependencies.md"), re.MULTILINE))
    locked = locked_versions(name)
    for package in direct_requirements(name):
        assert shown.get(package) == locked[package], package


def test_every_test_that_the_threat_model_names_is_there() -> None:
    rows = re.findall(r"^\| \*\*.*\| ([^|]*) \|$", read("docs/security.md"), flags=re.MULTILINE)
    assert len(rows) > 15
    for row in rows:
        folder = Path()
        for name in re.findall(r"`([^`]+)`", row):
            folder = Path(name).parent if "/" in name else folder
            places = (ROOT / "tests" / name, ROOT / "tests" / folder / name, ROOT / name)
            assert any(place.exists() for place in places), name


def test_no_two_decisions_have_one_number() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_and_how_to_go_back(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.name[:4]}: ")
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert headings == ["Context", "Options", "Decision", "Consequences", "How to go back"]


def test_the_architecture_page_has_the_numbers_of_the_code() -> None:
    page = " ".join(read("docs/architecture.md").split())
    for words in (
        f"about {', '.join(f'{wait:g}' for wait in retry.QUEUE_WAITS_S)} s",
        f"up to {retry.LONGEST_WAIT_IN_QUEUE_S:g} s",
        f"After {retry.GIVE_UP_AFTER_S / 86400:g} days of failing",
        f"sees {breaker.FAILURES_TO_OPEN} failures in a row that may pass, over {breaker.STREAK_S:g} seconds",
        f"about every {probing.PROBE_EVERY_S:g} seconds",
        f"queue holds {feeding.AHEAD_S:g} seconds of work",
        f"never more than {feeding.NEXT_RUN_S + feeding.AHEAD_S:g}",
        f"up to {feeding.PORTION} instances go every {feeding.PORTION_S:g} seconds",
        f"fewer than {feeding.QUEUE_ROOM:,} messages",
        f"goes every {feeding.SHARE_EVERY_S:g} seconds",
        f"older than {stuck.STUCK_AFTER_S / 60:g} minutes",
    ):
        assert words in page, words
