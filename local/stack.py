"""Starts and stops the stack. A stack that is stopped and started again has lost nothing."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from local.console_address import console_lines, console_origin, give_address
from local.deployment import deploy, read_outputs
from local.emulator import Aws, at_its_port, emulator_pid, is_healthy, start_emulator, stop_emulator
from local.errors import StackError
from local.people import password_of, seed_people
from local.seed import seed
from local.settings import REGION, StackSettings
from local.simulators import BundledSimulator, aigc_simulator, jinzhi_simulator
from local.steps import Steps

Say = Callable[[str], None]
# A batch that is being worked on ends within moments; one that waits for its next attempt may take minutes.
_FINISH_S = 3.0
_POLL_S = 0.1


def up(settings: StackSettings, steps: Steps) -> dict[str, Any]:
    """Start whatever does not run, deploy whatever has changed, and return what `outputs.json` holds.

    Returns at once where everything is up. Raises StackError with what is wrong and what to do.
    """
    with _only_one(settings):
        _start_emulator(settings, steps)
        task_center = _address("JINZHI_HOST", settings.jinzhi_host, jinzhi_simulator(settings), steps)
        ai_platform = _address("AIGC_HOST", settings.aigc_host, aigc_simulator(settings), steps)
        ai_simulator = "" if settings.aigc_host else ai_platform
        with Aws(settings.endpoint_url, REGION) as aws:
            deployed = deploy(aws, settings, settings.attachment_hosts or ai_simulator.partition("://")[2], steps)
            _switch_event_sources(aws, enabled=True)
            seed(aws, deployed, settings, task_center, ai_platform)
            tokens = seed_people(aws, deployed)
            give_address(aws, deployed)
        outputs = {
            **deployed,
            # What CloudFormation says is a name that only the DNS of AWS knows.
            "ApiUrl": f"{settings.endpoint_url}/_aws/execute-api/{deployed['ApiId']}/$default",
            "ConsoleUrl": f"{console_origin(settings)}/",
            "endpoint_url": settings.endpoint_url,
            "region": REGION,
            "simulator_url": "" if settings.jinzhi_host else task_center,
            "task_center_url": task_center,
            "ai_simulator_url": ai_simulator,
            "ai_platform_url": ai_platform,
            "tokens": tokens,
            "password": password_of(deployed["UserPoolClientId"]),
        }
        _write_outputs(settings, outputs)
        return outputs


def down(settings: StackSettings, say: Say) -> None:
    """Stop the stack: no new work, then the emulator, which saves what it holds, then the simulators."""
    if not settings.state_dir.exists():
        return
    settings = at_its_port(settings)
    with _only_one(settings):
        if emulator_pid(settings) is not None and is_healthy(settings):
            _finish_work(settings)
        if stop_emulator(settings):
            say("AWS emulator stopped, its state is saved")
        for simulator in (jinzhi_simulator(settings), aigc_simulator(settings)):
            if simulator.stop():
                say(f"{simulator.title} stopped")


def status(settings: StackSettings) -> dict[str, str]:
    """What runs and where, by name; a part that does not run is said to be `stopped`."""
    parts = {
        "AWS emulator": emulator_pid(settings),
        "JinZhi simulator": jinzhi_simulator(settings).pid,
        "Aigc simulator": aigc_simulator(settings).pid,
    }
    rows = {name: f"running (process {pid})" if pid else "stopped" for name, pid in parts.items()}
    if settings.outputs_file.exists() and parts["AWS emulator"]:
        outputs = read_outputs_file(settings)
        rows = {"Console": console_lines(outputs), **rows, "AWS endpoint": outputs["endpoint_url"]}
        rows |= {"Task center": outputs["task_center_url"], "AI platform": outputs["ai_platform_url"]}
        rows |= {"HTTP API": f"{outputs['ApiUrl']}/v1/health"}
    return rows | {"State": str(settings.state_dir)}


def read_outputs_file(settings: StackSettings) -> dict[str, Any]:
    """What the last `up` wrote. Raises StackError where there was none."""
    try:
        outputs: dict[str, Any] = json.loads(settings.outputs_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StackError(f"There is no stack in {settings.state_dir}: start one with `make up`.") from None
    return outputs


def _start_emulator(settings: StackSettings, steps: Steps) -> None:
    if emulator_pid(settings) is not None:
        start_emulator(settings)
        return
    with steps.step(f"AWS emulator on {settings.endpoint_url}"):
        start_emulator(settings)


def _address(variable: str, elsewhere: str, simulator: BundledSimulator, steps: Steps) -> str:
    """The address that a platform is to point to; the simulator runs only where it is that."""
    if elsewhere:
        if simulator.stop():
            steps.say(f"{simulator.title} stopped: {variable} names another address")
        return elsewhere
    if simulator.pid is not None:
        return simulator.start()
    with steps.step(simulator.title):
        return simulator.start()


def _finish_work(settings: StackSettings) -> None:
    """Let the functions finish the batches that they have, and take no new ones.

    The emulator saves its queues while it stops, and must not be changing them then. Where it no longer
    answers there is nothing to wait for: what was in flight is delivered again after the next start.
    """
    with Aws(settings.endpoint_url, REGION) as aws, suppress(ClientError, BotoCoreError):
        _switch_event_sources(aws, enabled=False)
        outputs = read_outputs(aws)
        deadline = time.monotonic() + _FINISH_S
        while _in_flight(aws, outputs) and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def _in_flight(aws: Aws, outputs: Mapping[str, str]) -> int:
    """Messages that a function has taken and not finished, or that wait for their next attempt."""
    name: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
    urls = [value for key, value in outputs.items() if key.endswith("QueueUrl")]
    answers = [aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]) for url in urls]
    return sum(int(answer["Attributes"].get(name, "0")) for answer in answers)


def _switch_event_sources(aws: Aws, *, enabled: bool) -> None:
    """Let the functions take messages, or not."""
    pages = aws.functions.get_paginator("list_event_source_mappings").paginate()
    for page in pages:
        for mapping in page["EventSourceMappings"]:
            is_enabled = mapping.get("State") in ("Enabled", "Enabling", "Creating", "Updating")
            if is_enabled != enabled:
                aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


def _write_outputs(settings: StackSettings, outputs: Mapping[str, Any]) -> None:
    """Whole or not at all: others read this file while it is written."""
    text = json.dumps(outputs, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    draft = settings.outputs_file.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(settings.outputs_file)


@contextmanager
def _only_one(settings: StackSettings) -> Iterator[None]:
    """One command at a time works on a stack; another one waits its turn."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
