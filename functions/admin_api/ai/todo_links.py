"""Where a task is decided: the link under which its todo opens at a task center. Pure."""

from __future__ import annotations

from taskbridge.ai.seats import Seat, SeatState
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_platform
from taskbridge.platforms.formats import UrlTemplate
from taskbridge.platforms.task_center_settings import LinkSettings
from taskbridge.tables.configuration import Configuration, PlatformConfig


def find_todo_link(seat: Seat, configuration: Configuration) -> str | None:
    """The link of an open task by the first task center whose settings have one, None where none has."""
    if seat.state is not SeatState.OPEN:
        return None
    platforms = (configuration.platforms[platform_id] for platform_id in configuration.enabled_platforms())
    template = next(filter(None, map(_template, platforms)), "")
    places = {"sess_id": seat.sess_id, "task_id": seat.task_id, "app_id": seat.app_id, "node_id": seat.node_id}
    return UrlTemplate(template).fill(places) or None


def _template(platform: PlatformConfig) -> str:
    try:
        settings = build_platform(platform.id, platform.class_name, platform.settings).settings
    except ConfigurationError:
        return ""  # its pushes say so
    return (settings.pc_todo_url or settings.h5_todo_url) if isinstance(settings, LinkSettings) else ""
