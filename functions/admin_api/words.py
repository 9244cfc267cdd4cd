"""What the fields and parameters of the API mean, each said once: a name means the same wherever it stands. Pure.

A line is `name | meaning | example as JSON`; a name with its model (`Usage.cost`) goes before the name alone. Models
say in their own docstrings what is more than a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

_TABLE = """
abstained | decisions where the verdict was needs_human | 4
acknowledged | the newest call that the task center took, null where none is known |
action | what happened, as the event says | "task_received"
actions | which actions it takes, empty for all | ["task_received"]
Flow.actions | which actions | ["task_received"]
Change.after | what it became, secrets masked | {"enabled": true}
NodeAgreement.agreement | how often verdict and decision agreed there |
agreed | how many decisions agreed with the verdict | 41
ai_questions | what was asked of AI platforms today |
analysis_id | the analysis that asked | "a-9f3a07bc12de"
answer | what the model answered | "{\\"verdict\\": \\"approve\\"}"
Erased.answers | answers to this person's own rules | 2
app_id | id of an application of the process system; ids that are not plain as lists give them | "leave"
app_ids | which applications it takes, empty for all | ["leave"]
Flow.app_ids | of these applications alone; empty: of all, but `except_app_ids` | []
app_name | name of the application | "请假申请"
asked | how many questions were asked | 120
HistoryStep.asked | questions asked of AI platforms | 3
Change.at | when | "2026-11-22T01:30:00.000+00:00"
at | when, in UTC | "2026-11-22T01:30:00.000+00:00"
HistoryStep.at | when the step begins | "2026-11-22T01:30:00.000+00:00"
Acknowledged.at | when it was taken | "2026-11-22T01:30:00.000+00:00"
Hit.at | when it came in or was asked for, null where nothing tells | "2026-11-22T01:30:00.000+00:00"
attachment_hosts | hosts that attachments may be fetched from | ["files.school.edu.cn"]
attachments | files of the form |
LogEntry.attempts | how many calls were made | 1
EventTarget.attempts | how many calls were made | 1
attempts | the newest calls, the oldest of them first |
Erased.audit_entries | questions that lost person and text | 5
auto_analysis | whether tasks are analysed when they arrive | true
OwnRule.auto_analysis | 0 as the node's default says, 1 yes, 2 no | 0
OwnRuleWanted.auto_analysis | 0 or null as the node's default says, 1 or true yes, 2 or false no | 0
Change.before | what it was, secrets masked | {"enabled": false}
body | the event as it came | "{\\"id\\": \\"ev-1\\"}"
breaker | whether its pushes wait because it does not answer |
calls | the newest HTTP calls |
capabilities | what platforms of the class can do | ["insert_task"]
category | whether tasks are pushed to it, or questions asked of it | "task_center"
cause | a reason as causes tell it: ids, numbers and times are … | "no such user …"
PlatformTest.cause | where to look first | "ok"
Erasure.change_id | this call on the trail of changes, which does not name the person; empty: none | "9f3a07bc12de"
checks | exact clauses, computed over the form |
clash | what is wrong where several instances used the id, empty where none did | ""
class_name | the class of the platform | "JinZhiTaskCenter"
clause | a clause of the rule, in its words | "金额不超过 5000 元"
ClauseChange.state | whether its sentence stands in the newer version as before, on another page, or no longer | "gone"
DocumentReading.asked | portions that were asked about | 1
DocumentReading.clauses | clauses that are proposed: each sentence was found by code |
DocumentReading.dropped | clauses that are not proposed, with the reason |
DocumentReading.name | name of the file | "差旅费报销办法.pdf"
DocumentReading.pages | how many it has, 0 for a Word file | 2
DocumentReading.problem | what could not be read of it, empty where it is all there is | ""
DocumentWanted.name | name of the file | "差旅费报销办法.pdf"
DocumentWanted.content | its bytes, in base64 | "JVBERi0xLjcK"
DocumentWanted.of | whose rule it is read for | "me"
DocumentWanted.is_new_version | whether it is the next version of the rule's document | true
StaleRule.at | when the newer version was read | "2026-11-22T01:30:00.000+00:00"
StaleRule.name | name of its file | "差旅费报销办法（2027）.pdf"
RuleDocument.name | name of the file | "差旅费报销办法.pdf"
RuleDocument.clauses | clauses of the rule that were taken from it |
RuleDocument.sha256 | digest of the file | "ab12"
changes | clauses of the rule beside a newer version of its document |
Job.document | what was read of the document, null where there is none yet |
OwnRule.document | the policy document that the rule was taken from, null where it was not |
ListedRule.document | the policy document that the rule was taken from, null where it was not |
NodeDefault.document | the policy document that the rule was taken from, null where it was not |
OwnRuleWanted.document | the job that read its policy document; null: as it was; empty: none | null
NodeDefaultWanted.document | the job that read its policy document; null: as it was; empty: none | null
gone | clauses whose sentence it no longer has |
is_new | whether the version before had no such sentence | false
page_now | page of the newer version, null where it has none, or the sentence is gone | 2
portions | pieces in which it is asked about, at most 5 | 1
DocumentClause.page | page of the document, null where it has no pages | 1
ClauseChange.page | page of the version before, null where it has no pages | 1
sentence | the words of the document that it stems from | "第二条 报销金额不得超过 5000 元。"
stale | the newer version of its document that no longer says what it was taken from, null where there is none |
clauses | how the rule is read, a clause each | ["金额不超过 5000 元"]
column_of | the table that it is a column of, empty for a field of the form | ""
comment | why, in the person's words | "发票已附"
confirmed | whether a person has confirmed it: then it is in force | true
cost | what it costs, by the platform's price list | 0.012
cost_limit | how much may be spent a day, 0 for no limit | 50.0
FailureCause.count | failed logs with this cause | 17
count | how many there are | 17
SkipReason.count | events that were skipped so | 17
count_is_exact | false where there are more than `count` | true
covers | whether it decides its clause alone | false
created_at | when it began | "2026-11-22T01:30:00.000+00:00"
created_by | user id of who asked for it | "10021"
AiSettings.daily_cost | what a day may cost, by the price lists; 0: no bound | 50.0
daily_cost | how much may be spent a day, 0 for no limit | 50.0
AiSettings.daily_node | analyses of one node in a day; 0: no bound | 2000
daily_node | questions a day for one node, 0 for no limit | 2000
AiSettings.daily_person | analyses that one person may ask for in a day; 0: no bound | 200
daily_person | questions a day that one person may start, 0 for no limit | 200
AiSettings.daily_total | questions in a day, second ones included; 0: no bound | 20000
daily_total | questions a day for all, 0 for no limit | 20000
day | the day, in Asia/Shanghai | "2026-11-22"
dead_letters | messages in all dead-letter queues | 0
decided | decisions that count | 45
Trial.decision | what you decided, null where you did not | "approved"
decision | what the person decided, null where it did not | "approved"
default | the node's default, null where none is in force |
default_app_ids | applications whose node defaults count | ["leave"]
delayed | messages that are not to be seen yet | 0
destination | the queue that they go back to | "push"
differences | what is sent again; null while a job finds out |
Erased.documents | process documents that named this person | 3
downgraded | why an approve of the model became needs_human, null where it did not | null
draining | whether it gets no new events while what waits is still pushed | false
dropped | what the model proposed and cannot be used |
dry_run | whether nothing is done: it is only counted | true
duration_ms | milliseconds that it took | 182
en | in English | "App id"
enabled | whether it is in use | true
entries | what became of each task, and of the instance |
erased | how many there were of each |
FailureCause.errcode | the platform's own code, empty where none came | "50001"
errcode | the platform's own code, empty where none came | "0"
error | what went wrong, empty where nothing did | ""
errors | each field that is wrong |
estimate | what it is thought to take |
event_id | id of the event, as it came | "ev-1"
HistoryStep.events | events that were worked on first | 40
InstanceState.events | its newest events, in order |
evidence | the quotes that it rests on |
examine_default_all_apps | whether the node defaults of all applications count | false
examine_enable | whether AI approval is on | true
FailureCause.example | id of the newest log | "jz:ev-1"
SkipReason.example | id of the newest | "ev-1"
except_app_ids | of all applications but these; empty where `app_ids` names some | ["leave"]
expression | a CEL expression over the form's typed values | "form[\\"报销金额\\"] <= 5000"
StatusCounts.failed | events that failed for good | 0
ProposedCheck.failed | past forms that do not meet it | 2
HistoryStep.failed | those that failed for good | 1
failed_at | when it failed, null where it did not | null
fallbacks | models that are asked where those before fail |
false_failures | forms that did not meet it and were approved | 1
false_passes | forms that met it and were refused | 1
false_approvals | decisions where approve was advised and the person refused | 1
feedback | what the person thought of it, null where nothing was said |
field_key | key of the field that has the file | "attachments"
RuleNode.fields | the fields of the latest form |
fields | the visible fields of the form |
file_id | the platform's id of the file, empty where only its text was sent | "f-1"
file_key | keys of the fields whose attachments take part | ["attachments"]
files | the files that took part |
findings | each clause, and how the form stands to it |
fingerprint | names the input: form, rule, model | "5f2c9e7d1b"
finished | false: call again | true
finished_at | when it ended, null where it has not | "2026-11-22T01:31:00.000+00:00"
FailureCause.first | when the oldest was received | "2026-11-22T01:30:00.000+00:00"
SkipReason.first | when the oldest was received | "2026-11-22T01:30:00.000+00:00"
flows | what reaches which target |
force | ask again, also where a result exists | true
form | the form as people read it, null once it is no longer kept |
forwarded | whether the AI platform took it too | true
from | received from this time on, RFC 3339 | "2026-11-22T00:00:00Z"
gained | what newly reaches a target |
gaps | ignored | []
RulePreview.gaps | what the rules would leave out, a sentence each | []
hidden | whether there are too few decisions to tell | false
high | upper bound of the rate, with 95% | 0.97
Change.id | names the change | "9f3a07bc12de"
id | its id, as a path takes it | "jz"
in_ai_settings | whether the settings of AI approval name it | false
in_flight | messages that are being worked on | 0
hits | what bears the id |
initiator | who began the instance | "王五"
input_tokens | tokens of the question | 1800
is_acknowledged | whether a call that told it was acknowledged | true
is_dead_letters | whether it is a dead-letter queue | false
RedriveAnswer.is_done | false: some are left, ask again | true
FailureCauses.is_exact | false where there are more failures than one call counts | true
is_deleted | whether the instance was deleted | false
is_exact | false where there are more | true
SkipReasons.is_exact | false where there are more than one call counts | true
is_own | whether it is one's own | true
FailureCauses.items | the causes |
ClauseAgreements.items | the clauses |
item_count | how many tasks it has, and itself | 2
items | the rows of this page |
SkipReasons.items | the reasons |
InstanceState.items | the instance, then the tasks of the log |
job_id | the job that compares the platform, null for one instance | null
Erased.jobs | dry runs and proposals | 1
key | key of the field | "amount"
keynote | what to look at first | "看清发票金额"
AuditEntry.kind | review, second_ask, second_look, question; empty where nothing was asked | "review"
kind | what it does | "replay"
Job.kind | whether a draft is tried or checks are proposed | "dry_run"
Hit.kind | what bears the id | "push_log"
FailureCause.last | when the newest was received | "2026-11-22T02:30:00.000+00:00"
SkipReason.last | when the newest was received | "2026-11-22T02:30:00.000+00:00"
lost | what no longer reaches a target |
FailureCauses.next_cursor | null: there is one page | null
Erased.nodes | nodes on which something was counted or noted | 2
Erased.open_tasks | those among them that are still open: an event brings them back | 1
Erased.own_rules | versions of own rules, with their changes on the trail | 4
FailureCause.platform_id | the platform that they failed on | "jz"
AiQuestions.reached | the cap that is reached, empty for none | ""
FailureCause.reason | why; ids, numbers and times in it are shown as … | "no such user …"
Removal.rules | ids of the trigger rules that name it | ["leave"]
Change.subject | what was changed, as `subject` of this list takes it | "platform/jz"
Flow.target | where it goes: `push:<platform id>` or `ai` | "push:jz"
RulePreview.targets | what takes events at present: `push:<platform id>`, `ai` | ["push:jz", "ai"]
Erased.tasks | tasks of this person, with their analyses | 3
presence | whether the task center has it, as far as its answers prove | "present"
span | the last hour, or the last day | "hour"
History.step_s | seconds of a step | 120
History.steps | step by step, the oldest first |
superseded_by | ids of the events that took its place | []
todo_for | account of a person who gets a trial todo that is deleted again at once; empty: none is tried | "10021"
tried | what the test tried | ["address", "secret"]
PlatformSummary.unreadable | why the stored platform cannot be read, empty where it can | ""
untried | what there is besides, of which it tells nothing | ["push"]
Draining.waiting | what waits for it |
label | what people read beside it | "报销金额"
last_day | of the last 24 hours |
last_hour | of the last 60 minutes |
last_success_at | when a push last succeeded, null where none is known | "2026-11-22T01:30:00.000+00:00"
latency_ms | milliseconds until the answer was whole | 5400
left_out | logs that were tried since, or show no difference | 0
limit | how many at most | 5
limits | what else is known of the class | {}
link | where the task is decided, null where nobody said or it is done | "https://ehall.school.edu.cn/todo/t-1"
log_id | id of the push log | "jz:ev-1"
log_status | logs of which status are replayed | "failed"
ClauseAgreements.looked_at | how many decisions were looked at | 45
looked_at | how many were looked at so far | 350
looked_for | what was looked for: what the caller may open | ["push_log", "instance"]
low | lower bound of the rate, with 95% | 0.81
mask_names | whether the names that the event carries are masked too | false
masking | whether numbers of people are masked in what is sent | true
message | what was found, for people; holds no secret | "the token was fetched, 182 ms"
method | of HTTP | "POST"
mime | media type of the file, empty where unknown | "application/pdf"
model | name of the model, empty for the platform's own choice | "qwen-plus"
moved | how many were moved, null while SQS moves them by itself | null
n | number of the version | 3
name | name of it, for people | "金智待办"
Queue.name | name of the queue, as redrive takes it | "push"
PlatformType.name | name of the class, as `class_name` takes it | "JinZhiTaskCenter"
WantedFact.name | which fact | "status"
Hit.name | how people call it | "ev-1"
needed | how many decisions are needed to tell | 30
next_cursor | `cursor` of the next page, null at the end | null
SkipReasons.next_cursor | null: there is one page | null
node_id | id of a node of the application; ids that are not plain as lists give them | "n1"
node_key | key of the node, empty where unknown | "leader"
node_name | name of the node | "主管领导审批"
notes | what was noted or set right | []
notices | contradictions in the form | []
number | its number, null where it has none | 1
occurred_at | when it happened, as the event says | "2026-11-22T01:30:00.000+00:00"
of_everyone | whether it is counted of all people | false
ok | whether the platform can be worked with | true
oldest_age_s | seconds that the oldest message waits, null where nothing tells | 0
open_count | open tasks on the node | 3
opened_at | since when it is open, null while closed | null
operation | what was asked of the platform | "insert_task"
Acknowledged.operation | what was asked of the task center | "insert_task"
origin | whether code computed it or the model found it | "model"
others | ids of more skipped and rejected events of this id | []
outcome | how the question ended | "answered"
output_tokens | tokens of the answer | 240
page | page of the attachment, null for a field | 1
ProposedCheck.passed | past forms that meet it | 9
LogAttempt.path | path below the host | "/casp-tdc/task/saveOrUpdate"
passage | what stands around the quote in an attachment, as it was read; empty for a field | "合计：4800 元"
path | application and node as a path of the API takes them | "leave/node-2"
platform_id | id of a platform | "jz"
Hit.platform_id | the task center, empty where it is about none | "jz"
platform_ids | the platforms that it is about | ["jz"]
platforms | the task centers |
priority | priority of the task, as the event says | 1
problem | why it could not be asked about, empty where it could | ""
question | what was asked, masked as it was sent | "规则：……"
queue | the dead-letter queue | "push-dead-letters"
queues | the queues |
quote | words that stand there | "4800 元"
rate | how often they agreed, from 0 to 1 | 0.91
rate_per_s | how many a second at most | 50.0
reason | why, for people; empty where there is nothing to say | ""
Replay.reason | why it was asked for, empty where nobody said | "the receiver was created"
ReplayWanted.reason | why, in your own words: the list of jobs tells the others | "the receiver was created"
reasons | an example of why, by result | {}
received_at | when it came in | "2026-11-22T01:30:00.000+00:00"
replayed_at | when it was sent in again, null where it was not | null
replayed_by | user id of who sent it in again | "10021"
request | what was sent, masked and cut | "{}"
requested_at | when it was asked for | "2026-11-22T01:30:00.000+00:00"
requested_by | user id of who asked, empty where it was automatic | "10021"
response | what came back, masked and cut | "{\\"errcode\\": \\"0\\"}"
TrialFinding.result | how the form stands to the clause | "pass"
Finding.result | how the form stands to the clause | "pass"
result | the latest result, null where there is none for today's form and rule |
results | the results for today's form and rule |
retention_days | how long questions and answers are kept | 30
retrying | events that are tried again | 0
rule | what is asked of a form, in plain words | "金额不超过 5000 元；附发票"
RulesWanted.rule | the rule to be saved; null where none is |
Task.rule | the rule in force, null where there is none |
TaskDetail.rule | the rule in force, null where there is none |
rule_updated_at | when the rule in force changed, null since you looked | null
rule_version | version of the rule | "custom-3"
AiSettings.second_look | verdicts that a second question has to confirm, else a person decides | "approves"
second_look | which verdicts a second question has to confirm | "approves"
sent | how many were sent again | 120
sequence | the event's place in its instance, null where it has none | 1
WantedFact.sequence | the place of the event that said so | 3
sess_id | id of the process instance | "P-1"
settings | as the schema of its class says | {"host": "https://gateway.school.edu.cn"}
settled_at | when it was settled, null where it is not | "2026-11-22T01:30:00.000+00:00"
sha256 | digest of the file | "ab12"
shared_with | sessions that used the same event id | []
size | bytes, null where unknown | 20480
skipped | events that nothing was sent for | 0
source | where it comes from: a field's key, or an attachment | "amount"
EffectiveRule.source | whether it is the person's own or the node's default | "custom"
state | open while its pushes wait | "closed"
status | where it stands | "done"
EventOutcome.status | what became of the event | "routed"
EventTarget.status | what became of it there | "succeeded"
HealthReport.status | whether everything answers | "ok"
LogEntry.status | what became of the push | "succeeded"
PushLogDetail.status | the worst of its entries | "failed"
PushLogRow.status | the worst of its entries | "failed"
ReplayWanted.status | logs of which status | "failed"
LogAttempt.status | of HTTP, null where no answer came | 200
ListedRule.auto_analysis | 0 as the node's default says, 1 yes, 2 no | 0
ListedRule.status | whether AI approval is on here | true
OwnRule.status | whether AI approval is on here | true
OwnRuleWanted.status | false: no AI approval here | true
EffectiveRule.status | whether AI approval is on here | true
Problem.status | of HTTP | 422
subject | what it is about | "关于请假的申请"
succeeded | events that went through | 120
HistoryStep.succeeded | those that went through | 38
summary | the result in a sentence or two | "金额与发票相符"
superseded | events that a later one made needless | 0
tables | whether each table answers | {"configuration": "ok"}
tag | what one thinks of it | "useful"
target | where it went: `push:<platform id>` or `ai` | "push:jz"
EventOutcome.targets | what became of it at each target |
targets | where events go: `push:<platform id>`, `push:*`, `ai` | ["push:jz", "ai"]
TriedChecks.tasks | forms that they were tried on | 20
Job.tasks | past tasks that take part | 5
task_id | id of a task; ids that are not plain as lists give them | "T-1"
template_version | version of the prompt | "5"
text | as people read it | "4800 元"
title | for people | {"zh": "金智", "en": "JinZhi"}
Problem.title | phrase of the status | "Unprocessable Entity"
to | received before this time, RFC 3339 | "2026-11-23T00:00:00Z"
trials | what the draft says of each past task |
type | type of the field | "number"
Problem.type | a URN of the code | "urn:taskbridge:problem:invalid_request"
uid | user id of the person | "10021"
ClauseAgreement.unknown | forms of which it cannot be told | 3
unknown | past forms of which it cannot tell | 1
RuleChange.unreadable | ignored | ""
Platform.category | whether tasks are pushed to it, or questions asked; null for a class not known here | "task_center"
PlatformTest.errcode | the platform's own code | ""
PlatformTest.status | of the answer, null where none came | 200
InstanceEvent.status | the worst of its entries | "superseded"
Hit.status | where it stands | "failed"
opened_by | which secret opened; null where none did, or none was tried | "newest"
parked | process instances with work that is parked; 100 stands for that many or more | 3
queued | messages of it may be in the push queue | false
PlatformChange.unreadable | ignored | ""
unreadable | why what is stored cannot be read, empty where it can: enter it anew | ""
InstanceState.unreadable | why what is stored cannot be read, empty where it can | ""
updated_at | when it last changed | "2026-11-22T01:30:00.000+00:00"
usage | tokens and cost |
WantedFact.value | as people read it | "init"
verdict | what is advised, null until it is known | "approve"
verdict_now | what the draft says | "approve"
verdict_then | what was advised at the time, null where nothing was | "reject"
verified | whether code found the quote there | true
AiSettings.version | 0 where nobody has set them | 3
version | of what is stored; it guards against lost updates | 3
EffectiveRule.version | names the version for people | "custom-3"
HealthReport.version | of taskbridge | "0.1.0"
wait | false: answer at once, and let the job be watched under its id | true
waiting | messages that wait | 0
Removal.waiting | what waits for it |
Change.who | user id of who changed it | "10021"
wanted | what the task center should show |
without | id of the rule to be deleted | "leave"
within | what it belongs to: the instance of a log, the task of an analysis; empty for nothing | "P-1"
work | what is left to do | "none"
zh | in Chinese | "应用 ID"
"""


class Word(NamedTuple):
    """What a name means; `example` is None where there is none to give."""

    meaning: str
    example: Any = None
    has_example: bool = False


def explain_fields(name: str, schema: dict[str, Any]) -> None:
    """Add meaning and example to each field that does not say them itself."""
    for field, part in schema.get("properties", {}).items():
        known = _word(name, field)
        if known is None:
            continue
        part.setdefault("description", known.meaning)
        if known.has_example:
            part.setdefault("examples", [known.example])


def explain_parameters(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Add meaning and example to each parameter, and an example to the body."""
    for parameter in operation.get("parameters", []):
        known = _word("", parameter["name"])
        if known:
            parameter.setdefault("description", known.meaning)
            if known.has_example and parameter["in"] == "path":
                parameter.setdefault("example", known.example)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        reference = next((each for each in references(content["schema"])), "")
        content.setdefault("example", _example(schemas.get(reference, {})))


def references(schema: Any) -> Iterator[str]:
    """The names of the schemas that a part of a description points to."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for part in schema.values():
            yield from references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


def _example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A body with every field that has to be there, and those optional ones that have an example."""
    fields = schema.get("properties", {})
    return {
        name: part["examples"][0]
        for name, part in fields.items()
        if part.get("examples") and "ignored" not in part.get("description", "")
    }


def _word(model: str, name: str) -> Word | None:
    """What a field of a model means, or a parameter (of model "")."""
    known = _words()
    return known.get(f"{model}.{name}") or known.get(name)


@cache
def _words() -> dict[str, Word]:
    rows = (
        line.split(" | ", 2) if line.count(" | ") > 1 else [*line.removesuffix(" |").split(" | "), ""]
        for line in _TABLE.strip().splitlines()
    )
    return {
        name: Word(meaning, json.loads(example) if example else None, bool(example)) for name, meaning, example in rows
    }
