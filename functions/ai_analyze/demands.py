"""How many things a clause asks for: so many different quotes have to show that it is met. Pure.

One clause may hold several demands (有发票，有签字 or 发票和合同齐全). What joins them is read from its words.
Where that can be read in two ways, the higher count holds: a quote too few leaves it to a person and harms nobody.
"""

from __future__ import annotations

import re

from taskbridge.ai.clauses import without_number

# -- parts: what stands between commas

_COMMA = re.compile(r"[，；;]|,(?!(?<=[0-9],)[0-9]{3})")
_MUST = r"(?:必须|必需|须|应当?|需要?|务必|得有|要)"
# 如实 and 当天 begin no condition, 及时 and 是真的 end none.
_CONDITION = re.compile(
    r"\s*(?:(?:假?如(?![实期下上数何约])|若(?!干)|倘若|一旦|凡|当(?![天日月年场面事])).*|(?:if|when|where|in case)\b.*"
    rf"|(?!.*(?:{_MUST}|不得|不超过|是)).{{0,60}}(?:的|(?<![及准按定随即])时|者))\s*",
    re.IGNORECASE | re.DOTALL,
)
# 超过 5000 元，须… and 请假三天以上，须… are conditions where what follows says what must be.
_OVER = re.compile(
    rf"(?!.*{_MUST})(?:(?=.*(?<!不)(?<!不得)(?<!未)(?:超过|超出|涉及)|属于).*"
    r"|(?=.*(?:[请休]假|出差|外出|[金余总]额|报销|采购|[单总]价|单笔|经费|[费款])).*"
    r"[0-9一二两三四五六七八九十百千万].{0,6}以上)"
)
_CONSEQUENCE = re.compile(rf"\s*(?:还|则|一律)?(?:{_MUST}|附|由|经)")
# A condition that every form meets.
_ALWAYS = re.compile(
    r"(?:凡是?|每[次份张]|所有|各类?|本|在|申请人?|提交|办理|报销|[请休]假|采购|填写|用印|使用|出差|参会|审批|费用|人|单|表|的|时|者|\s)+"
)
_ADVERBIAL = re.compile(
    rf"(?!.*{_MUST})\s*(?:(?:根据|按照?|依[据照]|为了?(?:保证|确保|便于|避免|防止|加强|规范)|对于?|鉴于|由于|原则上|一般|通常).*"
    r"|除.*外|.{0,20}(?:之前|之后|期间|情况下|过程中))"
)
# What follows a demand and asks for nothing of its own, or only where the demand before it is not met.
_ASIDE = re.compile(
    r"\s*(?:否则|即|例如|比如|譬如|除|但|如[超未不无没逾确需有属]|若[超未不无没逾确需有属]|以[便免防备供]|确[需因有]|特殊|可(?![靠信行])"
    r"|(?:超过|超出|高于|逾期|不足|低于|未|不).{0,12}的(?!情)|逾期|由此|后果)|.*(?:不作要求|[不无][需须]|不必|除外|例外|不受理|不予|方[可能]"
    r"|才[能可]|视为|视同|为准|[见按]附件|详见)"
    r"|(?:e\.?g|i\.?e|for example|such as|otherwise|unless|except|which|but)\b",
    re.IGNORECASE,
)
_SPELLED_OUT = re.compile(r"\s*(?:包括|包含|含(?!有)|including)")
_GOOD = (
    r"(?:真实|合[法规理格]|有效|完整|清[晰楚]|准确|规范|必要|充[分足]|明确|具体|详[细实]|属实|可行|安全|正常|整洁|无误|简洁|公[平正开]"
    r"|及时|严谨|良好|健康|稳定|先进|适[当用])"
)
_ONLY_GOOD = re.compile(rf"\s*(?:{_GOOD})+\s*")

# -- joints within a part

