"""What is too large for one item: stored in parts, read whole or not at all, and cleared by the next writer."""

from __future__ import annotations

import random
from typing import Any

import pytest

from taskbridge.tables.dynamo import PART_BYTES, to_item
from taskbridge.tables.parts import Parts, PartTable, SplitBody, parts_in
from tests.functional.aws import Tables

BYTES = random.Random(5).randbytes(3 * PART_BYTES + 1)


@pytest.fixture
def parts(moto: Any, moto_tables: Tables) -> PartTable:
    return PartTable(moto, moto_tables.PartTable)


def test_bytes_of_any_length_come_back_whole(parts: PartTable) -> None:
    bodies = [
        SplitBody(f"instances#jz#S{length}", "g", BYTES[:length])
        for length in (1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 1)
    ]

    parts.put(bodies)

    assert parts.load(body.parts for body in bodies) == {body.parts: body.data for body in bodies}
    assert [body.parts.count for body in bodies] == [1, 1, 2, 4]


def test_a_head_finds_them_by_the_reference_that_it_keeps(parts: PartTable) -> None:
    body = SplitBody("instances#jz#S#1", "000000000007-ab#c", BYTES)

    assert parts_in(body.document, to_item({"parts": body.parts.reference})) == body.parts
    assert parts_in(body.document, {}) is None


def test_what_is_not_whole_is_left_out(parts: PartTable, moto: Any, moto_tables: Tables) -> None:
    whole, broken = (SplitBody(f"d{number}", "g", BYTES) for number in range(2))
    parts.put([whole, broken])
    moto.delete_item(TableName=moto_tables.PartTable, Key=broken.parts.keys()[2])

    assert parts.load([whole.parts, broken.parts]) == {whole.parts: BYTES}


def test_clearing_takes_the_generations_before_and_spares_the_named_one_and_later_ones(parts: PartTable) -> None:
    bodies = [SplitBody("d", generation, BYTES) for generation in ("01-a", "02-a", "02-b", "03-a")]
    parts.put([*bodies, SplitBody("other", "01-a", BYTES)])

    parts.clear("d", before="03", but="02-b")

    left = parts.load([*(body.parts for body in bodies), Parts("other", "01-a", 4)])
    assert [(each.document, each.generation) for each in left] == [("d", "02-b"), ("d", "03-a"), ("other", "01-a")]


def test_parts_have_an_end_where_their_document_has_one(parts: PartTable, moto: Any, moto_tables: Tables) -> None:
    parts.put([SplitBody("mortal", "g", b"x", expires_at=1_800_000_000), SplitBody("kept", "g", b"x")])

    items = {item["document"]["S"]: item for item in moto.scan(TableName=moto_tables.PartTable)["Items"]}
    assert items["mortal"]["expires_at"] == {"N": "1800000000"}
    assert "expires_at" not in items["kept"]
