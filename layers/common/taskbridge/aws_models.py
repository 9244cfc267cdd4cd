"""What botocore reads about services: of those that are called what the layer carries, of all others its own.

The layer carries the operations that the code calls (bundle.aws_models); botocore those of 440 services. The rules that
make endpoints are always botocore's own, as new as the code that follows them. Everything is its own where nobody
packed anything, as in the source tree; with a botocore of a version that this was not made for; and where
AWS_DATA_PATH names models of somebody's own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

PACKED = Path(__file__).with_name("botocore_data")
FITS = ((1, 35), (2, 0))  # from this version of botocore, to before that one
logger = logging.getLogger(__name__)


class PackedModels(Loader):
    """Looks into `folder` first, then where botocore has its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(extra_search_paths=[str(folder)])
        self._folder = str(folder)
        self._whole = Loader()
        self._packed = [each.name for each in folder.iterdir() if each.is_dir()]

    def list_available_services(self, type_name: str) -> list[str]:
        """Those that are packed: to find the others, botocore looks into each of its folders."""
        return self._packed

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """See Loader."""
        try:
            return super().load_service_model(service_name, type_name, api_version)
        except UnknownServiceError:
            return self._whole.load_service_model(service_name, type_name, api_version)

    def is_builtin_path(self, path: str) -> bool:
        """What is packed is botocore's own as well: to anybody else's it would not apply its rules for endpoints."""
        return path.startswith(self._folder) or super().is_builtin_path(path)


def use_packed_models(session: Session) -> bool:
    """Have the clients of a session made of what the layer carries. Returns whether it carries anything that fits."""
    version = tuple(int(part) for part in botocore.__version__.split(".")[:2])
    if not FITS[0] <= version < FITS[1] or not PACKED.is_dir() or session.get_config_variable("data_path"):
        return False
    session.register_component("data_loader", PackedModels(PACKED))
    return True


def complete(client: Any, service: str, make_whole: Callable[[], Any]) -> None:
    """Have a client of packed models take operations that it lacks from a whole one, made when one is first asked for.

    None is to be lacking. Should one be, work goes on, and the log says so.
    """
    whole: list[Any] = []

    def find(event_name: str, **_: Any) -> Any:
        name = event_name.rpartition(".")[2]
        if name.startswith("_"):
            return None
        if not whole:
            logger.warning("%s of %s is not packed: it belongs into bundle/aws_models.py", name, service)
            whole.append(make_whole())
        return getattr(whole[0], name)

    client.meta.events.register(f"getattr.{service}", find)