# Two demands, whatever they are.
_JOINT = re.compile(
    r"(?:并且|而且|以及|(?<![而况暂尚姑])且|(?<![合一兼吞火])并(?![购列不非未无存行排发轨])|(?<!不得)(?<!不能)(?<!不可)同时)"
    r"(?:[还也又另再](?=[须需要应有得附]))?"
    r"|(?<![归偿退])[还也又另再](?=[须需应有得附])|\bas well as\b|\balong with\b|\bplus\b|\band\b",
    re.IGNORECASE,
)
_LEADING_JOINT = re.compile(rf"\A\s*(?:{_JOINT.pattern}|[还也又另同再及和与])\s*", re.IGNORECASE)
_ONE_TOGETHER = re.compile(
    r"\b(?:between|same|match(?:es)?|equals?|agrees? with|no|not|never|without|neither)\b[^.]{0,120}?\band\b"
    r"|\bterms and conditions\b",
    re.IGNORECASE,
)
_LISTED = r"(?<![0-9])、|、(?![0-9])"
# 和 in 之和, 与 in 参与, 及 in 以及 and 及时 join nothing; nor does 与 behind 须: 须与导师商定.
_NOUNS = (
    r"(?<![总共温之饱附缓须应需得已可会能\s])和(?![平谐睦解])|(?<![参给赋授须应需得已可会能])(?<!^)与(?!会|否|其|时)"
    r"|(?<![涉普提顾波触以])及(?![时格其以早第])|(?<=[^0-9\s])\s*[+＋&]\s*(?=[^0-9\s])"
)
_NOUN_JOINT = re.compile(rf"(?:{_LISTED}|{_NOUNS})(?!{_GOOD})")
_NOUN_JOINT_BUT_LISTED = re.compile(rf"(?:{_NOUNS})(?!{_GOOD})")
# Several nouns that one fact is about: what compares them, what is ruled out, what one of them has to be.
_ONE_FACT = re.compile(
    r"一致|相[符同等差]|同一|吻合|匹配|等于|之[和差间比]|总和|[有相无]关\s*$|对应\s*$|冲突|重[叠合]|商定|协商|不同|区别|差异"
    r"|不得(?![超低少早晚高大小多缺遗漏空]|为空|没有)|禁止|严禁|不含|不应|不能(?![缺少])|(?<!缺一)不可(?![缺少])|不允许|没有|未(?!来)|无(?![误需须])"
)
_GOVERNED = re.compile(r"符合|遵[守循照]|按照?|根据|依[据照]|围绕|关于|服从|用于|来自|仅?限(?![额期制])")
_IS_ONE_OF = re.compile(r"(?:须|应当?|必须|只能)(?:为|是|属于?)|属于")
_HANDED_IN = re.compile(r"附|材料|文件|凭证|资料|提供|提交|上传|出示|填写|注明|写明|签")
_KINDS_OF_PEOPLE = re.compile(r"(?:[究本科博硕士学]生|教师|[职员]工|人员)\s*(?:、|和|与|及)")
_EACH_OF_THEM = re.compile(r"签|盖|意见|同意|审[批核]|确认|均|都|各|分别")
_OF_SOME = re.compile(r"(?:、|和|与|及|或)[^，,]{0,60}的(?:还|均|都|一律)?(?:须|应|需|必须)")
# What has to agree with something else is shown by both.
_AGREEING = re.compile(
    r"(?:与|和|同|跟)[^，,。；;]{1,40}?(?:一致|相符|相同|吻合|匹配)|\bmatch(?:es)?\b|\bsame as\b|\bagrees? with\b"
)
# 须附发票须有签字, 有发票有签字: what is said twice asks twice.
_AGAIN = tuple(
    re.compile(word)
    for word in (
        r"(?<![的者无])(?:必须|须)(?!知)",
        r"(?<![没所含具享持占拥])有(?![效关限无所些的时利害机误])",
        r"附(?![件近属加录])",
    )
)


def count_demands(clause: str) -> int:
    """How many things a clause asks for, at least one.

    A clause that holds on a condition asks for one: that the condition is not met can be shown by one quote.
    """
    parts = [part.strip() for part in _COMMA.split(without_number(clause)) if part.strip()]
    if parts and _is_condition(parts, 0) and not _ALWAYS.fullmatch(parts[0]):
        return 1
    return max(1, sum(_count_in(parts, place) for place in range(len(parts))))


def _count_in(parts: list[str], place: int) -> int:
    part = parts[place]
    if _is_condition(parts, place) or _ADVERBIAL.fullmatch(part):
        return 0
    if place and (_is_aside(part) or (_is_condition(parts, place - 1) and _is_aside(parts[place - 1]))):
        return 0
    is_spelled_out = place > 0 and _SPELLED_OUT.match(part)
    return _count_in_part(_LEADING_JOINT.sub("", part, count=1) if place else part) - bool(is_spelled_out)


def _is_condition(parts: list[str], place: int) -> bool:
    if _CONDITION.fullmatch(parts[place]):
        return len(parts) > 1
    has_consequence = place + 1 < len(parts) and _CONSEQUENCE.match(parts[place + 1])
    return bool(has_consequence and _OVER.fullmatch(parts[place]))


def _is_aside(part: str) -> bool:
    return _ASIDE.match(part) is not None or _ONLY_GOOD.fullmatch(part) is not None


def _count_in_part(part: str) -> int:
    pieces = [part] if _ONE_TOGETHER.search(part) else _JOINT.split(part)
    said = [piece for piece in pieces if piece.strip() and not _ONLY_GOOD.fullmatch(piece)]
    return max(1, len(said)) + sum(_count_more(piece) for piece in said)


def _count_more(piece: str) -> int:
    """What a piece without a joint asks for besides the first thing."""
    again = max(len(word.findall(piece)) for word in _AGAIN) - 1
    return max(_count_nouns(piece), again, 0) + len(_AGREEING.findall(piece))


def _count_nouns(piece: str) -> int:
    joint = _NOUN_JOINT_BUT_LISTED if "或" in piece else _NOUN_JOINT
    found = joint.findall(piece)
    before = joint.split(piece, maxsplit=1)[0]
    is_choice = _IS_ONE_OF.search(before) and not _HANDED_IN.search(piece)
    is_of_some = _KINDS_OF_PEOPLE.search(piece) and not _EACH_OF_THEM.search(piece)
    if _ONE_FACT.search(piece) or _GOVERNED.search(before) or is_choice or is_of_some or _OF_SOME.search(piece):
        return 0
    return len(found)
