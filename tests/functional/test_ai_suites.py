"""The suites of the AI stores, against the fakes that other tests trust, and against the tables on two emulators."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.ai_stores import MemoryStores, TableStores
from tests.functional.ai_suites.analyses import AnalysisBehaviour
from tests.functional.ai_suites.projections import ProjectionBehaviour
from tests.functional.ai_suites.rules import RuleBehaviour
from tests.functional.ai_suites.stores import AnswerBehaviour, FormBehaviour, ProcessBehaviour, UploadBehaviour

Stores = MemoryStores | TableStores


@pytest.fixture(params=["memory", "moto", "ministack"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Every implementation in turn."""
    if request.param == "memory":
        return MemoryStores()
    names = ("moto", "moto_tables") if request.param == "moto" else ("dynamodb", "tables")
    client, tables = map(request.getfixturevalue, names)
    return TableStores(client, tables)


class TestProcesses(ProcessBehaviour):
    @pytest.fixture
    def processes(self, stores: Stores) -> Any:
        return stores.processes


class TestForms(FormBehaviour):
    @pytest.fixture
    def forms(self, stores: Stores) -> Any:
        return stores.forms


class TestProjections(ProjectionBehaviour):
    @pytest.fixture
    def tasks(self, stores: Stores) -> Any:
        return stores.tasks

    @pytest.fixture
    def people(self, stores: Stores) -> Any:
        return stores.people


class TestAnalyses(AnalysisBehaviour):
    @pytest.fixture
    def tasks(self, stores: Stores) -> Any:
        return stores.tasks


class TestAnswers(AnswerBehaviour):
    @pytest.fixture
    def answers(self, stores: Stores) -> Any:
        return stores.answers


class TestUploads(UploadBehaviour):
    @pytest.fixture
    def uploads(self, stores: Stores) -> Any:
        return stores.uploads


class TestRules(RuleBehaviour):
    @pytest.fixture
    def rules(self, stores: Stores) -> Any:
        return stores.rules
