"""A document that this release cannot read stops nothing: neither its platform, nor another."""

from __future__ import annotations

from taskbridge.push.messages import encode_message
from taskbridge.tables.aside import Aside
from tests.builders import PLATFORM, START, message, platform
from tests.unit.reconciler.minute import Minute, names


def spoil(minute: Minute, sess_id: str) -> bytes:
    version, data = minute.instances.items[f"{PLATFORM}#{sess_id}"]
    minute.instances.items[f"{PLATFORM}#{sess_id}"] = (version, b"of another release")
    return data


def test_what_is_due_beside_it_is_sent_and_it_is_looked_at_again_later() -> None:
    minute = Minute()
    minute.platforms = [platform(), platform("other")]
    minute.put("S1", START - 2)
    minute.put("S2", START - 1)
    minute.put("S3", START - 1, "other")
    spoil(minute, "S1")

    sent = minute.run()

    assert names(sent) == ["S2", "S3"]
    assert minute.due_at("S1") == START + 900
    assert minute.instances.items[f"{PLATFORM}#S1"][1] == b"of another release"
    assert [args[:2] for args, _ in minute.heard("unreadable")] == [(PLATFORM, "S1")]


def test_a_page_that_names_it_is_passed() -> None:
    minute = Minute()
    minute.put("S1")
    minute.put("S2")
    spoil(minute, "S1")
    minute.run()
    minute.add_page(START + 100, "S1", "S2")

    minute.now = START + 2_000
    minute.run()

    assert minute.due_at("S2") > 0


def test_what_was_set_aside_is_told_every_minute_and_sent_on_when_it_can_be() -> None:
    minute = Minute()
    minute.put("S1")
    data = spoil(minute, "S1")
    told = message("task_completed", 2)
    minute.instances.set_aside([Aside(PLATFORM, "S1", encode_message(told), START - 600)])

    assert minute.run() == []
    assert minute.heard("aside") == [((PLATFORM, 1), {})]
    minute.instances.items[f"{PLATFORM}#S1"] = (1, data)

    assert list[object](minute.run()) == [told]
    assert minute.run() == []


def test_what_waits_for_a_document_that_a_person_deleted_goes_into_a_new_one() -> None:
    minute = Minute()
    told = message("task_received", 1, sess_id="gone")
    minute.instances.set_aside([Aside(PLATFORM, "gone", encode_message(told), START - 600)])

    assert list[object](minute.run()) == [told]


def test_a_message_of_another_release_that_waits_aside_holds_up_no_other() -> None:
    minute = Minute()
    told = message("task_completed", 2)
    unknown = encode_message(told).replace('"kind":"event"', '"kind":"of another release"')
    for body in (unknown, encode_message(told)):
        minute.instances.set_aside([Aside(PLATFORM, "S1", body, START - 600)])

    assert list[object](minute.run()) == [told]
    assert minute.heard("aside") == [((PLATFORM, 1), {})]
