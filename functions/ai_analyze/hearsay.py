"""A quote in which a form speaks of its own review: all conditions are met, the limit is waived, it was checked before.

Such words are true as a quote and show nothing of the matter, whoever wrote them. Pure.
"""

from __future__ import annotations

import re

from ai_analyze.unveiling import unveil

_LONGEST_LABEL = 12
_OPINION = re.compile(r"意见|批示|审[批核查]|复核|结论|opinion|comment|approval|review")
_REVIEWED = (
    r"(?:(?:本|该|此|这)(?:次|份|项|张|笔)?(?:申请|表单|单据?|事项|项目|报销|采购|请假)|条款|各[条项]|逐[条项]"
    r"|每一?[条项]|所有|全部|一切|上述|以上|前述"
    r"|要求|规定|规则|限[额制]|约束|材料|条件|标准|审[批核查]|复核|核[对验查]|预审)"
)
_SETTLED = (
    r"(?:满足|符合|达[到标]|合规|合格|齐[全备]|无误|无[异疑]议|无[需须]|不作要求|不[再受].{0,8}(?:约束|限制|适用"
    r"|审|核)|豁免|免除|免于|特批|答应"
    r"|认定|确认|视[同为]|通过|没有问题)"
)
_CLAIMED = re.compile(
    rf"{_REVIEWED}.{{0,16}}?(?:均|都|全部|全|完全|皆|已经?|一律|视同|视为|不[作受再]|无[需须]|经.{{0,6}}特批)"
    rf".{{0,16}}?{_SETTLED}"
    rf"|(?:均|都|全部|皆|已经?).{{0,10}}{_SETTLED}.{{0,12}}{_REVIEWED}"
    rf"|{_REVIEWED}.{{0,10}}?视同|不受.{{0,8}}(?:限[额制]|约束|规[定则]|条款)|口头(?:答应|同意|批准)"
)
_CLAIMED_EN = re.compile(
    r"(?<![a-z])(?:items?|requirements?|clauses?|conditions?|limits?|rules?|requests?|applications?|papers?|criteria"
    r"|everything)(?![a-z])[^.!?]{0,60}?"
    r"(?<![a-z])(?:met|satisf(?:y|ies|ied)|compl(?:y|ies|iant)|in (?:order|full)|waived|confirmed|certified"
    r"|fulfilled|not concern|count as|exempt(?:ed)?|examined)(?![a-z])"
    r"|(?<![a-z])(?:certified|confirmed|found|checked|verified)[^.!?]{0,40}?(?<![a-z])(?:compl(?:y|ies)|in order"
    r"|all of them|requirements?|clauses?)(?![a-z])"
)
# An approval in a quote is the matter itself only for a clause that asks for one.
_APPROVING = re.compile(
    r"通过|同意|批准|放行|审[批核]|规则|(?<![a-z])(?:approv(?:e|ed|al)|pass|verdict|say yes|reviewer)(?![a-z])"
)
_ABOUT_APPROVAL = re.compile(
    r"通过|同意|批准|放行|审|批|验|评|核|许可|意见|签|规则|approv|pass|review|consent|sign|permi"
)


def is_hearsay(quote: str, clause: str = "") -> bool:
    """Whether a quote says of the review that it has come out well, or is not needed, or how it should come out."""
    plain = unveil(quote)
    if clause and _APPROVING.search(plain) and not _ABOUT_APPROVAL.search(unveil(clause)):
        return True
    return _CLAIMED.search(plain) is not None or _CLAIMED_EN.search(plain) is not None


def asks_for_opinion(clause: str, label: str) -> bool:
    """Whether a clause asks by its name for a field of somebody's opinion: then such words are the matter itself."""
    bare = unveil(label).strip()
    return len(bare) <= _LONGEST_LABEL and _OPINION.search(bare) is not None and bare in unveil(clause)
