"""Alarms and dashboard: what needs a person is seen, and every metric that is watched is one that is written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.template.reader import Properties, Template
from tests.template.test_template_queues import dead_letter_queues, failure_destinations

# The metrics of this project by the service that writes them.
METRICS = {
    "push_task": {
        "TaskPushed",
        "TaskFailed",
        "PushRetried",
        "PushLatency",
        "EventSuperseded",
        "EventSkipped",
        "TokenRefreshed",
        "SetAside",
    },
    "event_router": {"EventSkipped", "EventRejected"},
    "ai_track": {"EventTracked", "EventSuperseded", "AnalysisRequested", "SetAside"},
    "ai_analyze": {
        "AnalysisFinished",
        "AnalysisFailed",
        "AnalysisLate",
        "AnalysisWaiting",
        "AnswerReused",
        "FirstTokenLatency",
        "AnalysisLatency",
        "InputTokens",
        "OutputTokens",
        "AnalysisCost",
        "AiQuotaExhausted",
    },
    "reconciler": {"BreakerOpen", "StuckSettled", "StuckSearchBehind", "SetAside"},
}


def test_every_queue_where_failures_end_has_an_alarm(template: Template) -> None:
    watched = {
        queue_of(alarm)
        for alarm in alarms(template)
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 1
    }
    assert dead_letter_queues(template) | failure_destinations(template) == watched


def test_every_consumed_queue_has_an_alarm_on_the_age_of_its_oldest_message(template: Template) -> None:
    consumed = {
        logical_id for logical_id, queue in template.of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in queue
    }
    aged = [alarm for alarm in alarms(template) if alarm["MetricName"] == "ApproximateAgeOfOldestMessage"]
    assert {queue_of(alarm) for alarm in aged} == consumed


def test_every_function_has_an_alarm_on_its_errors(template: Template) -> None:
    failing = [alarm for alarm in alarms(template) if alarm["MetricName"] == "Errors"]
    watched = {alarm["Dimensions"][0]["Value"]["Ref"] for alarm in failing}
    functions = template.of_type("AWS::Serverless::Function") | template.of_type("AWS::Lambda::Function")
    assert watched == set(functions)


def test_failed_tasks_open_breakers_and_a_silent_clock_have_alarms(template: Template) -> None:
    assert {"TaskFailed", "BreakerOpen", "Invocations"} <= {alarm["MetricName"] for alarm in alarms(template)}


def test_failed_analyses_and_an_exhausted_quota_have_alarms(template: Template) -> None:
    assert {"AnalysisFailed", "AiQuotaExhausted"} <= {alarm["MetricName"] for alarm in alarms(template)}


def test_an_api_that_answers_with_errors_has_an_alarm(template: Template) -> None:
    assert "5xx" in {alarm["MetricName"] for alarm in alarms(template) if alarm["Namespace"] == "AWS/ApiGateway"}


def test_missing_data_is_no_alarm_but_for_the_clock(template: Template) -> None:
    for alarm in alarms(template):
        expected = "breaching" if alarm["MetricName"] == "Invocations" else "notBreaching"
        assert alarm["TreatMissingData"] == expected, alarm["AlarmDescription"]


def test_every_alarm_tells_the_topic_if_there_is_one(template: Template) -> None:
    told = {"Fn::If": ["NotifyAlarms", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for alarm in alarms(template):
        assert alarm["AlarmActions"] == told
        assert alarm["OKActions"] == told


def test_no_alarm_uses_metric_math(template: Template) -> None:
    # The emulator of the one-machine stack refuses it.
    assert all("Metrics" not in alarm for alarm in alarms(template))


def test_alarms_only_watch_metrics_that_the_functions_write(template: Template) -> None:
    for alarm in alarms(template):
        if alarm["Namespace"] == {"Ref": "MetricsNamespace"}:
            (dimension,) = alarm["Dimensions"]
            assert dimension["Name"] == "service"
            assert alarm["MetricName"] in METRICS[dimension["Value"]]


def test_the_dashboard_only_shows_metrics_that_the_functions_write(template: Template) -> None:
    for namespace, metric, *rest in dashboard_metrics(template):
        if namespace == "MetricsNamespace":
            assert rest[0] == "service"
            assert metric in METRICS[rest[1]]


def test_the_dashboard_shows_every_metric_and_every_queue_where_failures_end(template: Template) -> None:
    # given
    shown = dashboard_metrics(template)
    body = template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]

    # then: the breakers are found by a search, since platforms come and go
    assert {row[1] for row in shown} | {"BreakerOpen"} >= set().union(*METRICS.values())
    assert "MetricName=BreakerOpen" in body
    queues = {row[3] for row in shown if row[0] == "AWS/SQS"}
    assert {
        f"{logical_id}.QueueName" for logical_id in dead_letter_queues(template) | failure_destinations(template)
    } <= queues


# In a SEARCH, a name of anything but letters and digits has to be quoted; others may be.
SEARCHED = re.compile(r"SEARCH\('\{(\"[^\"]+\"|[A-Za-z0-9/]+)(,[A-Za-z0-9]+)*\} MetricName=[A-Za-z0-9]+', '\w+', \d+\)")


@pytest.mark.parametrize("namespace", ["taskbridge", "taskbridge-staging", "campus_2"])
def test_the_dashboard_can_search_every_namespace_that_is_accepted(template: Template, namespace: str) -> None:
    assert re.fullmatch(template.parameters["MetricsNamespace"]["AllowedPattern"], namespace)
    body = template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", lambda found: filled(found.group(), namespace), body))["widgets"]

    rows = [row for widget in widgets for row in widget["properties"]["metrics"]]
    searches = [row[0]["expression"] for row in rows if isinstance(row[0], dict) and "SEARCH" in row[0]["expression"]]

    assert searches
    for search in searches:
        assert namespace in search
        assert SEARCHED.fullmatch(search), search


def filled(reference: str, namespace: str) -> str:
    return namespace if reference == "${MetricsNamespace}" else "x"


def alarms(template: Template) -> list[Properties]:
    return list(template.of_type("AWS::CloudWatch::Alarm").values())


def queue_of(alarm: Properties) -> str:
    """Logical id of the queue that an alarm watches."""
    (dimension,) = alarm["Dimensions"]
    return str(dimension["Value"]["Fn::GetAtt"][0])


def dashboard_metrics(template: Template) -> list[list[Any]]:
    """Rows of metrics, expressions left out, with what `${...}` names in place of its value."""
    body = template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{([^}]+)\}", r"\1", body))["widgets"]
    rows = [row for widget in widgets for row in widget["properties"]["metrics"]]
    return [row for row in rows if isinstance(row[0], str)]
