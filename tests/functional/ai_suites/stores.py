"""What every store of processes, forms, answers and uploads has to do."""

from __future__ import annotations

import os
from typing import Any

from taskbridge.ai.processes import Process
from taskbridge.tables.ai_answers import AnswerStatus
from tests.functional.ai_suites.builders import NOW, review

HOLDER, OTHER = "worker-1", "worker-2"
LEASE_S, KEPT_S = 60.0, 86_400.0
ANSWER, KEY = "fp1", "upload#aigc#abc#ocr"


class ProcessBehaviour:
    """Inherit, and give the fixture `processes` (as ProcessTable)."""

    def test_what_was_never_saved_is_new(self, processes: Any) -> None:
        stored = processes.load("S1")
        assert (stored.process, stored.version) == (Process("S1"), 0)

    def test_a_document_is_read_as_it_was_saved(self, processes: Any) -> None:
        stored = processes.load("S1")
        stored.process.facts["subject"] = (3, "请假 🎓")

        assert processes.save(stored) is True

        again = processes.load("S1")
        assert (again.process, again.version, stored.version) == (stored.process, 1, 1)

    def test_of_two_writers_the_second_loses_and_changes_nothing(self, processes: Any) -> None:
        for version in range(3):
            first, second = processes.load("S1"), processes.load("S1")
            first.process.is_deleted = version % 2 == 0
            second.process.ended_sequence = 99

            assert [processes.save(first), processes.save(second)] == [True, False]

            assert (first.version, second.version) == (version + 1, version)
            assert processes.load("S1").process == first.process


class FormBehaviour:
    """Inherit, and give the fixture `forms` (as FormTable)."""

    def test_a_form_is_read_as_it_was_put_however_often(self, forms: Any) -> None:
        assert forms.get("T1", "f1") is None
        for _ in range(2):
            forms.put("T1", "f1", b'{"fields": []}')

        assert forms.get("T1", "f1") == b'{"fields": []}'
        assert forms.get("T1", "f2") is None
        assert forms.get("T2", "f1") is None

    def test_a_form_that_cannot_be_compressed_is_kept_whole(self, forms: Any) -> None:
        body = os.urandom(1_100_000)

        forms.put("T1", "f1", body)

        assert forms.get("T1", "f1") == body

    def test_an_empty_form_is_a_form(self, forms: Any) -> None:
        forms.put("T1", "f1", b"")

        assert forms.get("T1", "f1") == b""

    def test_a_form_that_was_deleted_is_gone_and_its_neighbour_is_not(self, forms: Any) -> None:
        forms.put("T1", "f1", os.urandom(800_000))
        forms.put("T1", "f2", b"other")

        for _ in range(2):
            forms.delete("T1", "f1")

        assert (forms.get("T1", "f1"), forms.get("T1", "f2")) == (None, b"other")

    def test_the_end_of_a_form_that_is_not_there_brings_nothing_back(self, forms: Any) -> None:
        forms.expire("T1", "f1", NOW)

        assert forms.get("T1", "f1") is None


