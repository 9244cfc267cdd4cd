"""Text in a form or a file that speaks to the model instead of to the approver. Pure.

Told by its structure, not by its phrases: an order to whoever reviews, with an outcome of ours; a role that is given to
the reader; rules that are taken away; tags, keys and headings of our own question; text that is encoded or hidden.
People who write to people about approvals, AI colleges or system administration have one of these parts, not two.

No scan can be complete, and none has to be: quotes are checked, the evidence is looked at again, and people decide. So
it takes an approve away and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ai_analyze.sources import Source
from ai_analyze.traditional import SIMPLIFIED
from ai_analyze.unveiling import hides_text, readings

# Over readings: lower case, simplified, no blank beside an ideograph. No pattern can take more than linear time.
_WORD = r"(?:approved?|passed|pass|needs_human)(?![a-z])"
_OUTCOME = rf"(?:通过|批准|同意|符合|合格|合规|满足|放行|准许|准予|核准|无异议|免审|{_WORD})"
_END = r"(?=[。！!,，；;、\"'”’」』）)】}]|$|即可|就行|就好|的?结[论果]|处理|本|该|此|这|审|[a-z])"
_DONE = rf"(?<!不)(?<!是否)(?<!能否)(?<!可否){_OUTCOME}{_END}"
_FIELD = (
    "(?:学|专业|课|系(?!统)|实验|中心|研究|领域|技术|大会|论坛|竞赛|大赛|比赛|服务器|项目|教|方向|产业|公司|协会|社团|导论|基础|训练|培训"
    "|班|团队|概论|采购|升级|应用|开发|工程|与|和|及|伦理|治理|素养|赋能|时代|标注|芯片|算力|实践|创新|讲座|辅助|写作|绘画|工具|平台|所|院|馆|部)"
)
_AI = (
    r"(?:(?<![a-z])(?:ai|llm|gpt|chatgpt)(?![a-z])|人工智能|(?:大|语言)+模型|智能体|聊天机器人|审[批核阅查]机器人"
    r"|(?:审[批核阅查]|评审|智能|ai)(?:助[理手]|模型|ai)|智能审[批核]|自动审[批核]系统|审阅者|审核者)"
    rf"(?:系统|助[理手]|模型|程序|审[批核]员?)?(?!{_FIELD})"
)
_THIS = r"(?:本|该|此|这)(?:单|份|条|次|项|申请|表单|表格|审[批核]|流程)"
_CLAUSES = (
    r"(?:每一?[条项]|各[条项]|逐[条项]|[所全][有部](?:各|的)?(?:条款|规则|要求|项目|检查项)|各[条项](?:条款|规则)"
    r"|(?:审[批核]|核对|最终|评审)结[论果]"
    rf"|条款|{_THIS}|verdict|findings?|result|结论)"
)
_SAY = (
    r"(?:输出|返回|回[答复]|答复|判[定为作成]|标[记为注成]|视[为作]|当[作成]|记[为作]|[设置改写填][为成置]|得出"
    r"|给出|认定|打[上成]|算[作成])"
)
_MUST = (
    r"(?:(?<!申)(?<!邀)(?<!聘)请(?!示|假|求|购|款)|务必|必须|应当|应该|须(?!知)|直接|一律|无条件|立[即刻]|只需"
    r"|只要|给我|自动|默认|总是|始终|一概|不要再?|照此)"
)
_STOP = (
    r"(?:忽[略视]|无视|(?:不[要用必]|无[须需]|别)(?:再|去)?(?:理会|管|遵守|遵循|执行|核对|检查|参考|考虑|看)|跳过"
    r"|绕[过开]|忘[记掉]|抛[开弃]|撇开)"
)
_RULES = (
    r"(?:规则|指令|指示|提示词?|约束|设定|条款|审[批核](?:标准|要求|规定|要点|规则|流程)|(?:以上|上述|前面|此前"
    r"|之前|前述|原有|所有|全部|一切)的?(?:要求|规定|限制|内容|说明|审核|检查|信息))"
)
_ORDERS = re.compile(
    # An order with an outcome
    rf"{_MUST}.{{0,12}}{_SAY}.{{0,12}}?{_DONE}"
    rf"|{_CLAUSES}.{{0,10}}{_SAY}.{{0,8}}?{_DONE}"
    rf"|(?:{_SAY}|[写填]).{{0,6}}?[\"'“「]?{_WORD}"
    rf"|(?<!系统)(?<!可)(?<!会)(?<!将)(?<!能)(?:直接|一律|无条件|自动|必须|务必|立[即刻])(?:予以|给予"
    rf"|全部)?(?:通过|批准|同意|放行)"
    rf"(?:{_THIS}|审[批核]|申请|即可|[。！!,;]|$)"
    rf"|结论[:为是=]{{0,2}}{_WORD}"
    r"|(?:均|都|全|全部|一律)?[为是:=]?[\"'“「](?:approve|pass)[\"'”」]"
    # An address with an outcome, or a role
    rf"|(?:致|告|给|请|对|@|提[示醒]|通知|由|若|如果?(?:你|您)?是).{{0,8}}{_AI}.{{0,40}}?{_DONE}"
    rf"|{_AI}(?:须知|请|你|您|应|必须|务必|只需|[:,!]|注意(?!力)|在?(?:审|读|看|处理)).{{0,40}}?{_DONE}"
    rf"|{_AI}.{{0,24}}(?:认定|判定|视为|确认).{{0,8}}(?:合规|通过|符合|合格)"
    rf"|(?:你|您)(?:现在|此刻|其实|已经|将)?(?:就?是|扮演|充当|作为|身为).{{0,12}}{_AI}|(?:作为|扮演"
    rf"|充当)(?:一[个名位])?.{{0,6}}{_AI}"
    r"|从现在(?:开始|起).{0,4}你|你(?:现在)?的(?:新)?(?:身份|角色|任务|职责)(?:是|变|已)"
    r"|你(?![方校院们处部所局司厅市县单公]).{0,4}(?:必须|应当|应该|只能|只需|务必|不得|不要|无[须需]|不必)"
    rf".{{0,8}}(?:同意|批准|通过|放行|输出|判[定为]|驳回|{_WORD})"
    # An office that orders
    r"|(?:系统|管理员|开发者|平台|后台)(?:提示词?|消息|指令|命令|通知|公告)?[:,](?:.{0,12}(?:免审|免检|审核员?"
    r"|审批|规则|你).{0,12})"
    rf"(?:通过|免审|免检|放行|输出|跳过|{_WORD})|(?:系统|管理员|开发者)(?:提示|消息|指令)[:,].{{0,8}}免审"
    r"|(?:系统|管理员|开发者)(?:授权|要求|命令)你|系统指令"
    # What is ours to know
    r"|(?:告诉我|透露|泄露|打印|复述|显示|输出).{0,10}(?:提示词|系统消息|别的表单|其他表单|其他申请|其他人的申请"
    r"|密钥|(?<![a-z])token)"
    r"|(?:上一轮|上次|刚才|此前|之前)(?:的?(?:回[答复]|对话)里?)?,?你.{0,6}(?:判定|认定|批准|同意|通过|确认)"
    r"|(?:输出|给出|保持)(?:与.{0,6})?(?:相同|一样"
    r"|一致)的?(?:结[论果]|判定)"
    r"|[请把将].{0,6}解码.{0,8}(?:执行|照做|遵照|照办)|解码[后并](?:执行|照做|遵照)|越狱模式"
)
_STOPPING = re.compile(
    rf"{_STOP}.{{0,12}}?{_RULES}|{_RULES}.{{0,6}}(?:不再适用|不再生效|已?[作失][废效]|已?被?(?:覆盖|取代|解除|停用))"
)
_NEGATED = re.compile(
    r"(?:不[得能可会应许]|未|没有?|从不|禁止|严禁|切勿|杜绝|避免|防止|是否|不是|不存在|并非).{0,4}$|不$"
)

_SAY_EN = (
    r"(?:output|respond|reply|answer|return|print|say|write|mark|set|report|conclude|treat|classify|rate|label|give"
    r"|emit|produce"
    r"|declare|judge|deem|regard|count|choose|select|put|state)"
)
_OUTCOME_EN = (
    r"(?:approved?|approval|passed|pass|compliant|needs_human|met|satisfied|fulfilled|accepted?|acceptance)(?![a-z])"
)
_BEGIN_EN = (
    r"(?:^|[.!?:;,，。：；！(\"'“] ?|(?<![a-z])(?:please|must|should|shall|always|just|only|simply|directly|and"
    r"|then|now"
    r"|you(?: will| can| may)?|instead|do|immediately|automatically|to) )"
)
_AI_EN = (
    r"(?:(?<![a-z])(?:ai|llm|a\.i\.|artificial intelligence|language model|gpt|chatbot|automated|automatic|machine)"
    r"(?! (?:college|school|course|department|lab|center|centre|conference|student|club|research|project|society"
    r"|competition|ethics"
    r"|class|faculty|institute|program|major|summit|workshop|server|team|and|in|for|of|translat|learning|vision|tool))"
    r"(?:[ -](?:reviewer|assistant|model|system|agent|reader|checker|approver|auditor|bot|reviewing|processing"
    r"|language))*)"
)
_ENGLISH = re.compile(
    rf"{_BEGIN_EN}{_SAY_EN} [^.!?\n]{{0,60}}?(?:as|to be|to|with|is|are|=|:|only|just|a|an|the|that|verdict|result"
    rf"|it|this|all|every"
    rf"|application|request|form)? ?[\"'“‘]?(?:(?:approve|pass|needs_human)(?![a-z]))"
    rf"|(?<![a-z]){_SAY_EN} (?:[^.!?\n]{{0,24}} )?(?:all|every|each|any|the|this|these)[^.!?\n]{{0,40}} (?:as|to be"
    rf"|to) [\"'“‘]?{_OUTCOME_EN}"
    r"|(?<![a-z])(?:always|automatically|unconditionally|directly|simply|immediately|just|must now|you must"
    r"|you should|you shall) approve(?![a-z])"
    r"|(?<![a-z])approve (?:this|the|it|all|any)[^.!?\n]{0,40}(?:regardless|without (?:any )?(?:review|check|read"
    r"|verif|look)|immediately|automatically|unconditionally"
    r"|no matter|whatever|at once)"
    rf"|(?:note|attention|message|memo|instructions?|dear|hey|hi|hello|notice|if you are|as|for"
    rf"|to)[ ,:]{{1,3}}(?:to |for )?(?:the |an? |any |our |all )?{_AI_EN}"
    rf"(?:s)?(?:[:,]|[^.!?\n]{{0,60}}?(?:{_OUTCOME_EN}|must|should|please|ignore|you ))"
    r"|(?<![a-z])you are (?:now )?(?:an? |the |our )?(?:(?!of )[a-z-]+ ){0,3}?(?:ai|llm|language model|chatbot"
    r"|approval (?:bot|assistant|machine|stamp)|rubber stamp)(?![a-z])"
    r"|(?:in|from|of) (?:the|your) (?:previous|last|earlier) (?:turn|answer|response|output)|the same (?:verdict"
    r"|output|findings)(?![a-z])"
    r"|(?<![a-z])you are now (?:an? |the )?(?:[a-z-]+ ){0,3}(?:assistant|model|reviewer|approver|agent)(?![a-z])"
    r"|(?<![a-z])(?:act|behave|respond) as (?:an? |the )?(?:[a-z-]+ ){0,3}(?:ai|assistant|model|reviewer"
    r"|approver)(?![a-z])"
    rf"|(?:system|admin(?:istrator)?|developer|platform) (?:message|note|override"
    rf"|notice) ?[:,][^.!?\n]{{0,60}}{_OUTCOME_EN}"
    r"|(?<![a-z])recommend (?:an? |the )?approv(?:e|al)[ .,!]|jailbreak"
    r"|(?<![a-z])(?:reveal|print|repeat|show|tell me|disclose|output)[^.!?\n]{0,24}(?:system (?:prompt|message)"
    r"|your (?:instructions|prompt|rules)|other (?:forms|applications)|api key|access token)"
)
_STOPPING_EN = re.compile(
    r"(?<![a-z])(?:ignore|disregard|forget|override|bypass|skip|do not (?:apply|follow|check|enforce|verify|use)"
    r"|don't (?:apply|follow|check|enforce))"
    r"[^.!?\n]{0,40}?(?<![a-z])(?:rules?|instructions?|prompts?|clauses?|guidelines?|criteria|checks|requirements?"
    r"|polic(?:y|ies)|everything (?:above|before)|all of the above)(?![a-z])"
    r"|(?<![a-z])(?:rules?|instructions|clauses|requirements|checks) (?:above |before |below )?(?:no longer apply"
    r"|are (?:void|suspended|waived|superseded|cancelled)|do(?:es)? not apply)"
)
_NEGATED_EN = re.compile(r"(?:not|never|n't|cannot|without|no one may|nobody may|to not|neither|nor) (?:[a-z]+ ){0,2}$")

# Over the text as it stands: what our question, or a model's template, is made of.
_MARKS = re.compile(
    r"<\s*\|?\s*/?\s*(?:im_(?:start|end|sep)|system|assistant|user|endoftext|end_of|begin_of|eot_id"
    r"|start_header)[a-z_]*\s*\|"
    r"|<\s*/?\s*(?:think(?:ing)?|thought|reasoning|system|assistant|instructions?|admin|verdict|inst|sys|prompt"
    r"|override|developer)\b[^>]{0,40}>"
    r"|<\s*<\s*/?\s*sys|\[\s*/?\s*inst\s*\]|◁\s*/?\s*think|(?:<\s*){3}|材料(?:开始|结束)\s*[0-9a-f]{8}|边界标记"
    r"|#{2,}\s*(?:system|instruction|assistant|response|developer|系统|指令|审批规则|条款|关注要点)"
    r"|[\"'“”‘’]\s*(?:verdict|findings|evidence)\s*[\"'“”‘’]\s*[:：=]|[\"'“”]result[\"'“”]\s*[:：]\s*[\"'“”](?:pass"
    r"|fail|unknown)"
    r"|(?<![a-z])verdict(?![a-z])\W{0,6}(?:is|to|=|设为|置为|改为|填为|写为|写|为|是|应)?\W{0,6}(?:approve|pass\b"
    r"|reject\b|通过|同意"
    r"|needs)"
    r"|(?:verdict|findings?)(?:均|都|全部)?(?:设为|置为|改为|填为|写为)|needs_human"
    r"|^\s*\[[a-z_][\w.-]{0,63}\]\s?[^\n:：\[\]]{1,30}[:：]|^\s*(?:核对提示|读取情况|所属字段)[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_SPEAKERS = re.compile(
    r"^\s*(system|assistant|user|human|developer|ai|系统|助手|用户|审批助理|审核助手)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_MODELS = frozenset({"assistant", "ai", "助手", "审批助理", "审核助手"})


def find_injections(sources: Iterable[Source]) -> tuple[str, ...]:
    """Labels of the fields and names of the attachments in which the model is spoken to, in order."""
    return tuple(
        source.name if source.is_file else f"字段「{source.label}」"
        for source in sources
        if any(speaks_to_model(text) for text in (source.label, *source.pages))
    )


def speaks_to_model(text: str) -> bool:
    """Whether the structure of `text`, or of what is hidden in it, is that of an order to a model."""
    return (
        _is_marked(text.translate(SIMPLIFIED))
        or hides_text(text)
        or any(_is_marked(plain) or _gives_orders(plain) for plain in readings(text))
    )


def _is_marked(text: str) -> bool:
    if _MARKS.search(text):
        return True
    speakers = {found[1].casefold() for found in _SPEAKERS.finditer(text)}
    return len(speakers) > 1 and not speakers.isdisjoint(_MODELS)


def _gives_orders(plain: str) -> bool:
    if _ORDERS.search(plain) or _ENGLISH.search(plain):
        return True
    chinese = any(
        not _NEGATED.search(plain[max(0, found.start() - 10) : found.start()]) for found in _STOPPING.finditer(plain)
    )
    english = any(
        not _NEGATED_EN.search(plain[max(0, found.start() - 30) : found.start()])
        for found in _STOPPING_EN.finditer(plain)
    )
    return chinese or english
