"""The dashboard: what calls first, then numbers, then lines, then what was logged; and its picture in the handbook."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.dashboard import PICTURE, draw, read_dashboard
from tests.template.reader import Template
from tests.template.test_template_alarms import METRICS
from tests.template.test_template_queues import dead_letter_queues, failure_destinations
from tests.unit.test_docs import anchors

ORDER = ("alarm", "text", "singleValue", "line", "log")


def read(template: Template, namespace: str = "MetricsNamespace") -> dict[str, Any]:
    """The definition, with what `${...}` names in place of its value."""
    body = template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    named = body.replace("${MetricsNamespace}", namespace)
    dashboard: dict[str, Any] = json.loads(re.sub(r"\$\{([^}]+)\}", r"\1", named))
    return dashboard


def rows_of(template: Template, namespace: str = "MetricsNamespace") -> list[list[Any]]:
    widgets = read(template, namespace)["widgets"]
    return [row for widget in widgets for row in widget["properties"].get("metrics", [])]


def metrics_of(template: Template) -> list[list[Any]]:
    return [row for row in rows_of(template) if isinstance(row[0], str)]


def test_alarms_stand_on_top_then_numbers_then_lines_then_what_was_logged(template: Template) -> None:
    widgets = sorted(read(template)["widgets"], key=lambda each: (each["y"], each["x"]))
    kinds = [each["properties"].get("view", "line") if each["type"] == "metric" else each["type"] for each in widgets]
    assert kinds == sorted(kinds, key=ORDER.index)
    assert set(kinds) == set(ORDER)


def test_nothing_stands_upon_another(template: Template) -> None:
    taken: set[tuple[int, int]] = set()
    for each in read(template)["widgets"]:
        cells = {
            (each["x"] + column, each["y"] + row) for column in range(each["width"]) for row in range(each["height"])
        }
        assert not cells & taken, each["properties"].get("title")
        assert max(column for column, _ in cells) < 24
        taken |= cells


def test_every_alarm_that_calls_is_on_top(template: Template) -> None:
    alarms = template.of_type("AWS::CloudWatch::Alarm") | template.of_type("AWS::CloudWatch::CompositeAlarm")
    calling = {name for name, alarm in alarms.items() if "AlarmActions" in alarm}
    (top,) = [each for each in read(template)["widgets"] if each["type"] == "alarm"]
    shown = {each.partition(":alarm:")[2].removeprefix("AWS::StackName-") for each in top["properties"]["alarms"]}
    assert shown <= calling
    # Those of single functions near their limit say no more than the lines below.
    assert {name for name in calling - shown if not name.endswith("SlowAlarm")} == set()


def test_the_links_lead_to_sections_of_the_handbook(template: Template) -> None:
    (text,) = [each for each in read(template)["widgets"] if each["type"] == "text"]
    linked = re.findall(r"\(HandbookUrl#([\w-]+)\)", text["properties"]["markdown"])
    assert linked
    assert set(linked) <= anchors(PICTURE.parent / "operations.md")


def test_period_and_platform_can_be_chosen(template: Template) -> None:
    period, platform = read(template)["variables"]
    lines = [each["properties"] for each in read(template)["widgets"] if each["type"] == "metric"]
    assert all(str(each["period"]) == period["defaultValue"] for each in lines)
    assert platform["property"] == "platform"
    assert any("platform" in row for row in metrics_of(template))


def test_it_only_shows_metrics_that_the_functions_write(template: Template) -> None:
    for namespace, metric, *rest in metrics_of(template):
        if namespace == "MetricsNamespace":
            assert rest[0] == "service"
            assert metric in METRICS[rest[1]]


def test_it_shows_every_metric_and_every_queue_where_failures_end(template: Template) -> None:
    shown = metrics_of(template)
    assert {row[1] for row in shown} >= set().union(*METRICS.values())
    queues = {row[3] for row in shown if row[0] == "AWS/SQS"}
    assert {
        f"{logical_id}.QueueName" for logical_id in dead_letter_queues(template) | failure_destinations(template)
    } <= queues


# In a SEARCH, a name of anything but letters and digits has to be quoted; others may be.
SEARCHED = re.compile(
    r"SEARCH\('\{(\"[^\"]+\"|[A-Za-z0-9/]+)(,[A-Za-z0-9]+)*\} MetricName=[A-Za-z0-9]+( AWS::StackName)?', '\w+', \d+\)"
)


@pytest.mark.parametrize("namespace", ["taskbridge", "taskbridge-staging", "campus_2"])
def test_it_can_search_every_namespace_that_is_accepted(template: Template, namespace: str) -> None:
    assert re.fullmatch(template.parameters["MetricsNamespace"]["AllowedPattern"], namespace)
    rows = rows_of(template, namespace)
    searches = [row[0]["expression"] for row in rows if isinstance(row[0], dict) and "SEARCH" in row[0]["expression"]]

    assert any(namespace in search for search in searches)
    for search in searches:
        assert SEARCHED.fullmatch(search), search


def test_the_picture_of_the_handbook_is_of_this_definition() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(read_dashboard()), "make dashboard"
