"""The counts of today's questions: by person, by node and of all, each its own, none lost."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.ai.caps import AskedToday
from taskbridge.ai.settings import AiSettings
from taskbridge.tables.ai_questions import QuestionTable
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import NOW
from tests.functional.aws import Tables

OPEN = AiSettings(daily_person=0, daily_node=0, daily_total=0)
DAY_S = 86_400.0


@pytest.fixture
def stores(moto: Any, moto_tables: Tables) -> TableStores:
    return TableStores(moto, moto_tables)


@pytest.fixture
def questions(stores: TableStores) -> QuestionTable:
    return QuestionTable(stores.client, stores.names.CoordinationTable)


def test_each_question_counts_for_its_person_its_node_and_all(questions: QuestionTable) -> None:
    for uid, node in (("u1", "n1"), ("u1", "n2"), ("u2", "n1")):
        assert questions.take(uid, "app", node, OPEN, NOW) == ""
    questions.spend(2, 0.25, NOW)

    assert questions.read("u1", "app", "n1", NOW) == AskedToday(2, 2, 5, 0.25)
    assert questions.read("u2", "app", "n2", NOW) == AskedToday(1, 1, 5, 0.25)
    assert questions.today(NOW) == AskedToday(total=5, cost=0.25)
    assert questions.read("u1", "app", "n1", NOW + DAY_S) == AskedToday()


@pytest.mark.parametrize(
    ("caps", "told"),
    [
        ({"daily_person": 2}, "个人每天 2 次"),
        ({"daily_node": 2}, "本节点每天 2 次"),
        ({"daily_total": 2}, "全部每天 2 次"),
    ],
)
def test_one_too_many_is_refused_and_not_counted(questions: QuestionTable, caps: dict[str, Any], told: str) -> None:
    settings = AiSettings(**caps)

    answers = [questions.take("u1", "app", "n1", settings, NOW) for _ in range(4)]

    assert answers[:2] == ["", ""]
    assert all(told in each for each in answers[2:])
    assert questions.read("u1", "app", "n1", NOW) == AskedToday(2, 2, 2)


def test_what_has_to_come_again_is_given_back_to_its_person_and_its_node(questions: QuestionTable) -> None:
    for _ in range(2):
        questions.take("u1", "app", "n1", OPEN, NOW)
    questions.give_back("u1", "app", "n1", NOW)
    questions.spend(-1, 0.0, NOW)

    assert questions.read("u1", "app", "n1", NOW) == AskedToday(1, 1, 1)


def test_a_cap_in_money_holds_from_the_question_on_that_reached_it(questions: QuestionTable) -> None:
    settings = AiSettings(daily_cost=1.0)

    assert questions.take("u1", "app", "n1", settings, NOW) == ""
    questions.spend(0, 1.0, NOW)

    assert "每天 1）" in questions.take("u2", "app", "n2", settings, NOW)


def test_a_question_costs_three_writes_and_one_more_where_it_cost_money(
    stores: TableStores, questions: QuestionTable
) -> None:
    questions.today(NOW)
    stores.client.taken()

    questions.take("u1", "app", "n1", OPEN, NOW)
    questions.spend(0, 0.0, NOW)
    assert stores.client.taken() == {"update_item": 3}
    questions.spend(1, 0.1, NOW)
    assert stores.client.taken() == {"update_item": 1}


def test_counts_go_by_themselves(stores: TableStores, questions: QuestionTable) -> None:
    questions.take("u1", "app", "n1", OPEN, NOW)

    assert {int(item["expires_at"]["N"]) for item in stores.items("CoordinationTable")} == {int(NOW + 2 * DAY_S)}
