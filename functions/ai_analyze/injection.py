"""Text in a form or a file that speaks to the model instead of to the approver. Pure.

No list of phrases can be complete, and none has to be: what protects is that quotes are checked and that people
decide. But a model that obeyed such a text can quote truthfully all the same, so where one is seen, no approve stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ai_analyze.evidence import fold
from ai_analyze.sources import Source

# Over folded text in lower case, which has no white space. No pattern can take more than linear time.
_PHRASES = re.compile(
    r"(?:忽略|无视|不要理会|不用理会|跳过|绕过|忘记|忘掉).{0,12}(?:规则|指令|指示|提示|约束|设定|说明)"
    r"|(?:直接|一律|必须|务必|自动|总是).{0,4}(?:输出|判定为?|判为|返回|给出|回答|回复).{0,8}(?:通过|批准|同意|符合|approve|pass)"
    r"|(?:直接|一律|无条件|自动|必须)(?:予以|给予)?(?:通过|批准|同意|放行)(?:本|该|此|这|审批|审核|申请|即可|[。！!,;]|$)"
    r"|(?:输出|返回|回答|回复|判定|结论|verdict|result).{0,6}(?:approve|needs_human|[\"']pass[\"'])"
    r"|(?:你是|你现在是|作为|扮演).{0,8}(?:ai|人工智能|智能助手|语言模型|大模型|审批助理|审批助手)"
    r"|(?:系统|管理员|开发者)(?:提示词?|消息|指令|授权你|要求你|命令你)"
    r"|(?:提示词|系统消息|systemprompt|systemmessage|developermessage|材料(?:开始|结束)[0-9a-f]{8})"
    r"|(?:告诉我|透露|泄露|打印|复述|显示).{0,10}(?:提示词|系统消息|别的表单|其他表单|其他申请|密钥|token)"
    r"|(?:ignore|disregard|forget|override|bypass).{0,24}(?:previous|above|prior|earlier|all|rules?|instructions?|prompts?)"
    r"|youare(?:now)?(?:an?|the)?.{0,16}(?:ai|assistant|model|chatbot|reviewer)"
    r"|(?:output|respond|reply|answer|return|say|print).{0,16}(?:approve|needs_human)"
    r"|mark.{0,24}as[\"']?(?:approved?|pass(?:ed)?)|[\"']?verdict[\"']?:"
    r"|(?:verdict|findings?|result)(?:均|都|全部)?(?:设为|置为|改为|填为|写为)"
    r"|(?:模型|人工智能|ai|llm)(?:须知|请注意|注意)|noteto(?:the)?(?:llm|ai|model)|recommendapprov"
    r"|(?:人工智能|大模型|语言模型|ai)(?:系统)?.{0,24}(?:认定|判定|视为).{0,8}(?:合规|通过|符合|合格)"
    r"|(?:请回答|请回复)[:：]?[\"'「“]?(?:全部)?(?:通过|批准|同意|符合)|解码(?:后|并)(?:执行|照做|遵照)"
    r"|<\|(?:im_|system|user|assistant|endof)|\[/?inst\]|<<sys>>|###(?:system|instruction)|jailbreak|越狱模式"
)


def find_injections(sources: Iterable[Source]) -> tuple[str, ...]:
    """Labels of the fields and names of the attachments in which the model is spoken to, in order."""
    return tuple(
        source.name if source.is_file else f"字段「{source.label}」"
        for source in sources
        if any(speaks_to_model(text) for text in (source.label, *source.pages))
    )


def speaks_to_model(text: str) -> bool:
    """Whether `text` holds one of the phrases."""
    return _PHRASES.search(fold(text).casefold()) is not None
