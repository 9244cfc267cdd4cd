"""Flips at night over tables: who is asked about what, and readers that are told apart by what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import msgspec
import pytest

from admin_api.ai import flips
from ai_analyze.jobs import GIVE_UP_AFTER_S, NIGHT_GIVE_UP_AFTER_S, NIGHT_RETRY_S, run_job
from ai_analyze.journal import AnalysisJournal
from ai_analyze.material import Material
from ai_analyze.nights import begin_night
from ai_analyze.ports import AnalysisPorts
from ai_analyze.review import Asked, Link, Sink, review
from evaluation.golden import GoldenForm, build_material, read_golden_forms
from evaluation.readers import ReaderName, ScriptedReader
from evaluation.variants import Variant, build_variants
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.flips import HARMLESS, WANTED, CheckedForm, flips_of
from taskbridge.ai.forms.changes import EMPTIED
from taskbridge.ai.forms.form import form_text
from taskbridge.ai.jobs import NOBODY, QUESTIONS_A_FORM, AiJob, AiJobStatus
from taskbridge.ai.messages import JobMessage
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing, Switches
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import PermanentError, TransientError
from taskbridge.tables.ai_questions import QuestionTable
from tests.fakes_ai import SilentObservability
from tests.functional.ai_api import SETTINGS, AiWorld
from tests.functional.ai_suites.builders import APP, UID
from tests.functional.aws import Tables
from tests.unit.ai.analysis_worker import PlayedDesk, Worker

PATH = "/v1/ai/flips"
BUDGET = 200
DAY_S = 86_400.0


@cache
def changed_forms() -> dict[str, list[Variant]]:
    """Three golden forms by name, with all that changes in them; made where they are asked for, as they take seconds.

    Each change that the night may ask about is one of the evaluation's too, which knows what a reader finds then.
    """
    plain = (each for each in read_golden_forms() if not each.attachments and not each.is_hostile)
    made = ((golden, list(build_variants([golden]))) for golden in plain)
    return {golden.name: variants for golden, variants in islice((each for each in made if _are_asked_about(*each)), 3)}


def _are_asked_about(golden: GoldenForm, variants: Sequence[Variant]) -> bool:
    clauses = split_clauses(golden.rule)
    checked = CheckedForm(form=golden.form, clauses=clauses, checks=golden.checks, received_on=golden.received_on)
    found = {(flip.key, flip.kind) for flip in flips_of(checked)}
    known = {(each.changed.split(":")[0], each.kind) for each in variants}
    return bool(found) and found <= known and {HARMLESS, EMPTIED} < {kind for _, kind in found}


def golden_forms() -> list[GoldenForm]:
    return [variants[0].base for variants in changed_forms().values()]


def _text(golden: GoldenForm) -> str:
    return form_text(build_material(golden).form)


class ReadingDesk(PlayedDesk):
    """Asks a scripted reader, which knows each form by its text."""

    reader: ReaderName
    known: dict[str, tuple[GoldenForm, GoldenForm]]
    looks: set[str]

    def __init__(self, worker: Worker, reader: ReaderName) -> None:
        super().__init__(worker)
        variants = [variant for each in changed_forms().values() for variant in each]
        # Each with the form that it was before.
        pairs = [*((each, each) for each in golden_forms()), *((each.golden, each.base) for each in variants)]
        known = {_text(pair[0]): pair for pair in pairs}
        told: dict[str, Any] = {"reader": reader, "known": known, "looks": set()}
        for name, value in told.items():
            object.__setattr__(self, name, value)  # a desk is frozen

    def review(
        self,
        material: Material,
        chain: Sequence[Link],
        sink: Sink,
        standing: Standing,
        uid: str,
        audit: Callable[[Asked], None],
        handing_over: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Review:
        self.worker.asked += 1
        if self.worker.error:
            raise self.worker.error
        golden, before = self.known[form_text(material.form)]
        self.looks.add(standing.switches.settings.second_look)
        return review(
            material,
            [Link(ScriptedReader(self.reader, golden, before), "m")],
            sink,
            masking=False,
            second_look="never",
            uid=uid,
            upload=lambda *_: "",
            forget=lambda *_: None,
            audit=audit,
        )


class HeardObservability(SilentObservability):
    """Keeps the levels of each platform."""

    told: dict[str, set[float]]

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "told", defaultdict(set))

    def gauge(self, name: str, value: float, platform_id: str, **more: str) -> None:
        assert (name, set(more)) == ("FlipRate", {"model"})
        self.told[platform_id].add(value)


class Night:
    """Nodes with a golden form each, and a worker that asks a scripted reader about them."""

    def __init__(self, world: AiWorld, reader: ReaderName = "careful", budget: int = BUDGET) -> None:
        self.world, self.worker, self.settings = world, Worker(), replace(SETTINGS, nightly_flips=budget)
        self.desk = ReadingDesk(self.worker, reader)
        self.heard = HeardObservability()
        world.configure(self.settings)
        for number, golden in enumerate(golden_forms()):
            self._give(f"n{number}", golden)

    def _give(self, node_id: str, golden: GoldenForm) -> None:
        checks = tuple(replace(check, confirmed=True, covers=True) for check in golden.checks)
        self.world.give_default(node_id=node_id, rule=golden.rule, checks=checks, file_key=())
        self.world.give_task(node_id, node_id=node_id, received_on=golden.received_on.isoformat())
        self.world.stores.forms.put(node_id, "f1", msgspec.json.encode(golden.form))
        self.world.decide(node_id)

    @property
    def ports(self) -> AnalysisPorts:
        stores = self.world.stores
        return replace(
            self.worker.ports,
            desk=self.desk,
            journal=AnalysisJournal(self.heard),
            questions=QuestionTable(stores.client, self.world.services.tables["coordination"]),
            seats=stores.tasks,
            forms=stores.forms,
            rules=stores.rules,
            jobs=self.world.services.ai_jobs,
            switches=lambda: Switches(self.settings, ModelChoice("aigc")),
        )

    def begin(self) -> list[JobMessage]:
        """The messages of the jobs that a night begins."""
        begin_night(self.ports)
        sent: list[Any] = list(self.worker.outbox.sent)
        self.worker.outbox.sent.clear()
        return sent

    def pass_by(self) -> None:
        """A whole night."""
        for message in self.begin():
            while run_job(message, self.ports).again_in == 0:
                pass

    def rates(self, **query: str) -> dict[str, Any]:
        answer = self.world.client.as_("a", "admin").get(PATH, **query)
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def jobs(self) -> list[AiJob]:
        return self.world.services.ai_jobs.list_nights()


@pytest.fixture
def world(dynamodb: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, flips.router)


def rate_of(items: Sequence[dict[str, Any]]) -> float:
    return float(sum(each["flipped"] for each in items) / sum(each["turning"] for each in items))


def test_a_careful_reader_follows_each_change_and_a_repeating_one_is_found_out(world: AiWorld) -> None:
    night = Night(world)
    night.pass_by()
    items = night.rates()["items"]
    assert {each["platform_id"] for each in items} == {"careful"}
    assert rate_of(items) >= WANTED
    assert all(each["kept"] == each["keeping"] for each in items)
    assert night.desk.looks == {"never"}

    night.desk = ReadingDesk(night.worker, "repeating")
    night.worker.now += DAY_S
    night.pass_by()

    shown = night.rates()
    told = [each for each in shown["items"] if each["platform_id"] == "repeating"]
    assert rate_of(told) < 0.5
    assert (shown["nights"], shown["wanted"], shown["nightly_flips"]) == (2, WANTED, BUDGET)
    assert night.heard.told["careful"] == {1.0}
    assert min(night.heard.told["repeating"]) < WANTED


def test_a_night_asks_no_more_than_its_budget_and_goes_round_the_nodes(world: AiWorld) -> None:
    night = Night(world, budget=QUESTIONS_A_FORM)
    night.pass_by()

    first = {job.node_id for job in night.jobs()}
    assert night.worker.asked <= QUESTIONS_A_FORM
    night.worker.now += DAY_S
    night.pass_by()
    assert {job.node_id for job in night.jobs()} - first


def test_a_night_that_is_begun_twice_asks_once(world: AiWorld) -> None:
    night = Night(world)
    night.pass_by()
    asked, jobs = night.worker.asked, night.jobs()

    night.pass_by()

    assert (night.worker.asked, night.jobs()) == (asked, jobs)


def test_what_a_night_was_about_is_not_kept(world: AiWorld) -> None:
    night = Night(world)
    night.pass_by()

    assert all(job.status is AiJobStatus.DONE and not job.seats() for job in night.jobs())
    kept = str(world.stores.items("JobTable"))
    assert UID not in kept
    assert {entry.requested_by for entry in night.worker.audit.entries} == {"flips"}
    assert {entry.uid for entry in night.worker.audit.entries} == {NOBODY}


def test_a_night_outwaits_a_platform_that_is_down_for_longer_than_people_would(world: AiWorld) -> None:
    night = Night(world)
    message, begun = night.begin()[0], night.worker.now
    night.worker.error = TransientError("HTTP 503")

    night.worker.now = begun + GIVE_UP_AFTER_S + 1
    assert run_job(message, night.ports).again_in == NIGHT_RETRY_S
    night.worker.now = begun + NIGHT_GIVE_UP_AFTER_S + 1
    run_job(message, night.ports)

    assert [job.status for job in night.jobs() if job.id == message.job_id] == [AiJobStatus.FAILED]


def test_a_night_that_fails_keeps_what_it_found_and_forgets_what_it_was_about(world: AiWorld) -> None:
    night = Night(world)
    message = night.begin()[0]
    run_job(message, night.ports)
    night.worker.error = PermanentError("HTTP 400")
    run_job(message, night.ports)

    (job,) = [each for each in night.jobs() if each.id == message.job_id]
    assert (job.status, job.reason, len(job.flips), job.seats()) == (AiJobStatus.FAILED, "HTTP 400", 1, [])


@pytest.mark.parametrize("settings", [AiSettings(nightly_flips=9), replace(SETTINGS, nightly_flips=0)])
def test_nothing_is_asked_where_it_is_switched_off(world: AiWorld, settings: AiSettings) -> None:
    night = Night(world)
    night.settings = settings

    assert night.begin() == []


def test_the_caps_of_a_day_hold_at_night(world: AiWorld) -> None:
    night = Night(world)
    night.settings = replace(night.settings, daily_node=2)
    night.pass_by()

    assert {len(job.flips) for job in night.jobs()} == {2}
    assert all("已达上限" in job.reason for job in night.jobs())


def test_rates_are_shown_of_a_node_by_one_query(world: AiWorld) -> None:
    night = Night(world)
    night.pass_by()
    night.rates()
    world.stores.client.taken()

    shown = night.rates(app_id=APP, node_id="n0")

    assert {each["node_id"] for each in shown["items"]} == {"n0"}
    assert world.stores.client.taken() == {"query": 1, "update_item": 1}  # the limit of a minute
    assert world.client.as_("a", "admin").get(PATH, node_id="n0").status == 422
    assert world.me.get(PATH).status == 403
