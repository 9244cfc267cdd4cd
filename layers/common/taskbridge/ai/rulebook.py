"""The rule in force for each seat, and the basis that an analysis must have to be today's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskbridge.ai.fingerprints import build_basis
from taskbridge.ai.rules import NodeKey, PersonalRule, RuleInForce, resolve_rule
from taskbridge.ai.seats import Analysis, Seat, SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice

if TYPE_CHECKING:
    from taskbridge.tables.ai_rules import RuleTable

SeatKey = tuple[str, str]  # (uid, task_id)


@dataclass(frozen=True, slots=True)
class Switches:
    """The settings of AI approval with the model that they come to."""

    settings: AiSettings
    choice: ModelChoice


@dataclass(frozen=True, slots=True)
class Standing:
    """What is asked of a seat's form today: the rule in force, who is asked, and the basis of the answer."""

    rule: RuleInForce
    switches: Switches
    basis: str

    @property
    def is_automatic(self) -> bool:
        """Whether the task is analysed without anybody asking."""
        return self.rule.automatic


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that one person has in force, by node, and the own ones among them; a node without is left out."""

    switches: Switches
    rules: Mapping[NodeKey, RuleInForce]
    owns: Mapping[NodeKey, PersonalRule]

    def has_rule(self, app_id: str, node_id: str) -> bool:
        """Whether the person has a rule there; one that asks nothing is one too: it says that nothing is wanted."""
        return (app_id, node_id) in self.rules or (app_id, node_id) in self.owns

    def standing(self, seat: Seat) -> Standing | None:
        """The standing of a seat of this person; None where nothing is asked of its form."""
        rule = self.rules.get((seat.app_id, seat.node_id))
        return _build_standing(seat, rule, self.switches) if rule is not None and rule.enabled else None


class RuleBook:
    """Reads the rules of seats in two batches, however many there are."""

    def __init__(self, rules: RuleTable, switches: Callable[[], Switches]) -> None:
        self._rules = rules
        self._switches = switches

    def standing(self, seat: Seat) -> Standing | None:
        """The standing of one seat."""
        return self.standings([seat]).get((seat.uid, seat.task_id))

    def in_force(self, uid: str, nodes: Iterable[NodeKey]) -> InForce:
        """What one person has in force on these nodes, also rules that the person switched off. Raises StoreError."""
        wanted = list(dict.fromkeys(nodes))
        switches = self._switches()
        if not switches.settings.examine_enable or not wanted:
            return InForce(switches, {}, {})
        owns = self._rules.owns([(uid, *node) for node in wanted])
        defaults = self._rules.defaults(wanted)
        found = {
            node: resolve_rule(switches.settings, owns.get((uid, *node)), defaults.get(node), node[0])
            for node in wanted
        }
        rules = {node: rule for node, rule in found.items() if rule is not None}
        return InForce(switches, rules, {(own.app_id, own.node_id): own for own in owns.values()})

    def standings(self, seats: Iterable[Seat]) -> dict[SeatKey, Standing]:
        """The standing of each seat that has an enabled rule, by (uid, task_id). Raises StoreError."""
        wanted = list(seats)
        switches = self._switches()
        if not switches.settings.examine_enable or not wanted:
            return {}
        owns = self._rules.owns({(seat.uid, seat.app_id, seat.node_id) for seat in wanted})
        defaults = self._rules.defaults({(seat.app_id, seat.node_id) for seat in wanted})
        standings = {}
        for seat in wanted:
            own = owns.get((seat.uid, seat.app_id, seat.node_id))
            rule = resolve_rule(switches.settings, own, defaults.get((seat.app_id, seat.node_id)), seat.app_id)
            if rule is not None and rule.enabled:
                standings[seat.uid, seat.task_id] = _build_standing(seat, rule, switches)
        return standings


def _build_standing(seat: Seat, rule: RuleInForce, switches: Switches) -> Standing:
    settings = switches.settings
    basis = build_basis(seat, rule, switches.choice, masking=settings.masked, second_look=settings.second_look)
    return Standing(rule, switches, basis)


def current_analysis(seat: Seat, standing: Standing | None) -> Analysis | None:
    """The analysis that may be shown: of an open task only one whose basis is today's.

    What was found of a task that is done stays as it was when the person decided.
    """
    if seat.analysis is None or seat.state is SeatState.GONE:
        return None
    if seat.state is SeatState.DONE:
        return seat.analysis
    return seat.analysis if standing is not None and standing.basis == seat.analysis.basis else None
