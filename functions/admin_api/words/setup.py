"""What is said of the fields of platforms, secrets, rules that say where events go."""

TABLE = """
capabilities | what platforms of the class can do | ["insert_task"]
Platform.category | whether tasks are pushed to it, or questions asked; null for a class not known here | "task_center"
category | whether tasks are pushed to it, or questions asked of it | "task_center"
PlatformTest.cause | where to look first | "ok"
class_name | the class of the platform | "JinZhiTaskCenter"
daily_cost | how much may be spent a day, 0 for no limit | 50.0
daily_node | questions a day for one node, 0 for no limit | 2000
daily_person | questions a day that one person may start, 0 for no limit | 200
daily_total | questions a day for all, 0 for no limit | 20000
nightly_flips | questions that a night may take about changed forms, over all nodes; 0 for none | 0
draining | whether it gets no new events while what waits is still pushed | false
en | in English | "App id"
PlatformTest.errcode | the platform's own code | ""
SettingFlaw.field | path of the form's field | "settings.host"
flaw | which setting cannot be used; null where none is known to be wrong |
flows | what reaches which target |
gained | what newly reaches a target |
RulePreview.gaps | what the rules would leave out, a sentence each | []
gaps | ignored | []
in_ai_settings | whether the settings of AI approval name it | false
limits | what else is known of the class | {}
lost | what no longer reaches a target |
SettingFlaw.kind | by which it is said in any language | "secret_missing"
PlatformType.name | name of the class, as `class_name` takes it | "JinZhiTaskCenter"
ok | whether the platform can be worked with | true
opened_by | which secret opened; null where none did, or none was tried | "newest"
parked | process instances with work that is parked; 100 stands for that many or more | 3
SettingFlaw.problem | in English | "required while the platform is enabled, and not stored yet"
queued | messages of it may be in the push queue | false
RulesWanted.rule | the rule to be saved; null where none is |
Removal.rules | ids of the trigger rules that name it | ["leave"]
second_look | which verdicts a second question has to confirm | "approves"
settings | as the schema of its class says | {"host": "https://gateway.school.edu.cn"}
PlatformTest.status | of the answer, null where none came | 200
SettingFlaw.values | what stands in it | {}
RulePreview.targets | what takes events at present: `push:<platform id>`, `ai` | ["push:jz", "ai"]
title | for people | {"zh": "金智", "en": "JinZhi"}
todo_for | account of a person who gets a trial todo that is deleted again at once; empty: none is tried | "10021"
tried | what the test tried | ["address", "secret"]
PlatformChange.unreadable | ignored | ""
RuleChange.unreadable | ignored | ""
untried | what there is besides, of which it tells nothing | ["push"]
Draining.waiting | what waits for it |
Removal.waiting | what waits for it |
without | id of the rule to be deleted | "leave"
zh | in Chinese | "应用 ID"
"""
