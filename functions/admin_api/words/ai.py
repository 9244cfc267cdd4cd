"""What is said of the fields of AI approval."""

TABLE = """
abstained | decisions where the verdict was needs_human | 4
agreed | how many decisions agreed with the verdict | 41
NodeAgreement.agreement | how often verdict and decision agreed there |
analysis_id | the analysis that asked | "a-9f3a07bc12de"
answer | what the model answered | "{\\"verdict\\": \\"approve\\"}"
app_name | name of the application | "请假申请"
CoveragePoint.approved | approves among them | 60
approved_anyway | forms that did not meet the clause and were approved | 24
DocumentReading.asked | portions that were asked about | 1
assurance | what an advice rests on at least: the model's word, quotes, a check besides, a check alone | "quoted"
StaleRule.at | when the newer version was read | "2026-11-22T01:30:00.000+00:00"
attachments | files of the form |
ListedRule.auto_analysis | 0 as the node's default says, 1 yes, 2 no | 0
OwnRule.auto_analysis | 0 as the node's default says, 1 yes, 2 no | 0
OwnRuleWanted.auto_analysis | 0 or null as the node's default says, 1 or true yes, 2 or false no | 0
auto_analysis | whether tasks are analysed when they arrive | true
came | whether the person opened or decided the task before it was done | "opened"
came_at | when the person did | "2026-11-22T01:31:00.000+00:00"
changes | clauses of the rule beside a newer version of its document |
RuleDraft.checks | checks as the suggestion would have them, to be confirmed |
checks | exact clauses, computed over the form |
clause | a clause of the rule, in its words | "金额不超过 5000 元"
DocumentReading.clauses | clauses that are proposed: each sentence was found by code |
RuleDocument.clauses | clauses of the rule that were taken from it |
clauses | how the rule is read, a clause each | ["金额不超过 5000 元"]
column_of | the table that it is a column of, empty for a field of the form | ""
comment | why, in the person's words | "发票已附"
confirmed | whether a person has confirmed it: then it is in force | true
DocumentWanted.content | its bytes, in base64 | "JVBERi0xLjcK"
coverage | share of all forms that is decided, from 0 to 1 | 0.8
covers | whether it decides its clause alone | false
AiSettings.daily_cost | what a day may cost, by the price lists; 0: no bound | 50.0
AiSettings.daily_node | analyses of one node in a day; 0: no bound | 2000
AiSettings.daily_person | analyses that one person may ask for in a day; 0: no bound | 200
AiSettings.nightly_flips | questions that a night may take about changed forms, over all nodes; 0: none | 0
FlipRates.nightly_flips | questions that a night may take, 0 where none are asked | 40
asked_at | when the last night was | "2026-11-22T18:30:00.000+00:00"
FlipRate.flipped | clauses among them that were found as the checks say, before the change and after it | 39
FlipRate.forms | changed forms that were asked about | 40
keeping | clauses on which the change has no bearing | 30
kept | clauses among them that were found as before | 30
FlipRate.kind | what was changed; `harmless` where no clause turns | "amount"
nights | nights that were asked in | 12
FlipRate.rate | how often findings followed, from 0 to 1; null where nothing had to turn | 0.98
turning | clauses that had to turn | 40
FlipRates.wanted | the rate of a careful reader | 0.95
AiSettings.daily_total | questions in a day, second ones included; 0: no bound | 20000
CoveragePoint.decided | forms that are decided so | 80
Overrule.decided | forms that met the clause, or did not | 90
decided | decisions that count | 45
Trial.decision | what its approver decided, null where somebody else did | "approved"
decision | what the person decided, null where it did not | "approved"
default | the node's default, null where none is in force |
delay | what took most of its time | "queue"
Job.document | what was read of the document, null where there is none yet |
ListedRule.document | the policy document that the rule was taken from, null where it was not |
NodeDefault.document | the policy document that the rule was taken from, null where it was not |
NodeDefaultWanted.document | the job that read its policy document; null: as it was; empty: none | null
OwnRule.document | the policy document that the rule was taken from, null where it was not |
OwnRuleWanted.document | the job that read its policy document; null: as it was; empty: none | null
downgraded | why an approve of the model became needs_human, null where it did not | null
draft | the rule as the suggestion would have it: nothing is stored of it |
DocumentReading.dropped | clauses that are not proposed, with the reason |
dropped | what the model proposed and cannot be used |
estimate | what it is thought to take |
evidence | the quotes that it rests on |
expression | a CEL expression over the form's typed values | "form[\\"报销金额\\"] <= 5000"
Overrule.failed | forms that did not meet the clause | 30
ProposedCheck.failed | past forms that do not meet it | 2
false_approvals | decisions where approve was advised and the person refused | 1
false_failures | forms that did not meet it and were approved | 1
false_passes | forms that met it and were refused | 1
feedback | what the person thought of it, null where nothing was said |
field_key | key of the field that has the file | "attachments"
RuleNode.fields | the fields of the latest form |
fields | the visible fields of the form |
file_id | the platform's id of the file, empty where only its text was sent | "f-1"
file_key | keys of the fields whose attachments take part | ["attachments"]
files | the files that took part |
files_s | seconds for attachments: fetched, read, handed over | 12.4
findings | each clause, and how the form stands to it |
fingerprint | names the input: form, rule, model | "5f2c9e7d1b"
force | ask again, also where a result exists | true
form | the form as people read it, null once it is no longer kept |
forms | forms that were asked about and decided by people, null where hidden | 100
forwarded | whether the AI platform took it too | true
gone | clauses whose sentence it no longer has |
hidden | whether there are too few decisions to tell | false
high | upper bound of the rate, with 95% | 0.97
initiator | who began the instance | "王五"
is_new | whether the version before had no such sentence | false
DocumentWanted.is_new_version | whether it is the next version of the rule's document | true
ClauseAgreements.items | the clauses |
key | key of the field | "amount"
keynote | what to look at first | "看清发票金额"
AuditEntry.kind | review, second_ask, second_look, question; empty where nothing was asked | "review"
Job.kind | whether a draft is tried or checks are proposed | "dry_run"
label | what people read beside it | "报销金额"
late_s | seconds that it came after the person, null where it never came | 41.0
latency_ms | milliseconds until the answer was whole | 5400
link | where the task is decided, null where nobody said or it is done | "https://ehall.school.edu.cn/todo/t-1"
ClauseAgreements.looked_at | how many decisions were looked at | 45
low | lower bound of the rate, with 95% | 0.81
mime | media type of the file, empty where unknown | "application/pdf"
ModelCoverage.model | the model that was asked | "qwen-plus"
n | number of the version | 3
DocumentReading.name | name of the file | "差旅费报销办法.pdf"
DocumentWanted.name | name of the file | "差旅费报销办法.pdf"
RuleDocument.name | name of the file | "差旅费报销办法.pdf"
StaleRule.name | name of its file | "差旅费报销办法（2027）.pdf"
needed | how many decisions are needed to tell | 30
node_id | id of a node of the application; ids that are not plain as lists give them | "n1"
node_key | key of the node, empty where unknown | "leader"
node_name | name of the node | "主管领导审批"
notices | contradictions in the form | []
number | its number, null where it has none | 1
DocumentWanted.of | whose rule it is read for | "me"
DryRunWanted.of | whose past tasks it is tried on | "me"
of_everyone | whether it is counted of all people | false
open_count | open tasks on the node | 3
origin | whether code computed it or the model found it | "model"
outcome | how the question ended | "answered"
overruled | how many decisions went against what was found | 24
ClauseChange.page | page of the version before, null where it has no pages | 1
DocumentClause.page | page of the document, null where it has no pages | 1
page | page of the attachment, null for a field | 1
page_now | page of the newer version, null where it has none, or the sentence is gone | 2
DocumentReading.pages | how many it has, 0 for a Word file | 2
passage | what stands around the quote in an attachment, as it was read; empty for a field | "合计：4800 元"
Overrule.passed | forms that met the clause and failed no other | 60
ProposedCheck.passed | past forms that meet it | 9
path | application and node as a path of the API takes them | "leave/node-2"
platform_s | seconds that the AI platform took | 38.2
points | from the strictest assurance on |
portions | pieces in which it is asked about, at most 5 | 1
priority | priority of the task, as the event says | 1
DocumentReading.problem | what could not be read of it, empty where it is all there is | ""
problem | why it could not be asked about, empty where it could | ""
question | what was asked, masked as it was sent | "规则：……"
queue_s | seconds until a worker first took it up | 95.0
quote | words that stand there | "4800 元"
Overrule.rate | share that was decided otherwise, from 0 to 1 | 0.27
rate | how often they agreed, from 0 to 1 | 0.91
reasons | an example of why, by result | {}
refused_anyway | forms that met the clause and were refused | 0
requested_by | user id of who asked, empty where it was automatic | "10021"
Finding.result | how the form stands to the clause | "pass"
TrialFinding.result | how the form stands to the clause | "pass"
result | the latest result, null where there is none for today's form and rule |
results | the results for today's form and rule |
retries_s | seconds between the turns of its workers: paused, throttled, tried again | 0.0
risk | share of what is decided that is wrong, from 0 to 1 | 0.02
Task.rule | the rule in force, null where there is none |
TaskDetail.rule | the rule in force, null where there is none |
rule | what is asked of a form, in plain words | "金额不超过 5000 元；附发票"
rule_updated_at | when the rule in force changed, null since you looked | null
rule_version | version of the rule | "custom-3"
AiSettings.second_look | verdicts that a second question has to confirm, else a person decides | "approves"
sentence | the words of the document that it stems from | "第二条 报销金额不得超过 5000 元。"
RuleDocument.sha256 | digest of the file | "ab12"
sha256 | digest of the file | "ab12"
size | bytes, null where unknown | 20480
EffectiveRule.source | whether it is the person's own or the node's default | "custom"
source | where it comes from: a field's key, or an attachment | "amount"
stale | the newer version of its document that no longer says what it was taken from, null where there is none |
ClauseChange.state | whether its sentence stands in the newer version as before, on another page, or no longer | "gone"
EffectiveRule.status | whether AI approval is on here | true
ListedRule.status | whether AI approval is on here | true
OwnRule.status | whether AI approval is on here | true
OwnRuleWanted.status | false: no AI approval here | true
suggestion | loosen, tighten or drop the clause, or ask for another attachment; null: nothing | "loosen"
summary | the result in a sentence or two | "金额与发票相符"
tag | what one thinks of it | "useful"
Job.tasks | past tasks that take part | 5
TriedChecks.tasks | forms that they were tried on | 20
template_version | version of the prompt | "5"
text | as people read it | "4800 元"
trials | what the draft says of each past task |
type | type of the field | "number"
uid | user id of the person | "10021"
ClauseAgreement.unknown | forms of which it cannot be told | 3
unknown | past forms of which it cannot tell | 1
usage | tokens and cost |
verdict | what is advised, null until it is known | "approve"
verdict_now | what the draft says | "approve"
verdict_then | what was advised at the time, null where nothing was | "reject"
verified | whether code found the quote there | true
AiSettings.version | 0 where nobody has set them | 3
EffectiveRule.version | names the version for people | "custom-3"
wait | false: answer at once, and let the job be watched under its id | true
without_wrong_approval | the assurance with the most coverage and no wrong approve, null where each has one | "quoted"
CoveragePoint.wrong | those that people decided otherwise | 2
wrong_approvals | approves that people refused | 0
wrong_approvals_high | what the true share of wrong approves is below, with 95% | 0.06
"""
