"""Queues: nothing that was accepted can get lost, and nothing is done twice because a timeout is too short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.deployment import choose_parameters
from local.settings import read_settings
from tests.template.reader import Template, arn_of, as_list, load_template

FOURTEEN_DAYS = 14 * 24 * 3600
AWS_VISIBILITY_FACTOR = 6
# Who holds an analysis is up to its lease; a longer one would only keep people waiting after a crash.
ANALYSIS_VISIBILITY_FACTOR = 3


def test_every_queue_has_a_dead_letter_queue_or_is_where_failures_end(template: Template) -> None:
    last_stops = dead_letter_queues(template) | failure_destinations(template)
    for logical_id, queue in template.of_type("AWS::SQS::Queue").items():
        assert "RedrivePolicy" in queue or logical_id in last_stops, logical_id


def test_a_fifo_queue_has_a_fifo_dead_letter_queue(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    for queue in queues.values():
        if "RedrivePolicy" in queue:
            target = queues[arn_of(queue["RedrivePolicy"]["deadLetterTargetArn"])]
            assert target.get("FifoQueue", False) == queue.get("FifoQueue", False)


def test_every_queue_is_encrypted(template: Template) -> None:
    for logical_id, queue in template.of_type("AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["OwnKey", False, True]}, logical_id
        assert queue["KmsMasterKeyId"]["Fn::If"][:2] == ["OwnKey", {"Ref": "KmsKeyArn"}], logical_id


def test_every_queue_keeps_messages_as_long_as_sqs_can(template: Template) -> None:
    for logical_id, queue in template.of_type("AWS::SQS::Queue").items():
        assert queue["MessageRetentionPeriod"] == FOURTEEN_DAYS, logical_id


def test_fifo_queues_are_of_high_throughput(template: Template) -> None:
    for logical_id, queue in template.of_type("AWS::SQS::Queue").items():
        fifo = queue.get("FifoQueue", False)
        assert queue["QueueName"]["Fn::Sub"].endswith(".fifo") is fifo, logical_id
        if fifo:
            assert queue["DeduplicationScope"] == "messageGroup", logical_id
            assert queue["FifoThroughputLimit"] == "perMessageGroupId", logical_id


def test_a_message_is_hidden_six_times_as_long_as_its_function_may_run(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    for function, source in event_sources(template):
        queue = arn_of(source["Queue"])
        factor = ANALYSIS_VISIBILITY_FACTOR if queue == "AnalysisQueue" else AWS_VISIBILITY_FACTOR
        assert template.default(queues[queue]["VisibilityTimeout"]) >= factor * template.default(function["Timeout"])


def test_on_one_machine_a_message_is_hidden_for_longer_than_its_function_may_run() -> None:
    parameters = choose_parameters(read_settings({}), "")
    template = load_template(**parameters)
    queues = template.of_type("AWS::SQS::Queue")
    for function, source in event_sources(template):
        seconds = [
            int(parameters[each["Ref"]] if isinstance(each, dict) else each)
            for each in (function["Timeout"], queues[arn_of(source["Queue"])]["VisibilityTimeout"])
        ]
        assert seconds[0] < seconds[1], function["CodeUri"]


def test_every_consumer_takes_batches_and_reports_failures_one_by_one(template: Template) -> None:
    sources = list(event_sources(template))
    assert sources
    for _, source in sources:
        assert source["BatchSize"] == (5 if arn_of(source["Queue"]) == "AnalysisQueue" else 10)
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert template.default(source["ScalingConfig"]["MaximumConcurrency"]) >= 2


def test_a_change_of_state_and_an_analysis_never_share_a_queue_or_a_function(template: Template) -> None:
    consumers = {arn_of(source["Queue"]): function["CodeUri"] for function, source in event_sources(template)}
    assert consumers["AiQueue"] == "functions/ai_track"
    assert consumers["AnalysisQueue"] == "functions/ai_analyze"


def test_the_rule_retries_for_a_day_and_then_keeps_the_event(template: Template) -> None:
    for rule in template.of_type("AWS::Events::Rule").values():
        for target in rule["Targets"]:
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
            assert arn_of(target["DeadLetterConfig"]["Arn"]) == "RuleDeadLetterQueue"


def test_only_the_rule_may_send_to_its_queues(template: Template) -> None:
    for policy in template.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Effect") != "Allow":
                continue
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["TriggerRule", "Arn"]}}}


def test_in_the_cloud_no_queue_takes_a_message_without_tls(template: Template) -> None:
    guarded: list[str] = []
    for logical_id, statement in template.statements():
        if statement["Sid"] != "HttpsOnly":
            continue
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        guarded += [arn_of(arn) for arn in as_list(statement["Resource"])]
        policy = template.body["Resources"][logical_id]
        assert {each["Ref"] for each in policy["Properties"]["Queues"]} == set(
            guarded[-len(as_list(statement["Resource"])) :]
        )
        assert policy.get("Condition") == (None if logical_id == "TriggerRuleQueuePolicy" else "InCloud")
    assert sorted(guarded) == sorted(template.of_type("AWS::SQS::Queue"))


def test_the_archive_keeps_exactly_what_the_rule_takes(template: Template) -> None:
    # given
    rule = template.of_type("AWS::Events::Rule")["TriggerRule"]
    archive = template.of_type("AWS::Events::Archive")["EventArchive"]

    # then: a replay brings every event back, and nothing else
    assert archive["EventPattern"] == rule["EventPattern"]
    assert template.body["Resources"]["EventArchive"]["Condition"] == "KeepArchive"


def dead_letter_queues(template: Template) -> set[str]:
    """Logical ids of queues that another queue, or a rule, gives up to."""
    redriven = {
        arn_of(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in template.of_type("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    targets = [target for rule in template.of_type("AWS::Events::Rule").values() for target in rule["Targets"]]
    return redriven | {arn_of(target["DeadLetterConfig"]["Arn"]) for target in targets}


def failure_destinations(template: Template) -> set[str]:
    """Logical ids of queues that failed asynchronous invocations go to."""
    return {arn_of(template.globals["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])}


def event_sources(template: Template) -> Iterator[tuple[Any, Any]]:
    """Each function that a queue invokes, with the event source."""
    for function in template.of_type("AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                yield function, event["Properties"]
