"""What is said of the fields of more than one area, or of none."""

TABLE = """
actions | which actions it takes, empty for all | ["task_received"]
Change.after | what it became, secrets masked | {"enabled": true}
Erased.answers | answers to this person's own rules | 2
app_id | id of an application of the process system; ids that are not plain as lists give them | "leave"
app_ids | which applications it takes, empty for all | ["leave"]
Change.at | when | "2026-11-22T01:30:00.000+00:00"
Hit.at | when it came in or was asked for, null where nothing tells | "2026-11-22T01:30:00.000+00:00"
at | when, in UTC | "2026-11-22T01:30:00.000+00:00"
attachment_hosts | hosts that attachments may be fetched from | ["files.school.edu.cn"]
Erased.audit_entries | questions that lost person and text | 5
Change.before | what it was, secrets masked | {"enabled": false}
Erasure.change_id | this call on the trail of changes, which does not name the person; empty: none | "9f3a07bc12de"
cost | what it costs, by the platform's price list | 0.012
count | how many there are | 17
created_at | when it began | "2026-11-22T01:30:00.000+00:00"
default_app_ids | applications whose node defaults count | ["leave"]
Erased.documents | process documents that named this person | 3
dry_run | whether nothing is done: it is only counted | true
duration_ms | milliseconds that it took | 182
enabled | whether it is in use | true
erased | how many there were of each |
error | what went wrong, empty where nothing did | ""
errors | each field that is wrong |
examine_default_all_apps | whether the node defaults of all applications count | false
examine_enable | whether AI approval is on | true
fallbacks | models that are asked where those before fail |
finished | false: call again | true
finished_at | when it ended, null where it has not | "2026-11-22T01:31:00.000+00:00"
from | received from this time on, RFC 3339 | "2026-11-22T00:00:00Z"
hits | what bears the id |
Change.id | names the change | "9f3a07bc12de"
id | its id, as a path takes it | "jz"
input_tokens | tokens of the question | 1800
items | the rows of this page |
Erased.jobs | dry runs and proposals | 1
Hit.kind | what bears the id | "push_log"
limit | how many at most | 5
looked_for | what was looked for: what the caller may open | ["push_log", "instance"]
mask_names | whether the names that the event carries are masked too | false
masking | whether numbers of people are masked in what is sent | true
message | what was found, for people; holds no secret | "the token was fetched, 182 ms"
model | name of the model, empty for the platform's own choice | "qwen-plus"
Hit.name | how people call it | "ev-1"
name | name of it, for people | "金智待办"
next_cursor | `cursor` of the next page, null at the end | null
Erased.nodes | nodes on which something was counted or noted | 2
notes | what was noted or set right | []
Erased.open_tasks | those among them that are still open: an event brings them back | 1
output_tokens | tokens of the answer | 240
Erased.own_rules | versions of own rules, with their changes on the trail | 4
Hit.platform_id | the task center, empty where it is about none | "jz"
platform_id | id of a platform | "jz"
queues | the queues |
reason | why, for people; empty where there is nothing to say | ""
retention_days | how long questions and answers are kept | 30
sess_id | id of the process instance | "P-1"
HealthReport.status | whether everything answers | "ok"
Hit.status | where it stands | "failed"
Problem.status | of HTTP | 422
status | where it stands | "done"
Change.subject | what was changed, as `subject` of this list takes it | "platform/jz"
subject | what it is about | "关于请假的申请"
tables | whether each table answers | {"configuration": "ok"}
targets | where events go: `push:<platform id>`, `push:*`, `ai` | ["push:jz", "ai"]
task_id | id of a task; ids that are not plain as lists give them | "T-1"
Erased.tasks | tasks of this person, with their analyses | 3
Problem.title | phrase of the status | "Unprocessable Entity"
to | received before this time, RFC 3339 | "2026-11-23T00:00:00Z"
Problem.type | a URN of the code | "urn:taskbridge:problem:invalid_request"
unreadable | why what is stored cannot be read, empty where it can: enter it anew | ""
updated_at | when it last changed | "2026-11-22T01:30:00.000+00:00"
HealthReport.version | of taskbridge | "0.1.0"
version | of what is stored; it guards against lost updates | 3
Change.who | user id of who changed it | "10021"
within | what it belongs to: the instance of a log, the task of an analysis; empty for nothing | "P-1"
"""
