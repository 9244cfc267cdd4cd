"""What a model says in its own words, beside the verdict that it gives. Pure.

A careful reading of a few phrases: it cannot tell that words and verdict agree, but where they speak against each
other, a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ai_analyze.evidence import fold
from taskbridge.ai.results import Finding, FindingResult, Verdict

CONTRADICTED = "模型的文字与它的结论不一致"
_END_OF_PROSE = 240
# What takes the sting out of the words behind it: 没有不符合之处, no violation.
_DENIALS = (
    "不",
    "没有",
    "没有发现",
    "未发现",
    "未见",
    "并无",
    "不存在",
    "无",
    "无须",
    "无需",
    "不会",
    "no",
    "not",
    "any",
)
_DENIED = "".join(f"(?<!{word})" for word in _DENIALS)
_AGAINST = re.compile(
    rf"{_DENIED}(?:"
    r"(?:建议|应当?|应予|予以|宜|须|需要?|只能|理应|故|因此|所以|结论[:是为]*|意见[:是为]*)(?:直接|先|予以|将其|被|该申请|本申请|此申请)?"
    r"(?:拒绝|驳回|退回|否决|不通过|不予通过|不同意|不批准|不予批准|不予同意|补正)"
    r"|建议(?:转|由|进一步|先)?人工"
    r"|(?:不予|不应|不能|不得|不可|不宜|无法|不建议)(?:予以|直接)?(?:通过|批准|同意|认可|准予)"
    r"|(?:审核|审批|核对|整体|总体)?(?:结论|结果|意见)[:是为]+(?:不通过|不同意|不符合|拒绝|驳回)"
    r"|不通过[。.!]?$|不同意[。.!]?$|建议拒绝|建议驳回"
    r"|(?:should|must|to)(?:be)?(?:reject(?:ed)?|den(?:y|ied)|return(?:ed)?)|recommend(?:s|ed|ing)?(?:to)?reject(?:ion|ing)?"
    r"|(?:can|should|must|do|does|will)(?:not|n't)(?:be)?approved?|notrecommend(?:ed)?(?:for)?approv"
    r")"
)
_FAILING = re.compile(
    rf"{_DENIED}(?:不符合|不满足|不达标|不合规|不合格|不符(?!合)|违反了?|不予通过|应予?(?:拒绝|驳回|退回)"
    r"|doesnot(?:meet|comply|satisfy)|(?:is|are|was)not(?:met|satisfied|compliant)|non-?compliant|violat(?:es|ed|ion))"
)
_FOR = re.compile(
    r"(?<!不)(?<!难以)(?:建议|应当?|可以|予以)(?:予以|直接)?(?:通过|批准|同意)|(?<!not)(?:recommend(?:ed)?|should)(?:be)?approv"
)


def contradicts_itself(verdict: Verdict, summary: str, prose: str, findings: Iterable[Finding]) -> bool:
    """Whether the summary, the end of the prose or the reason of a finding speak against the verdict."""
    if verdict is Verdict.APPROVE:
        reasons = [finding.reason for finding in findings if finding.result is FindingResult.PASS]
        return any(map(speaks_against, (summary, prose[-_END_OF_PROSE:]))) or any(
            _AGAINST.search(reason) or _FAILING.search(reason) for reason in map(_plain, reasons)
        )
    return verdict is Verdict.REJECT and _FOR.search(_plain(summary)) is not None


def speaks_against(text: str) -> bool:
    """Whether a text advises against an approval."""
    return _AGAINST.search(_plain(text)) is not None


def _plain(text: str) -> str:
    return fold(text).casefold()
