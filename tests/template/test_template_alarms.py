"""Alarms and dashboard: what needs a person is seen, and every metric that is watched is one that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.template.reader import Properties, Template
from tests.template.test_template_queues import dead_letter_queues, failure_destinations

# What the emulator's CloudFormation does not know, beside alarms over metric math.
REFUSED = frozenset(
    {
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::ApplicationSignals::ServiceLevelObjective",
        "AWS::Logs::QueryDefinition",
    }
)
# The metrics of this project by the service that writes them.
METRICS = {
    "push_task": {
        "TaskPushed",
        "TaskFailed",
        "PushRetried",
        "PushLatency",
        "TimeToPush",
        "EventSuperseded",
        "EventSkipped",
        "TokenRefreshed",
        "SetAside",
    },
    "event_router": {"EventSkipped", "EventLeftOut", "EventRejected"},
    "ai_track": {"EventTracked", "EventSuperseded", "AnalysisRequested", "OpenedBeforeDone", "SetAside"},
    "ai_analyze": {
        "AnalysisFinished",
        "DoneBeforeOpened",
        "OpenedBeforeDone",
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
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 1
    }
    assert dead_letter_queues(template) | failure_destinations(template) == watched


def test_every_consumed_queue_has_an_alarm_on_the_age_of_its_oldest_message(template: Template) -> None:
    consumed = {
        logical_id for logical_id, queue in template.of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in queue
    }
    aged = [alarm for alarm in alarms(template) if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage"]
    assert {queue_of(alarm) for alarm in aged} == consumed


def test_every_function_has_alarms_on_the_rate_of_its_errors_and_on_throttles(template: Template) -> None:
    functions = {f"{name}Function" for name in ("EventRouter", "PushTask", "AiTrack", "AiAnalyze", "AdminApi")}
    assert functions < functions_of(template)
    for metric in ("Errors", "Throttles"):
        watched = {
            each["Dimensions"][0]["Value"]["Ref"]
            for alarm in alarms(template)
            for each in watched_by(alarm)
            if each.get("MetricName") == metric
        }
        assert watched == functions_of(template)


def test_runs_near_the_time_limit_have_an_alarm_but_of_the_reconciler(template: Template) -> None:
    limits = {"EventRouter": 30, "AiTrack": 30, "AdminApi": 29, "Console": 5}
    slow = {name: template.of_type("AWS::CloudWatch::Alarm")[f"{name}SlowAlarm"] for name in limits}
    assert {name: alarm["Threshold"] for name, alarm in slow.items()} == {
        name: 800 * seconds for name, seconds in limits.items()
    }
    resources = template.body["Resources"]
    assert limits == {name: resources[f"{name}Function"]["Properties"]["Timeout"] for name in limits}
    for work, seconds in (("Push", 30), ("Analysis", 900)):
        (share, _) = template.of_type("AWS::CloudWatch::Alarm")[f"{work}SlowAlarm"]["Metrics"]
        assert share["Expression"] == f"duration / (10 * {seconds})"


def test_one_outage_is_one_call(template: Template) -> None:
    composites = template.of_type("AWS::CloudWatch::CompositeAlarm")
    made_of = {name: set(re.findall(r"\$\{(\w+)\}", each["AlarmRule"]["Fn::Sub"])) for name, each in composites.items()}
    told = {name for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items() if "AlarmActions" in alarm}

    assert set().union(*made_of.values()) == set(template.of_type("AWS::CloudWatch::Alarm")) - told
    assert composites["PushTroubleAlarm"]["ActionsSuppressor"] == {"Fn::GetAtt": ["BreakerOpenAlarm", "Arn"]}
    assert "BreakerOpenAlarm" in told


def test_what_the_emulator_refuses_is_for_the_cloud_alone(template: Template) -> None:
    conditions = template.body["Conditions"]
    assert conditions["InCloud"] == {"Fn::Equals": [{"Ref": "Place"}, "Cloud"]}
    assert {"Condition": "InCloud"} in conditions["HasObjectives"]["Fn::And"]
    for name, resource in template.body["Resources"].items():
        math = "Metrics" in resource.get("Properties", {})
        if math or resource["Type"] in REFUSED:
            assert resource.get("Condition") in ("InCloud", "HasObjectives"), name


def test_objectives_are_over_metrics_that_are_written_and_tell_how_fast_they_burn(template: Template) -> None:
    objectives = template.of_type("AWS::ApplicationSignals::ServiceLevelObjective")
    goals = {name: each["Goal"]["AttainmentGoal"] for name, each in objectives.items()}
    assert goals == {
        "PushesSucceedObjective": 99.9,
        "PushesInTimeObjective": 99,
        "ApiAnswersObjective": 99.9,
        "AnalysesInTimeObjective": 95,
    }
    for name, objective in objectives.items():
        for metric in metrics_in(objective["RequestBasedSli"]):
            service = metric["Dimensions"][0]["Value"]
            assert metric["Namespace"] == "AWS/ApiGateway" or metric["MetricName"] in METRICS[service]
        burn = template.of_type("AWS::CloudWatch::Alarm")[name.replace("Objective", "BurnAlarm")]
        assert {"Name": "SloName", "Value": objective["Name"]} in burn["Dimensions"]
        assert {"LookBackWindowMinutes": 60} in objective["BurnRateConfigurations"]


def test_failed_tasks_open_breakers_and_a_silent_clock_have_alarms(template: Template) -> None:
    assert {"TaskFailed", "BreakerOpen", "Invocations"} <= {alarm.get("MetricName") for alarm in alarms(template)}


def test_a_wave_of_events_that_go_nowhere_calls(template: Template) -> None:
    waves = {each["MetricName"]: each for each in alarms(template) if each.get("MetricName", "").startswith("Event")}
    assert set(waves) == {"EventLeftOut", "EventRejected"}
    assert all("AlarmActions" in each for each in waves.values())


def test_every_table_has_alarms_on_what_it_refuses_and_where_it_fails_and_on_no_other_table(
    template: Template,
) -> None:
    asked = [each["Metrics"][0]["Expression"] for each in alarms(template) if "Metrics" in each]
    parts = [each["Fn::Join"][1] for each in asked if "Fn::Join" in each]
    assert sorted((query, table["Ref"]) for query, table, _ in parts) == sorted(
        (f'SELECT SUM({trouble}) FROM SCHEMA("AWS/DynamoDB", TableName, Operation) WHERE TableName = \'', table)
        for table in template.of_type("AWS::DynamoDB::Table")
        for trouble in ("ThrottledRequests", "SystemErrors")
    )


def test_failed_analyses_and_an_exhausted_quota_have_alarms(template: Template) -> None:
    assert {"AnalysisFailed", "AiQuotaExhausted"} <= {alarm.get("MetricName") for alarm in alarms(template)}


def test_an_api_that_answers_with_errors_or_late_has_alarms(template: Template) -> None:
    watched = {alarm["MetricName"] for alarm in alarms(template) if alarm.get("Namespace") == "AWS/ApiGateway"}
    assert watched == {"5xx", "Latency"}


def test_missing_data_is_no_alarm_but_for_the_clock(template: Template) -> None:
    for alarm in alarms(template):
        expected = "breaching" if alarm.get("MetricName") == "Invocations" else "notBreaching"
        assert alarm["TreatMissingData"] == expected, alarm["AlarmDescription"]


def test_who_tells_tells_the_topic_if_there_is_one(template: Template) -> None:
    told = {"Fn::If": ["NotifyAlarms", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for alarm in [*alarms(template), *template.of_type("AWS::CloudWatch::CompositeAlarm").values()]:
        if "AlarmActions" in alarm:
            assert alarm["AlarmActions"] == told
            assert alarm["OKActions"] == told


def test_every_alarm_is_named_as_the_handbook_names_it(template: Template) -> None:
    for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for name, alarm in template.of_type(kind).items():
            assert alarm["AlarmName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}


def test_alarms_only_watch_metrics_that_the_functions_write(template: Template) -> None:
    for alarm in alarms(template):
        if alarm.get("Namespace") == {"Ref": "MetricsNamespace"}:
            (dimension,) = alarm["Dimensions"]
            assert dimension["Name"] == "service"
            assert alarm["MetricName"] in METRICS[dimension["Value"]]


def alarms(template: Template) -> list[Properties]:
    return list(template.of_type("AWS::CloudWatch::Alarm").values())


def functions_of(template: Template) -> set[str]:
    return set(template.of_type("AWS::Serverless::Function") | template.of_type("AWS::Lambda::Function"))


def watched_by(alarm: Properties) -> list[Properties]:
    """The metrics that an alarm is about, its own or those of its expressions."""
    return [alarm] if "MetricName" in alarm else list(metrics_in(alarm.get("Metrics", [])))


def metrics_in(part: Any) -> Iterator[Properties]:
    """Every metric that stands in a part of the template."""
    if isinstance(part, dict):
        if "Metric" in part:
            yield part["Metric"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from metrics_in(each)


def queue_of(alarm: Properties) -> str:
    """Logical id of the queue that an alarm watches."""
    (dimension,) = alarm["Dimensions"]
    return str(dimension["Value"]["Fn::GetAtt"][0])
