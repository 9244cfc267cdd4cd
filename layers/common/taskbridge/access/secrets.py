"""Secrets of platforms in SSM Parameter Store, in generations that the configuration names.

A secret is written under a new name, and is valid from the moment that the stored platform names it: its settings and
its secrets change by the same conditional write. Who loses that write has changed nothing. Two generations are valid,
the newest and the one before it. A platform that names none has the secret that stands under its field, as it is
entered by hand, and the one before beside it as `{field}_previous`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.aws import chunks, growing_pauses, is_throttled, store_call
from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.reasons import build_reason
from taskbridge.tables.configuration import PlatformConfig

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient
    from types_boto3_ssm.type_defs import GetParametersResultTypeDef

KEPT_S = 300.0
SOON_S = 20.0  # until a new generation is looked for again that SSM did not show at once
THROTTLED_WAIT_S = 12.0
NAMES_A_CALL = 10  # of one GetParameters or DeleteParameters
VALID = 2  # generations
BY_HAND = ""  # the generation that stands under the field itself

Generations = Mapping[str, tuple[str, ...]]  # by field, the newest first


class PlatformSecrets:
    """The secrets of platforms by field, kept in memory for five minutes. Thread-safe.

    Where Parameter Store is asked too often, a read waits, 12 seconds at most. `sleep` takes seconds, `jitter` gives
    [0, 1).
    """

    def __init__(
        self,
        ssm_client: SSMClient,
        prefix: str,
        clock: Callable[[], float],
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._ssm = ssm_client
        self._prefix = prefix
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], tuple[float, tuple[str, ...]]] = {}  # by the names of the parameters

    def __call__(self, config: PlatformConfig, field: str) -> tuple[str, ...]:
        """Give one or two values, newest first.

        ConfigurationError if there is no secret, StoreError if SSM fails and nothing is in memory.
        """
        names = valid_names(self._prefix, config, field)
        kept = self._kept.get(names)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        with self._lock:
            kept = self._kept.get(names)
            if kept is not None and self._clock() < kept[0]:
                return kept[1]
            try:
                return self._read(config, field)
            except StoreError:
                if kept is None:
                    raise
                # A secret of some minutes ago most likely still works; if not, the platform refuses it.
                return kept[1]

    def refresh(self, config: PlatformConfig, field: str) -> tuple[str, ...]:
        """Read the values again at once. Errors as for a call, StoreError also where a value is in memory."""
        with self._lock:
            return self._read(config, field)

    def generations(self, config: PlatformConfig, field: str) -> tuple[str, ...]:
        """Each valid generation now, the newest first, empty where it cannot be seen. Raises StoreError."""
        names = valid_names(self._prefix, config, field)
        found = self._found(config, field, names)
        return tuple(found.get(name, "") for name in names)

    def _found(self, config: PlatformConfig, field: str, names: tuple[str, ...]) -> dict[str, str]:
        try:
            answer = self._get_parameters(names)
        except (ClientError, BotoCoreError) as error:
            raise StoreError(build_reason("secret_unread", field=field, platform=config.id, why=error)) from error
        return {parameter.get("Name", ""): parameter.get("Value", "") for parameter in answer["Parameters"]}

    def _read(self, config: PlatformConfig, field: str) -> tuple[str, ...]:
        names = valid_names(self._prefix, config, field)
        found = self._found(config, field, names)
        # A generation that was named just now may not be seen yet: the one before is as valid.
        enough = names if config.secrets.get(field) else names[:1]
        if not any(found.get(name) for name in enough):
            self._kept.pop(names, None)
            raise ConfigurationError(field, build_reason("secret_gone", platform=config.id, secret=names[0]))
        values = tuple(dict.fromkeys(found[name] for name in names if found.get(name)))
        self._kept[names] = (self._clock() + (KEPT_S if found.get(names[0]) else SOON_S), values)
        return values

    def _get_parameters(self, names: tuple[str, ...]) -> GetParametersResultTypeDef:
        for pause in growing_pauses(THROTTLED_WAIT_S, self._jitter):
            try:
                return self._ssm.get_parameters(Names=list(names), WithDecryption=True)
            except ClientError as error:
                if not is_throttled(error):
                    raise
            self._sleep(pause)
        return self._ssm.get_parameters(Names=list(names), WithDecryption=True)


class SecretKeeper:
    """Writes and removes the secrets of platforms. Raises StoreError, whose text holds no secret."""

    def __init__(self, ssm_client: SSMClient, prefix: str) -> None:
        self._ssm = ssm_client
        self._prefix = prefix

    def stored(self, keys: Iterable[tuple[PlatformConfig, str]]) -> set[tuple[str, str]]:
        """Those of the secrets, by (platform, field), that are stored, as (platform id, field). They stay encrypted."""
        wanted = {valid_names(self._prefix, config, field)[0]: (config.id, field) for config, field in keys}
        found = set()
        for names in chunks(list(wanted), NAMES_A_CALL):
            answer = store_call(self._ssm.get_parameters, Names=list(names), WithDecryption=False)
            found |= {wanted[parameter.get("Name", "")] for parameter in answer["Parameters"]}
        return found

    def write(
        self,
        config: PlatformConfig,
        values: Mapping[str, str],
        writer: str,
        *,
        alone: bool = False,
        refused: Collection[str] = (),
    ) -> dict[str, tuple[str, ...]]:
        """Write secrets beside those that are valid, and return what the platform has to name then.

        Nothing is valid before it does. The value that is the newest already gets no new generation, so that a repeated
        request does not drop the one before. `writer` is an id of this change alone. `alone`: of what was valid before
        nothing is any more, since the secrets go elsewhere from now on. `refused`: fields whose newest value is known
        to be wrong, so that it gives way, and not the one before it.
        """
        named = dict(config.secrets)
        for field, value in values.items():
            newest = valid_names(self._prefix, config, field)[0]
            before = self._value(newest)
            if before == value:
                if alone:
                    named[field] = named.get(field, (BY_HAND,))[:1]
                continue
            generation = f"{config.version + 1}-{writer}"
            name = _name(self._prefix, config.id, field, generation)
            store_call(self._ssm.put_parameter, Name=name, Value=value, Type="SecureString", Overwrite=False)
            older = named.get(field, (BY_HAND,)) if before and not alone else ()
            named[field] = (generation, *older[field in refused :])[:VALID]
        return named

    def discard(self, config: PlatformConfig, named: Generations) -> None:
        """Remove what `write` wrote for a change that was not made."""
        self._delete(
            _name(self._prefix, config.id, field, generation)
            for field, generations in named.items()
            for generation in generations
            if generation not in config.secrets.get(field, (BY_HAND,))
        )

    def clear(self, before: PlatformConfig, after: PlatformConfig) -> None:
        """Remove the generations that neither names, after the change from `before` to `after`.

        Those before the change stay until the next one: a worker may take 20 seconds to hear of it. So do those of
        somebody who is about to change the platform now.
        """
        for field, named in after.secrets.items():
            if named == before.secrets.get(field):
                continue
            valid = {*valid_names(self._prefix, before, field), *valid_names(self._prefix, after, field)}
            self._delete(name for name in self._all(after, field, until=after.version) if name not in valid)

    def delete(self, config: PlatformConfig, fields: Iterable[str]) -> None:
        """Delete the secrets of a platform, in all their generations."""
        self._delete(name for field in fields for name in self._all(config, field))

    def _value(self, name: str) -> str:
        answer = store_call(self._ssm.get_parameters, Names=[name], WithDecryption=True)
        return next((parameter.get("Value", "") for parameter in answer["Parameters"]), "")

    def _all(self, config: PlatformConfig, field: str, until: int | None = None) -> Iterator[str]:
        """The names that there may be of a secret; of generations those that were written up to version `until`."""
        unnamed = secret_name(self._prefix, config.id, field)
        yield from (unnamed, f"{unnamed}_previous")
        page: dict[str, str] = {}
        while True:
            answer = store_call(self._ssm.get_parameters_by_path, Path=unnamed, WithDecryption=False, **page)
            names = [parameter.get("Name", "") for parameter in answer["Parameters"]]
            yield from (name for name in names if until is None or _version_of(name) <= until)
            if not answer.get("NextToken"):
                return
            page = {"NextToken": answer["NextToken"]}

    def _delete(self, names: Iterable[str]) -> None:
        for piece in chunks(list(names), NAMES_A_CALL):
            store_call(self._ssm.delete_parameters, Names=list(piece))


def secret_name(prefix: str, platform_id: str, field: str) -> str:
    """The parameter that holds a secret which is entered by hand; its generations stand below."""
    return f"{prefix}/platforms/{platform_id}/{field}"


def valid_names(prefix: str, config: PlatformConfig, field: str) -> tuple[str, ...]:
    """The parameters that hold the valid values of a secret, the newest first."""
    generations = config.secrets.get(field)
    if not generations:
        unnamed = secret_name(prefix, config.id, field)
        return unnamed, f"{unnamed}_previous"
    return tuple(_name(prefix, config.id, field, generation) for generation in generations)


def _name(prefix: str, platform_id: str, field: str, generation: str) -> str:
    unnamed = secret_name(prefix, platform_id, field)
    return unnamed if generation == BY_HAND else f"{unnamed}/{generation}"


def _version_of(name: str) -> int:
    """The version of the platform for which a generation was written."""
    version = name.rpartition("/")[2].partition("-")[0]
    return int(version) if version.isdigit() else 0
