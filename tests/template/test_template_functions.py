"""Functions: each can be read, timed, and traced, and gets the environment that its code reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.app import RUN_S, TIME_TO_END_S
from reconciler.feeding import LAST_S, NEXT_RUN_S
from tests.template.reader import ROOT, Template, as_list

# Every function gets all of them: a name is no permission to use what has it.
ENVIRONMENT = frozenset(
    {
        "ENVIRONMENT",
        "TABLE_PREFIX",
        "INGEST_QUEUE_URL",
        "INGEST_DEAD_LETTER_QUEUE_URL",
        "RULE_DEAD_LETTER_QUEUE_URL",
        "PUSH_QUEUE_URL",
        "PUSH_DEAD_LETTER_QUEUE_URL",
        "AI_QUEUE_URL",
        "AI_DEAD_LETTER_QUEUE_URL",
        "ANALYSIS_QUEUE_URL",
        "ANALYSIS_DEAD_LETTER_QUEUE_URL",
        "INVOCATION_DEAD_LETTER_QUEUE_URL",
        "ATTACHMENT_HOSTS",
        "PLATFORM_HOSTS",
        "GROUPS_CLAIM",
        "OWN_USER_POOL",
        "PARAMETER_PREFIX",
        "TOKEN_STORE",
        "VALKEY_URL",
        "EVENT_LOG_TTL_DAYS",
        "INSTANCE_RETENTION_DAYS",
        "PUSH_TIMEOUT_SECONDS",
        "PUSH_CONCURRENCY",
        "ANALYSIS_TIMEOUT_SECONDS",
        "KEEP_AUDIT_TEXTS",
        "POWERTOOLS_SERVICE_NAME",
        "POWERTOOLS_METRICS_NAMESPACE",
        "POWERTOOLS_LOG_LEVEL",
    }
)
# What stands in Globals holds for all but the console's, which has neither layer nor table nor queue.
CONSOLE = "ConsoleFunction"
CONSOLE_ENVIRONMENT = frozenset(
    {
        "JWT_ISSUER",
        "SIGN_IN_URL",
        "CLIENT_ID",
        "CONSOLE_SCOPES",
        "CONSOLE_TIME_ZONE",
        "GROUPS_CLAIM",
        "EMBEDDING_ORIGINS",
    }
)
SET_BY_LAMBDA = ("AWS_", "LAMBDA_", "_HANDLER", "_X_AMZN_TRACE_ID", "LD_LIBRARY_PATH")


def test_every_function_has_a_log_group_with_retention(template: Template) -> None:
    groups = template.of_type("AWS::Logs::LogGroup")
    for logical_id, function in template.of_type("AWS::Serverless::Function").items():
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert template.default(group["RetentionInDays"]) > 0, logical_id
        assert group["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"


def test_every_function_writes_json_and_traces(translated: Template) -> None:
    for logical_id, function in translated.of_type("AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogFormat"] == "JSON", logical_id
        assert translated.default(function["TracingConfig"]["Mode"]) == "Active", logical_id


def test_a_failed_asynchronous_invocation_of_any_function_is_kept(translated: Template) -> None:
    configs = translated.of_type("AWS::Lambda::EventInvokeConfig").values()
    covered = {config["FunctionName"]["Ref"] for config in configs}
    assert covered == set(translated.of_type("AWS::Lambda::Function")) - {CONSOLE}  # which only the gateway calls
    for config in configs:
        destination = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert destination == {"Fn::GetAtt": ["InvocationDeadLetterQueue", "Arn"]}
        assert config["MaximumRetryAttempts"] == 2


def test_functions_run_on_arm_with_the_python_that_the_bundles_are_built_for(translated: Template) -> None:
    for logical_id, function in translated.of_type("AWS::Lambda::Function").items():
        assert function["Runtime"] == "python3.13", logical_id
        assert function["Architectures"] == ["arm64"], logical_id
        assert 256 <= function["MemorySize"] <= 2048, logical_id


def test_the_reconciler_runs_every_minute_and_ends_before_the_next_minute(template: Template) -> None:
    reconciler = template.of_type("AWS::Serverless::Function")["ReconcilerFunction"]
    assert reconciler["Events"]["EveryMinute"]["Properties"]["Schedule"] == "rate(1 minute)"
    assert template.default(reconciler["Timeout"]) < 60


def test_every_run_lasts_until_shortly_before_the_next(template: Template) -> None:
    """The line of a platform is booked for ten seconds at least when a run ends: see reconciler.feeding."""
    function = template.of_type("AWS::Serverless::Function")["ReconcilerFunction"]
    shortest_s = min(RUN_S, function["Timeout"] - TIME_TO_END_S)
    assert shortest_s - LAST_S + 11 >= NEXT_RUN_S
    assert RUN_S < NEXT_RUN_S


def test_every_function_gets_the_whole_environment(translated: Template) -> None:
    for logical_id, function in translated.of_type("AWS::Lambda::Function").items():
        wanted = CONSOLE_ENVIRONMENT if logical_id == CONSOLE else ENVIRONMENT
        assert set(function["Environment"]["Variables"]) == wanted, logical_id


def test_every_variable_that_the_code_reads_is_given() -> None:
    reads = list(environment_reads())
    assert reads
    for file, name in reads:
        given = CONSOLE_ENVIRONMENT if file.relative_to(ROOT).parts[1] == "console" else ENVIRONMENT
        assert name in given or name.startswith(SET_BY_LAMBDA), f"{file.relative_to(ROOT)} reads {name}"


def test_the_service_name_in_metrics_is_the_name_of_the_folder(translated: Template) -> None:
    for logical_id, function in translated.of_type("AWS::Lambda::Function").items():
        folder = function["Handler"].split(".")[0]
        assert logical_id == CONSOLE or function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == folder


@pytest.mark.parametrize("kind", ["AWS::ElastiCache::ServerlessCache", "AWS::EC2::SecurityGroup"])
def test_nothing_of_the_token_cache_exists_with_tokens_in_parameter_store(template: Template, kind: str) -> None:
    for logical_id in template.of_type(kind):
        assert template.body["Resources"][logical_id]["Condition"] == "UseValkey"


def test_only_functions_reach_the_token_cache_and_only_its_port(template: Template) -> None:
    groups = template.of_type("AWS::EC2::SecurityGroup")
    (rule,) = groups["CacheSecurityGroup"]["SecurityGroupIngress"]
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["FunctionSecurityGroup", "GroupId"]}
    assert (rule["FromPort"], rule["ToPort"]) == (6379, 6379)
    assert "SecurityGroupIngress" not in groups["FunctionSecurityGroup"]


def test_a_function_in_a_vpc_may_manage_network_interfaces(template: Template) -> None:
    allowed = {
        logical_id
        for logical_id, statement in template.allowed()
        if "ec2:CreateNetworkInterface" in as_list(statement["Action"])
    }
    for function in template.of_type("AWS::Serverless::Function").values():
        assert ("VpcConfig" in function) == (function["Role"]["Fn::GetAtt"][0] in allowed)


def environment_reads() -> Iterator[tuple[Path, str]]:
    """Every constant name that the code of functions and layer looks up in an environment."""
    for folder in (ROOT / "functions", ROOT / "layers" / "common"):
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                name = _name_read_by(node)
                if name:
                    yield file, name


def _name_read_by(node: ast.AST) -> str | None:
    """X in environ["X"], environ.get("X"), getenv("X") and setting("X"), whatever the mapping is imported as."""
    match node:
        case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name))) if _is_environment(mapping):
            return name
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if _reads_environment(function):
            return name
    return None


def _reads_environment(function: ast.expr) -> bool:
    match function:
        case ast.Name(id="getenv" | "setting") | ast.Attribute(attr="getenv" | "setting"):
            return True
        case ast.Attribute(value=mapping, attr="get"):
            return _is_environment(mapping)
    return False


def _is_environment(node: ast.expr) -> bool:
    names = {"environ", "environment", "env"}
    return (isinstance(node, ast.Name) and node.id in names) or (isinstance(node, ast.Attribute) and node.attr in names)
