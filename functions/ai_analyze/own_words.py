"""What a model says in its own words, beside the verdict that it gives. Pure.

A careful reading of a few phrases: it cannot tell that words and verdict agree, but where they speak against each
other, a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ai_analyze.evidence import fold
from ai_analyze.fence import clean
from taskbridge.ai.results import Finding, FindingResult, Verdict

_END_OF_PROSE = 240
# What takes the sting out of the words behind it: 没有不符合之处, 不存在任何违规. Between stand words of no weight.
_DENIED = re.compile(
    r"(?:不|没有?|未|无|并?非)(?:再|会|必|得|须|需要?|应当?|被|予以?|曾|有|存在|发现|见|出现|受过?|任何|明显|其[他它]|相关|此类|上述|的"
    r"|金额|材料|规定|要求|条款|事项|情形|情况|和|或|及|、|违规|违纪|违法|原因|理由|一条|哪条)*$"
)
_DENIED_EN = re.compile(
    r"(?:\b(?:no|not|never|without|none|nothing|neither|nor|any|cannot)|n't)(?: (?:be|been|being|is|are|was|were|has"
    r"|have|reasons?|grounds?|needs?|to|the|an?|of|that|yet|clauses?|items?|requirements?|rules?|conditions?|such|other|any"
    r"|single|it|should))*\W*$"
)
# 0 条不符合, 是否超出限额：否, 不符合项：无.
_COUNTED_NONE = re.compile(r"(?:(?<![0-9.])[0零](?:[条项处个]|条款)|是否)$")
_NONE_OF_IT = re.compile(r"(?:项|条款|之处|情况|情形|事项|内容)*[:为是](?:无(?!法)|没有|否|[0零](?![0-9.]))")
_SUPPOSED = re.compile(r"(?:如(?![上下此前])果?|若|倘若|一旦|假如)[^，。；,.;]{0,20}$")
_PAPERS = r"(?:发票|票据|合同|签[字名]|盖章|附件|材料|证明|文件|凭证|单据|依据|证据|信息|说明)"
_MOST_BEFORE = 60
_AGAINST = re.compile(
    r"(?:建议|应当?|应予|予以|宜|须|需要?|只能|理应|故|因此|所以|(?<!申)请|结论[:是为]*|意见[:是为]*)(?:直接|先|予以|将其|被|该申请|本申请|此申请)?"
    r"(?:拒绝|驳回|退回|否决|不通过|不予通过|不同意|不批准|不予批准|不予同意|补正)"
    r"|否决|驳回|不通过|不同意(?!见)"
    r"|建议(?:转|由|进一步|先)?人工"
    r"|(?:不予|不应|不能|不得|不可|不宜|无法|不建议|暂不|暂缓)(?:予以|直接)?(?:通过|批准|同意|认可|准予|审批)"
    r"|未(?:能|予|获|被|得)?(?:通过|批准|获批|准予)"
    r"|(?:审核|审批|核对|整体|总体)?(?:结论|结果|意见)[:是为]+(?:不通过|不同意|不符合|拒绝|驳回)"
    r"|建议(?:拒绝|驳回)"
    r"|(?:需要?|须|(?<!申)请|应当?|有待|待|要求)(?:申请人|其|再|先|进一步|另行)*(?:补[充交齐正上]|重新提交|更正)"
    rf"|(?:缺[少失乏]?|欠缺|遗漏)(?:了|必要的?|相关的?|所需的?|规定的?|[^，。；,.;]{{0,10}})?{_PAPERS}"
)
_AGAINST_EN = re.compile(
    r"\breject(?:s|ed|ing|ions?)?\b|\bden(?:y|ies|ied|ial)\b|\bdeclined?\b|\bdisapprov\w+|\bunapproved\b"
    r"|(?:\bnot|n't|cannot|never)(?: (?:be|been|yet|to|recommend(?:ed)?|for))* approv\w*"
    r"|\b(?:should|must|to)(?: be)? return(?:ed)?\b"
)
_FAILING = re.compile(
    r"不符合|不满足|不达标|不合规|不合格|不合(?:要求|规定|标准)|不符(?!合)|违反了?|(?:违规|违纪|违法)+|不予通过|应予?(?:拒绝|驳回|退回)"
    r"|(?:超出|超过|突破)了?(?:规定的?)?(?:[0-9][0-9,.]*.{0,3}的?)?(?:上限|限额|标准|预算|规定|额度|限制|期限|余额)(?!的)"
    r"|超标|超限|超支|(?:未|没有?)(?:能|予|见)?(?:附|提供|上传|提交|签[字名署]|盖章|满足|符合|达标)"
)
_FAILING_EN = re.compile(
    r"(?:\bnot|n't)(?: (?:been|fully|yet|be|entirely|quite|in))* (?:met|meets?|satisf\w+|compl\w+|fulfil\w*)\b"
    r"|\bnon-?complian\w+|\bunmet\b|\bviolat(?:es|ed|ing|ions?)\b|\bfail(?:s|ed|ures?)?\b"
    r"|\bexceed(?:s|ed|ing)? (?:the |its |this )?(?:\w+ )?(?:limit|cap|maximum|allowance|budget)\b"
    r"|\b(?:is|are) missing\b|\bmissing (?:an? |the )?(?:\w+ )?(?:invoice|contract|signature|attachment|document)"
)
_FOR = re.compile(r"(?<!不)(?<!难以)(?:建议|应当?|可以|予以)(?:予以|直接)?(?:通过|批准|同意)")
_FOR_EN = re.compile(r"(?<!not )\b(?:recommend(?:ed)?|should)(?: be)? approv")


def contradicts_itself(verdict: Verdict, summary: str, prose: str, findings: Iterable[Finding]) -> bool:
    """Whether the summary, the end of the prose or the reason of a finding speak against the verdict."""
    if verdict is Verdict.APPROVE:
        reasons = [finding.reason for finding in findings if finding.result is FindingResult.PASS]
        return any(map(speaks_against, (summary, prose[-_END_OF_PROSE:], *reasons)))
    return verdict is Verdict.REJECT and bool(_FOR.search(_plain(summary)) or _FOR_EN.search(_spaced(summary)))


def speaks_against(text: str) -> bool:
    """Whether a text advises against an approval, or says that something fails."""
    plain, spaced = _plain(text), _spaced(text)
    return (
        _says(_AGAINST, plain, _DENIED, _COUNTED_NONE)
        or _says(_FAILING, plain, _DENIED, _COUNTED_NONE, _SUPPOSED)
        or _says(_AGAINST_EN, spaced, _DENIED_EN)
        or _says(_FAILING_EN, spaced, _DENIED_EN)
    )


def _says(words: re.Pattern[str], text: str, *undone: re.Pattern[str]) -> bool:
    """Whether the words stand in the text, with nothing around them that undoes what they say."""
    return any(
        not _NONE_OF_IT.match(text, found.end())
        and not any(each.search(text[max(0, found.start() - _MOST_BEFORE) : found.start()]) for each in undone)
        for found in words.finditer(text)
    )


def _plain(text: str) -> str:
    return fold(text).casefold()


def _spaced(text: str) -> str:
    """For a language that parts its words by blanks."""
    return " ".join(clean(text).replace("’", "'").casefold().split())
