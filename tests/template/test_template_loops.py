"""Messages that lead back to the function that sent them: Lambda stops a chain of sixteen, so each has its bound."""

from __future__ import annotations

from tests.template.reader import Template, as_list

# Why a function may lead to itself and end, by docs/decisions/0037-a-job-keeps-its-message.md.
BOUNDED_BY_PEOPLE = {"AiAnalyzeFunction"}  # a link for each change of a rule; Lambda's own guard stays on
BOUNDED_BY_A_COUNT = {"AiTrackFunction"}  # messages count their links; Lambda's guard is off


def test_every_function_that_can_lead_to_itself_has_its_bound(template: Template) -> None:
    looping = {name for name in receivers(template) if name in reachable(template, name)}

    assert looping == BOUNDED_BY_PEOPLE | BOUNDED_BY_A_COUNT


def test_the_guard_of_lambda_is_off_only_where_the_messages_themselves_count(template: Template) -> None:
    functions = template.of_type("AWS::Serverless::Function")
    allowed = {name for name, function in functions.items() if function.get("RecursiveLoop") == "Allow"}

    assert allowed == BOUNDED_BY_A_COUNT


def receivers(template: Template) -> dict[str, set[str]]:
    """The queues that each function is fed by, by logical ids."""
    functions = template.of_type("AWS::Serverless::Function")
    return {
        name: {
            event["Properties"]["Queue"]["Fn::GetAtt"][0]
            for event in function.get("Events", {}).values()
            if event["Type"] == "SQS"
        }
        for name, function in functions.items()
    }


def reachable(template: Template, start: str) -> set[str]:
    """The functions that messages of a function can lead to, over any number of others."""
    fed = receivers(template)
    found: set[str] = set()
    ahead = [start]
    while ahead:
        sent = senders(template, ahead.pop())
        ahead += [name for name, queues in fed.items() if queues & sent and name not in found]
        found |= {name for name, queues in fed.items() if queues & sent}
    return found


def senders(template: Template, function: str) -> set[str]:
    """The queues that a function may send to."""
    role = template.of_type("AWS::Serverless::Function")[function]["Role"]["Fn::GetAtt"][0]
    return {
        resource["Fn::GetAtt"][0]
        for owner, statement in template.allowed()
        if owner == role and "sqs:SendMessage" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
