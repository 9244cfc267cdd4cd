"""The attachments of the sample events: `python -m tests.unit.sample_attachments` writes them anew."""

from __future__ import annotations

from local.simulators import ATTACHMENTS
from tests.unit.ai.attachments.made_pdfs import make_pdf

INVITATION = (
    "东湖大学校友会",
    "邀请函",
    "周雨桐同学：",
    "兹邀请你于2026年11月25日至26日参加校友返校日志愿服务培训，请安排好学业。",
    "东湖大学校友会",
    "2026年11月18日",
)
INVOICE = (
    "电子发票（普通发票）",
    "发票号码：26322000000123456789",
    "购买方名称：东湖大学",
    "项目：会议注册费",
    "价税合计：¥1,286.50",
    "开票日期：2026年11月10日",
)
SWAPPED_INVOICE = (
    "电子发票（普通发票）",
    "发票号码：26322000000987654321",
    "购买方名称：东湖大学",
    "项目：实验耗材",
    "价税合计：¥4,280.00",
    "开票日期：2026年11月12日",
)
TEXTS = {"invitation.pdf": INVITATION, "invoice-1286.pdf": INVOICE, "invoice-4280.pdf": SWAPPED_INVOICE}
SCAN = "invoice-scan.pdf"

if __name__ == "__main__":
    ATTACHMENTS.mkdir(exist_ok=True)
    for name, lines in TEXTS.items():
        (ATTACHMENTS / name).write_bytes(make_pdf(lines))
    (ATTACHMENTS / SCAN).write_bytes(make_pdf((), picture=0.9))