class AnswerBehaviour:
    """Inherit, and give the fixture `answers` (as AnswerTable)."""

    def begin(self, answers: Any, holder: str = HOLDER, now: float = NOW, sess_id: str = "S1") -> Any:
        return answers.begin(ANSWER, holder, now, now + LEASE_S, now + KEPT_S, sess_id)

    def append(self, answers: Any, *texts: str, first: int = 1) -> None:
        for number, text in enumerate(texts, start=first):
            assert answers.append(ANSWER, number, text, NOW + KEPT_S)

    def texts(self, answers: Any, after: int = 0, limit: int = 100) -> list[tuple[int, str]]:
        return [(piece.number, piece.text) for piece in answers.pieces(ANSWER, after, limit)]

    def test_one_asks_and_the_others_learn_when_to_look_again(self, answers: Any) -> None:
        assert answers.head(ANSWER) is None

        mine = self.begin(answers)
        other = self.begin(answers, OTHER, NOW + 1)

        assert (mine.state, mine.next_piece) == ("mine", 1)
        assert (other.state, other.lease_until, other.review) == ("running", NOW + LEASE_S, None)
        assert answers.head(ANSWER).status is AnswerStatus.RUNNING

    def test_who_asks_may_begin_again(self, answers: Any) -> None:
        self.begin(answers)

        assert self.begin(answers, HOLDER, NOW + 1).state == "mine"

    def test_a_finished_answer_is_there_for_everyone(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "金额", "没有超过限额。")

        assert answers.finish(ANSWER, HOLDER, review(), 2) is True

        for holder in (HOLDER, OTHER):
            flight = self.begin(answers, holder, NOW + KEPT_S / 2)
            assert (flight.state, flight.review) == ("done", review())
        head = answers.head(ANSWER)
        assert (head.status, head.review, head.last_piece) == (AnswerStatus.DONE, review(), 2)

    def test_a_viewer_goes_on_behind_the_piece_that_it_has(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "一", "二\n\n", "🎓")

        assert self.texts(answers) == [(1, "一"), (2, "二\n\n"), (3, "🎓")]
        assert self.texts(answers, 1) == [(2, "二\n\n"), (3, "🎓")]
        assert self.texts(answers, 0, 2) == [(1, "一"), (2, "二\n\n")]
        assert self.texts(answers, 3) == []

    def test_ten_and_more_pieces_stay_in_order(self, answers: Any) -> None:
        self.append(answers, *map(str, range(1, 26)))

        assert [number for number, _ in self.texts(answers)] == list(range(1, 26))

    def test_a_number_is_given_once(self, answers: Any) -> None:
        self.append(answers, "一")

        assert answers.append(ANSWER, 1, "壹", NOW + KEPT_S) is False
        assert answers.append(ANSWER, 1, "一", NOW + KEPT_S) is True  # a call that was repeated

        assert self.texts(answers) == [(1, "一")]

    def test_after_a_crash_the_next_goes_on_counting(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "一", "二")

        late = self.begin(answers, OTHER, NOW + LEASE_S)

        assert (late.state, late.next_piece) == ("mine", 3)
        assert answers.renew(ANSWER, HOLDER, NOW + 900) is False
        assert answers.finish(ANSWER, HOLDER, review(), 2) is False
        assert answers.fail(ANSWER, HOLDER, "late") is False
        assert answers.finish(ANSWER, OTHER, review(summary="second"), 5) is True
        assert answers.head(ANSWER).review == review(summary="second")

    def test_a_lease_is_renewed_by_who_has_it(self, answers: Any) -> None:
        assert answers.renew(ANSWER, HOLDER, NOW + 120) is False
        self.begin(answers)

        assert answers.renew(ANSWER, OTHER, NOW + 120) is False
        assert answers.renew(ANSWER, HOLDER, NOW + 120) is True

        assert self.begin(answers, OTHER, NOW + LEASE_S).lease_until == NOW + 120

    def test_what_failed_may_be_asked_again_at_once(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "一")

        assert answers.fail(ANSWER, HOLDER, "HTTP 503") is True

        head = answers.head(ANSWER)
        assert (head.status, head.reason, head.review) == (AnswerStatus.FAILED, "HTTP 503", None)
        again = self.begin(answers, OTHER, NOW + 1)
        assert (again.state, again.next_piece) == ("mine", 2)

    def test_a_finished_answer_does_not_fail_any_more(self, answers: Any) -> None:
        self.begin(answers)
        answers.finish(ANSWER, HOLDER, review(), 0)

        assert answers.fail(ANSWER, HOLDER, "late") is False
        assert answers.renew(ANSWER, HOLDER, NOW + 900) is False
        assert answers.head(ANSWER).review == review()

    def test_an_answer_goes_with_the_instance_that_shows_it(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "金额", "没有超过限额。")
        answers.finish(ANSWER, HOLDER, review(), 2)

        assert answers.leave(ANSWER, "S1") is True

        assert (answers.head(ANSWER), self.texts(answers)) == (None, [])
        assert answers.leave(ANSWER, "S1") is True  # also where it is told twice

    def test_an_answer_stays_while_another_instance_shows_it(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "一")
        answers.finish(ANSWER, HOLDER, review(), 1)
        assert self.begin(answers, OTHER, sess_id="S2").state == "done"

        assert answers.leave(ANSWER, "S1") is False
        assert (answers.head(ANSWER).review, self.texts(answers)) == (review(), [(1, "一")])

        assert answers.leave(ANSWER, "S2") is True
        assert (answers.head(ANSWER), self.texts(answers)) == (None, [])

    def test_who_answers_what_was_erased_leaves_nothing(self, answers: Any) -> None:
        self.begin(answers)
        self.append(answers, "一")
        answers.leave(ANSWER, "S1")

        self.append(answers, "二", first=2)
        assert answers.renew(ANSWER, HOLDER, NOW + 120) is False
        assert answers.finish(ANSWER, HOLDER, review(), 2) is False
        assert answers.fail(ANSWER, HOLDER, "late") is False
        assert answers.leave(ANSWER, "S1") is True

        assert (answers.head(ANSWER), self.texts(answers)) == (None, [])

    def test_of_an_answer_that_is_asked_for_again_only_who_asks_is_noted(self, answers: Any) -> None:
        self.begin(answers)
        answers.fail(ANSWER, HOLDER, "HTTP 503")
        assert self.begin(answers, OTHER, sess_id="S2").state == "mine"

        assert answers.leave(ANSWER, "S1") is False
        assert answers.leave(ANSWER, "S2") is True


class UploadBehaviour:
    """Inherit, and give the fixture `uploads` (as UploadTable)."""

    def claim(self, uploads: Any, holder: str = HOLDER, now: float = NOW) -> tuple[str, str]:
        claim = uploads.claim(KEY, holder, now, now + LEASE_S)
        return claim.state, claim.file_id

    def test_one_uploads_and_the_others_use_it(self, uploads: Any) -> None:
        assert self.claim(uploads) == ("mine", "")
        assert self.claim(uploads, OTHER) == ("busy", "")

        assert uploads.store(KEY, HOLDER, "file-1", NOW + KEPT_S) is True

        assert [self.claim(uploads, holder) for holder in (HOLDER, OTHER)] == [("known", "file-1")] * 2

    def test_who_uploads_may_claim_it_again_and_others_when_the_lease_is_over(self, uploads: Any) -> None:
        self.claim(uploads)

        assert self.claim(uploads, HOLDER, NOW + 1) == ("mine", "")
        assert self.claim(uploads, OTHER, NOW + LEASE_S) == ("busy", "")
        assert self.claim(uploads, OTHER, NOW + 1 + LEASE_S) == ("mine", "")
        assert uploads.store(KEY, HOLDER, "late", NOW + KEPT_S) is False

    def test_a_file_that_the_platform_no_longer_has_is_uploaded_again(self, uploads: Any) -> None:
        self.claim(uploads)
        uploads.store(KEY, HOLDER, "file-1", NOW + KEPT_S)

        assert self.claim(uploads, OTHER, NOW + KEPT_S - 1) == ("known", "file-1")
        assert self.claim(uploads, OTHER, NOW + KEPT_S) == ("mine", "")

    def test_an_upload_that_did_not_work_out_is_free_for_the_next(self, uploads: Any) -> None:
        self.claim(uploads)

        uploads.release(KEY, HOLDER)

        assert self.claim(uploads, OTHER) == ("mine", "")
