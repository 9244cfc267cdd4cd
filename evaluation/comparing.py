"""Asks readers about the same forms: with their checks and without, and with a fact changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from ai_analyze.review import Link
from evaluation.asking import Asking
from evaluation.comparison import Compared
from evaluation.flips import score_flips
from evaluation.golden import GoldenForm
from evaluation.readers import ReaderName, link_to
from evaluation.remembering import Remembering
from evaluation.scores import Outcome
from evaluation.variants import Variant
from taskbridge.ai.flips import FlipScore

Heard = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """The forms that readers are asked about, and those with a fact changed."""

    forms: tuple[GoldenForm, ...]
    variants: tuple[Variant, ...]

    @property
    def changed(self) -> tuple[GoldenForm, ...]:
        """The changed forms and what they were before, without checks: the reader alone decides."""
        bases = {variant.base.name: variant.base for variant in self.variants}
        return tuple(map(without_checks, (*bases.values(), *(variant.golden for variant in self.variants))))

    @property
    def before(self) -> dict[str, GoldenForm]:
        """What each changed form was."""
        return {variant.golden.name: variant.base for variant in self.variants}

    def compare(self, name: str, asking: Asking, heard: Heard) -> Compared:
        """What came of the forms. `heard` is told each with its checks when it comes."""
        with_checks = asking.evaluate(self.forms, heard)
        alone = asking.evaluate(tuple(map(without_checks, self.forms)), lambda _: None)
        return Compared(name, tuple(with_checks), tuple(alone))

    def flip(self, asking: Asking, heard: Heard) -> dict[str, FlipScore]:
        """How the findings followed the changes."""
        return score_flips(self.variants, asking.evaluate(self.changed, heard))

    def compare_scripted(self, names: Sequence[ReaderName], heard: Heard) -> list[Compared]:
        """The same of scripted readers."""
        return [self.compare(name, self.asking_scripted(name), heard) for name in names]

    def asking_scripted(self, name: ReaderName) -> Asking:
        """How a scripted reader is asked."""
        return Asking(link_to(name, self.before))


def without_checks(golden: GoldenForm) -> GoldenForm:
    """The same form, of which nothing is computed."""
    return msgspec.structs.replace(golden, checks=())


def asking_once(link: Link, asking: Asking) -> Asking:
    """The same, of a platform that is paid once for each question: checks do not stand in it."""
    remembered = replace(link, client=Remembering(link.client))
    return replace(asking, link_to=lambda _: remembered)
