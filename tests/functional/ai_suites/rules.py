"""What every store of rules has to do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from taskbridge.errors import StaleVersion
from taskbridge.tables.ai_rules import DEFAULT_OWNER
from tests.functional.ai_suites.builders import APP, NODE, UID, node_default, own_rule


class RuleBehaviour:
    """Inherit, and give the fixture `rules` (as RuleTable)."""

    def test_a_rule_is_read_as_it_was_saved_with_its_version(self, rules: Any) -> None:
        assert rules.default(APP, NODE) is None

        saved = rules.save_default(node_default(), 0)

        assert saved == node_default(version=1)
        assert rules.default(APP, NODE) == saved
        assert rules.save_own(own_rule(), 0) == own_rule(version=1)
        assert rules.owns([(UID, APP, NODE)]) == {(UID, APP, NODE): own_rule(version=1)}

    def test_every_change_counts_one_further(self, rules: Any) -> None:
        for version in range(4):
            assert rules.save_default(node_default(rule=f"第 {version} 版"), version).version == version + 1

        assert rules.default(APP, NODE) == node_default(rule="第 3 版", version=4)

    @pytest.mark.parametrize("expected", [0, 1, 3])
    def test_who_has_not_seen_the_newest_version_is_refused(self, rules: Any, expected: int) -> None:
        for version in range(2):
            rules.save_default(node_default(), version)
            rules.save_own(own_rule(), version)

        with pytest.raises(StaleVersion):
            rules.save_default(node_default(rule="别的"), expected)
        with pytest.raises(StaleVersion):
            rules.save_own(own_rule(rule="别的"), expected)

        assert rules.default(APP, NODE) == node_default(version=2)
        assert rules.owns([(UID, APP, NODE)])[UID, APP, NODE] == own_rule(version=2)

    def test_many_are_read_at_once_and_those_that_do_not_exist_are_left_out(self, rules: Any) -> None:
        for node_id in ("n1", "n2"):
            rules.save_default(node_default(node_id=node_id), 0)
        rules.save_own(own_rule(), 0)

        assert set(rules.defaults([(APP, "n1"), (APP, "n3"), (APP, "n1"), (APP, "n2")])) == {(APP, "n1"), (APP, "n2")}
        assert set(rules.owns([(UID, APP, NODE), ("u-9", APP, NODE)])) == {(UID, APP, NODE)}

    def test_an_older_publication_never_replaces_a_newer_one(self, rules: Any) -> None:
        rules.save_default(node_default(published_sequence=7), 0)

        with pytest.raises(StaleVersion):
            rules.save_default(node_default(published_sequence=6, rule="旧的"), 1)
        assert rules.save_default(node_default(published_sequence=7, rule="管理员改的"), 1).version == 2

    def test_a_publication_that_changed_nothing_is_remembered(self, rules: Any) -> None:
        rules.save_default(node_default(published_sequence=5), 0)

        assert rules.mark_published(APP, NODE, 7, 1) is True
        assert rules.mark_published(APP, NODE, 6, 1) is False
        assert rules.mark_published(APP, NODE, 9, 2) is False, "another version has been saved since it was compared"

        assert rules.default(APP, NODE) == node_default(published_sequence=7, version=1)

    def test_what_was_cleared_is_remembered_over_the_next_versions(self, rules: Any) -> None:
        saved = rules.save_default(node_default(), 0)

        assert rules.mark_cleared(DEFAULT_OWNER, APP, NODE, 1) is True
        assert rules.mark_cleared(DEFAULT_OWNER, APP, NODE, 1) is False
        rules.save_default(msgspec.structs.replace(saved, rule="新的"), 1)

        stored = rules.default(APP, NODE)
        assert (stored.version, stored.cleared_version) == (2, 1)
