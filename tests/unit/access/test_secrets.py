"""Secrets of platforms: newest first, kept for five minutes, read in one call."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from taskbridge.access.secrets import PlatformSecrets, SecretKeeper
from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.tables.configuration import PlatformConfig

NAME = "/taskbridge/dev/platforms/jinzhi/app_secret"


def platform(platform_id: str = "jinzhi", version: int = 1, **secrets: tuple[str, ...]) -> PlatformConfig:
    return PlatformConfig(platform_id, "金智", "JinZhiTaskCenter", True, version, {}, secrets=secrets)


class Parameters:
    """SSM as far as it is asked, with a count of the calls."""

    def __init__(self, **values: str) -> None:
        self.values = {f"{NAME}{suffix}": value for suffix, value in values.items()}
        self.down = False
        self.calls: list[list[str]] = []

    def get_parameters(self, *, Names: list[str], WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Names)
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        assert WithDecryption
        # SSM answers in an order of its own.
        found = [{"Name": name, "Value": self.values[name]} for name in sorted(Names)[::-1] if name in self.values]
        return {"Parameters": found, "InvalidParameters": [name for name in Names if name not in self.values]}


class Setup:
    def __init__(self, values: dict[str, str]) -> None:
        self.now = 1_750_000_000.0
        self.ssm = Parameters(**values)
        self.config = platform()
        client: Any = self.ssm
        self.secrets = PlatformSecrets(client, "/taskbridge/dev", lambda: self.now)

    def read(self) -> tuple[str, ...]:
        return self.secrets(self.config, "app_secret")


def test_the_newest_secret_comes_before_the_previous_one_and_both_cost_one_call() -> None:
    # given
    setup = Setup({"": "new", "_previous": "old"})

    # then
    assert setup.read() == ("new", "old")
    assert setup.ssm.calls == [[NAME, f"{NAME}_previous"]]


def test_a_secret_without_a_previous_one_stands_alone() -> None:
    assert Setup({"": "new"}).read() == ("new",)


def test_a_previous_secret_that_is_the_same_is_given_once() -> None:
    assert Setup({"": "new", "_previous": "new"}).read() == ("new",)


@pytest.mark.parametrize("values", [{}, {"_previous": "old"}], ids=["none", "only the previous one"])
def test_a_missing_secret_names_its_field(values: dict[str, str]) -> None:
    # when
    with pytest.raises(ConfigurationError) as raised:
        Setup(values).read()

    # then
    assert raised.value.field == "app_secret"
    assert NAME in raised.value.problem
    assert "old" not in str(raised.value)


def test_a_secret_stays_in_memory_for_five_minutes() -> None:
    # given
    setup = Setup({"": "new"})
    setup.read()
    setup.ssm.values[NAME] = "newer"

    # when
    setup.now += 299
    within = setup.read()
    setup.now += 1
    after = setup.read()

    # then
    assert (within, after) == (("new",), ("newer",))
    assert len(setup.ssm.calls) == 2


def test_a_refresh_reads_at_once_and_is_remembered() -> None:
    # given
    setup = Setup({"": "new"})
    setup.read()
    setup.ssm.values[NAME] = "newer"

    # when
    refreshed = setup.secrets.refresh(setup.config, "app_secret")

    # then
    assert refreshed == ("newer",)
    assert setup.read() == ("newer",)
    assert len(setup.ssm.calls) == 2


def test_fields_and_platforms_do_not_mix() -> None:
    # given
    setup = Setup({"": "new"})
    setup.read()

    # then
    with pytest.raises(ConfigurationError, match="app_secret"):
        setup.secrets(platform("another"), "app_secret")
    with pytest.raises(ConfigurationError, match="app_key"):
        setup.secrets(setup.config, "app_key")


def test_a_secret_that_was_read_outlives_an_outage() -> None:
    # given
    setup = Setup({"": "new"})
    setup.read()

    # when
    setup.now += 301
    setup.ssm.down = True

    # then
    assert setup.read() == ("new",)
    with pytest.raises(StoreError, match="app_secret of platform jinzhi"):
        setup.secrets.refresh(setup.config, "app_secret")


def test_a_secret_that_was_never_read_is_a_store_error_in_an_outage() -> None:
    # given
    setup = Setup({"": "new"})
    setup.ssm.down = True

    # then
    with pytest.raises(StoreError):
        setup.read()


def test_a_secret_that_was_deleted_is_not_given_from_memory() -> None:
    # given
    setup = Setup({"": "new"})
    setup.read()
    setup.ssm.values.clear()
    setup.now += 301

    # then
    with pytest.raises(ConfigurationError):
        setup.read()
    setup.ssm.down = True
    with pytest.raises(StoreError):
        setup.read()


def test_no_repr_shows_a_secret() -> None:
    # given
    setup = Setup({"": "new-secret"})
    setup.read()

    # then
    assert "new-secret" not in repr(setup.secrets)


# Generations


def test_the_generations_that_the_platform_names_are_read_and_nothing_else() -> None:
    # given
    setup = Setup({"": "by-hand", "_previous": "older", "/3-a": "new", "/2-b": "old", "/3-c": "of-who-lost"})
    setup.config = platform(app_secret=("3-a", "2-b"))

    # then
    assert setup.read() == ("new", "old")
    assert setup.ssm.calls == [[f"{NAME}/3-a", f"{NAME}/2-b"]]


def test_the_secret_that_was_entered_by_hand_is_the_one_before_the_first_generation() -> None:
    setup = Setup({"": "by-hand", "_previous": "older", "/2-a": "new"})
    setup.config = platform(app_secret=("2-a", ""))

    assert setup.read() == ("new", "by-hand")


def test_a_worker_that_hears_of_a_new_generation_does_not_wait_five_minutes_for_it() -> None:
    # given
    setup = Setup({"/2-a": "old", "/3-b": "new"})
    setup.config = platform(app_secret=("2-a",))
    setup.read()

    # when
    setup.config = platform(version=2, app_secret=("3-b", "2-a"))

    # then
    assert setup.read() == ("new", "old")


def test_a_generation_that_is_not_seen_yet_leaves_the_one_before_and_is_looked_for_soon() -> None:
    # given
    setup = Setup({"/2-a": "old"})
    setup.config = platform(app_secret=("3-b", "2-a"))
    assert setup.read() == ("old",)

    # when
    setup.ssm.values[f"{NAME}/3-b"] = "new"
    setup.now += 20

    # then
    assert setup.read() == ("new", "old")


def test_generations_that_are_gone_name_the_field() -> None:
    setup = Setup({"": "by-hand"})
    setup.config = platform(app_secret=("3-b", "2-a"))

    with pytest.raises(ConfigurationError, match="app_secret"):
        setup.read()


# Changing secrets


class WritableParameters(Parameters):
    """SSM that can also be written; `fails_at` is the number of the write that fails."""

    def __init__(self, **values: str) -> None:
        super().__init__(**values)
        self.fails_at = 0
        self.writes = 0

    def get_parameters(self, *, Names: list[str], WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Names)
        return {"Parameters": [{"Name": name, "Value": self.values[name]} for name in Names if name in self.values]}

    def get_parameters_by_path(self, *, Path: str, WithDecryption: bool, NextToken: str = "") -> dict[str, Any]:  # noqa: N803
        assert not WithDecryption
        found = sorted(name for name in self.values if name.startswith(f"{Path}/") and name > NextToken)
        more = {"NextToken": found[1]} if len(found) > 2 else {}
        return {"Parameters": [{"Name": name} for name in found[:2]], **more}

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool) -> None:  # noqa: N803
        self.writes += 1
        if self.writes == self.fails_at:
            raise EndpointConnectionError(endpoint_url=f"http://{Value}")
        assert (Type, Overwrite) == ("SecureString", False)
        assert Name not in self.values
        self.values[Name] = Value

    def delete_parameters(self, *, Names: list[str]) -> None:  # noqa: N803
        assert 0 < len(Names) <= 10
        for name in Names:
            self.values.pop(name, None)


def keeper(ssm: WritableParameters) -> SecretKeeper:
    client: Any = ssm
    return SecretKeeper(client, "/taskbridge/dev")


def test_a_new_secret_is_written_beside_those_that_are_valid() -> None:
    ssm = WritableParameters(**{"/2-a": "old", "/1-z": "older"})

    named = keeper(ssm).write(platform(version=2, app_secret=("2-a", "1-z")), {"app_secret": "new"}, "b")

    assert named == {"app_secret": ("3-b", "2-a")}
    assert ssm.values == {f"{NAME}/3-b": "new", f"{NAME}/2-a": "old", f"{NAME}/1-z": "older"}


def test_the_first_secret_has_none_before() -> None:
    ssm = WritableParameters()

    assert keeper(ssm).write(platform(version=0), {"app_secret": "new"}, "a") == {"app_secret": ("1-a",)}


def test_a_secret_that_was_entered_by_hand_stays_valid_beside_the_first_generation() -> None:
    ssm = WritableParameters(**{"": "old", "_previous": "older"})

    assert keeper(ssm).write(platform(), {"app_secret": "new"}, "a") == {"app_secret": ("2-a", "")}
    assert ssm.values == {NAME: "old", f"{NAME}_previous": "older", f"{NAME}/2-a": "new"}


@pytest.mark.parametrize("named", [{}, {"app_secret": ("1-a", "")}], ids=["by hand", "a generation"])
def test_the_same_secret_again_does_not_drop_the_one_before(named: dict[str, tuple[str, ...]]) -> None:
    ssm = WritableParameters(**{"": "new", "_previous": "old", "/1-a": "new"})
    before = dict(ssm.values)

    assert keeper(ssm).write(platform(**dict[str, Any](named)), {"app_secret": "new"}, "b") == named
    assert ssm.values == before


def test_a_write_that_stops_half_way_leaves_the_valid_ones_and_no_secret_in_the_error() -> None:
    # given
    ssm = WritableParameters(**{"/1-a": "old"})
    ssm.fails_at = 1

    # when
    with pytest.raises(StoreError) as raised:
        keeper(ssm).write(platform(app_secret=("1-a",)), {"app_secret": "new"}, "b")

    # then
    assert "new" not in str(raised.value)
    assert ssm.values == {f"{NAME}/1-a": "old"}


def test_what_was_written_for_a_change_that_was_not_made_is_removed() -> None:
    ssm = WritableParameters(**{"": "old"})
    named = keeper(ssm).write(platform(), {"app_secret": "lost"}, "a")

    keeper(ssm).discard(platform(), named)

    assert ssm.values == {NAME: "old"}


def test_generations_that_nothing_names_go_and_those_of_the_next_change_stay() -> None:
    # given: 4-x is of somebody who died, 6-y of somebody who changes the platform after us
    ssm = WritableParameters(
        **{"": "1", "_previous": "0", "/2-a": "2", "/3-b": "3", "/4-c": "4", "/4-x": "x", "/6-y": "y"}
    )

    # when
    before, after = platform(version=3, app_secret=("3-b", "2-a")), platform(version=4, app_secret=("4-c", "3-b"))
    keeper(ssm).clear(before, after)

    # then: 2-a stays for workers that have not heard of the change
    assert {name.removeprefix(NAME) for name in ssm.values} == {"/2-a", "/3-b", "/4-c", "/6-y"}


def test_deleted_secrets_go_in_all_their_generations() -> None:
    ssm = WritableParameters(**{"": "1", "_previous": "0", **{f"/{number}-a": "x" for number in range(2, 9)}})

    keeper(ssm).delete(platform(app_secret=("8-a", "7-a")), ["app_secret"])

    assert ssm.values == {}


def test_stored_secrets_are_looked_for_ten_a_call() -> None:
    ssm = WritableParameters(**{"/1-a": "new"})
    others = [(platform(f"other-{number}"), "app_secret") for number in range(15)]

    assert keeper(ssm).stored([*others, (platform(app_secret=("1-a",)), "app_secret")]) == {("jinzhi", "app_secret")}
    assert [len(names) for names in ssm.calls] == [10, 6]
    assert keeper(ssm).stored([]) == set()
