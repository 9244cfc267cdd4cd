"""What botocore has to know of the services that the functions call, cut out of what it knows of all.

botocore ships the models of 440 services. To make three clients it lists their folders twice, reads 1.25 MB about where
each is in the world, and 1.4 MB about operations that nobody here calls: 100 ms of each cold start. The layer carries
the operations below instead, with the shapes that they reach; taskbridge.aws_models reads them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from botocore.loaders import create_loader

from bundle.commands import BuildError

# Operations by service: exactly those that the code of the functions names. A test compares. CloudWatch, which the API
# alone asks, and seldom, stays with botocore: it is about to speak another protocol (see UNDERSTOOD).
CALLED: Mapping[str, Sequence[str]] = {
    "dynamodb": (
        "BatchExecuteStatement",
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "sqs": (
        "ChangeMessageVisibilityBatch",
        "DeleteMessageBatch",
        "GetQueueAttributes",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
        "StartMessageMoveTask",
    ),
    "ssm": ("DeleteParameters", "GetParameter", "GetParameters", "GetParametersByPath", "PutParameter"),
}
# The botocore of Lambda is older than the one that the models are of. What it reads of them has not changed in years;
# a protocol that is new it could not speak.
UNDERSTOOD = "json"
_LICENCE = ("LICENSE.txt", "NOTICE")


def write_models(folder: Path) -> None:
    """Put them into `folder`, in place of what is there, laid out and named as botocore lays out its own."""
    shutil.rmtree(folder, ignore_errors=True)
    loader = create_loader()
    prefixes = set()
    for service, operations in CALLED.items():
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_service_model(service, "service-2", version)
        if model["metadata"]["protocol"] != UNDERSTOOD:
            raise BuildError(
                f"{service} speaks {model['metadata']['protocol']}: see UNDERSTOOD in bundle/aws_models.py"
            )
        prefixes.add(model["metadata"]["endpointPrefix"])
        _write(folder / service / version / "service-2.json", _cut_model(service, model, operations))
    _write(folder / "endpoints.json", _cut_endpoints(loader.load_data("endpoints"), prefixes))
    _copy_licence(folder)


def _cut_model(service: str, model: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """A model with the wanted operations alone, and without the words of its documentation."""
    missing = sorted(set(wanted) - model["operations"].keys())
    if missing:
        raise BuildError(f"botocore knows no {', '.join(missing)} of {service}: see bundle/aws_models.py")
    operations = {name: _wordless(model["operations"][name]) for name in wanted}
    shapes: dict[str, Any] = {}
    left = list(_shapes_in(operations))
    while left:
        name = left.pop()
        if name not in shapes:
            shapes[name] = _wordless(model["shapes"][name])
            left += _shapes_in(shapes[name])
    kept = {name: model[name] for name in ("version", "metadata")}
    return {**kept, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def _cut_endpoints(endpoints: Mapping[str, Any], services: set[str]) -> dict[str, Any]:
    """Every partition with all of its regions, and of its services only these."""
    partitions = [
        {**each, "services": {name: told for name, told in each["services"].items() if name in services}}
        for each in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _shapes_in(told: Any) -> Iterator[str]:
    """The shapes that a part of a model refers to."""
    if isinstance(told, Mapping):
        # A structure may have a member of that name, which is no name of a shape.
        if isinstance(told.get("shape"), str):
            yield told["shape"]
        for each in told.values():
            yield from _shapes_in(each)
    elif isinstance(told, list):
        for each in told:
            yield from _shapes_in(each)


def _wordless(told: Any) -> Any:
    if isinstance(told, Mapping):
        # A structure may have a member of that name, which is no text.
        is_text = {name for name, each in told.items() if name == "documentation" and isinstance(each, str)}
        return {name: _wordless(each) for name, each in told.items() if name not in is_text}
    return [_wordless(each) for each in told] if isinstance(told, list) else told


def _write(path: Path, told: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, separators=(",", ":")), encoding="utf-8")


def _copy_licence(folder: Path) -> None:
    """The models are Amazon's, under the Apache licence, which asks for both files."""
    for file in distribution("botocore").files or ():
        if file.name in _LICENCE:
            shutil.copy(str(file.locate()), folder / file.name)
