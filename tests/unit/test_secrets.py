"""Secrets of platforms: newest first, kept for five minutes, read in one call."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.secrets import PlatformSecrets, SecretKeeper

NAME = "/taskbridge/dev/platforms/jinzhi/app_secret"


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
        client: Any = self.ssm
        self.secrets = PlatformSecrets(client, "/taskbridge/dev", lambda: self.now)

    def read(self) -> tuple[str, ...]:
        return self.secrets("jinzhi", "app_secret")


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
    refreshed = setup.secrets.refresh("jinzhi", "app_secret")

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
        setup.secrets("another", "app_secret")
    with pytest.raises(ConfigurationError, match="app_key"):
        setup.secrets("jinzhi", "app_key")


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
        setup.secrets.refresh("jinzhi", "app_secret")


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

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool) -> None:  # noqa: N803
        self.writes += 1
        if self.writes == self.fails_at:
            raise EndpointConnectionError(endpoint_url=f"http://{Value}")
        assert (Type, Overwrite) == ("SecureString", True)
        self.values[Name] = Value

    def delete_parameters(self, *, Names: list[str]) -> None:  # noqa: N803
        for name in Names:
            self.values.pop(name, None)


def keeper(ssm: WritableParameters) -> SecretKeeper:
    client: Any = ssm
    return SecretKeeper(client, "/taskbridge/dev")


def test_a_changed_secret_leaves_the_one_before_beside_it() -> None:
    ssm = WritableParameters(**{"": "old", "_previous": "older"})

    keeper(ssm).change("jinzhi", "app_secret", "new")

    assert ssm.values == {NAME: "new", f"{NAME}_previous": "old"}


def test_the_first_secret_has_none_before() -> None:
    ssm = WritableParameters()

    keeper(ssm).change("jinzhi", "app_secret", "new")

    assert ssm.values == {NAME: "new"}


def test_the_same_secret_again_does_not_drop_the_one_before() -> None:
    ssm = WritableParameters(**{"": "new", "_previous": "old"})

    keeper(ssm).change("jinzhi", "app_secret", "new")

    assert ssm.values == {NAME: "new", f"{NAME}_previous": "old"}


def test_a_change_that_stops_half_way_leaves_a_valid_secret_and_can_be_repeated() -> None:
    # given
    ssm = WritableParameters(**{"": "old"})
    ssm.fails_at = 2

    # when
    with pytest.raises(StoreError) as raised:
        keeper(ssm).change("jinzhi", "app_secret", "new")

    # then
    assert "new" not in str(raised.value)
    assert ssm.values[NAME] == "old"
    keeper(ssm).change("jinzhi", "app_secret", "new")
    assert ssm.values == {NAME: "new", f"{NAME}_previous": "old"}


def test_deleted_secrets_go_with_those_before_them() -> None:
    ssm = WritableParameters(**{"": "new", "_previous": "old"})

    keeper(ssm).delete("jinzhi", ["app_secret"])

    assert ssm.values == {}


def test_stored_secrets_are_looked_for_ten_a_call() -> None:
    ssm = WritableParameters(**{"": "new"})
    others = [(f"other-{number}", "app_secret") for number in range(15)]

    assert keeper(ssm).stored([*others, ("jinzhi", "app_secret")]) == {("jinzhi", "app_secret")}
    assert [len(names) for names in ssm.calls] == [10, 6]
    assert keeper(ssm).stored([]) == set()
