"""Where the stack lives and what it is made of, from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import StackError

STACK_NAME = "taskbridge"
REGION = "us-east-1"
LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_HOST = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class JinZhiAccount:
    """What the seeded platform signs in with at the task center."""

    app_id: str
    app_secret: str
    scene_code: str


@dataclass(frozen=True, slots=True)
class AigcAccount:
    """What the seeded AI platform signs in with, and the model that it asks."""

    app_id: str
    app_secret: str
    model: str


@dataclass(frozen=True, slots=True)
class StackSettings:
    """One stack on this machine.

    `state_dir` holds everything that it keeps. `jinzhi_host` and `aigc_host` are base URLs of a task center and of an
    AI platform that run elsewhere; empty: the bundled simulator is started. `attachment_hosts` (`host:port`,
    comma-separated) may be fetched from; empty: the bundled simulator's. The concurrencies are counts of function
    processes.
    """

    state_dir: Path
    aws_port: int
    jinzhi_host: str
    aigc_host: str
    attachment_hosts: str
    push_concurrency: int
    router_concurrency: int
    ai_concurrency: int
    account: JinZhiAccount
    ai_account: AigcAccount
    functions_endpoint: str = ""  # where the functions find AWS, for who stands between them and the emulator

    @property
    def endpoint_url(self) -> str:
        """Where the AWS API of the stack answers."""
        return f"http://{LOOPBACK}:{self.aws_port}"

    @property
    def outputs_file(self) -> Path:
        """The JSON file that `up` writes for everybody who wants to use the stack."""
        return self.state_dir / "outputs.json"

    @property
    def log_dir(self) -> Path:
        """One log file for each process of the stack."""
        return self.state_dir / "logs"


def read_settings(environment: Mapping[str, str]) -> StackSettings:
    """The stack that the environment describes. Raises StackError that names the variable which is wrong."""
    state_dir = Path(environment.get("STATE_DIR") or ROOT / ".local")
    return StackSettings(
        state_dir=state_dir.resolve(),
        aws_port=_number(environment, "AWS_PORT", 4566, 1, 65535),
        jinzhi_host=_base_url(environment.get("JINZHI_HOST", "")),
        aigc_host=_base_url(environment.get("AIGC_HOST", "")),
        attachment_hosts=_hosts(environment, "ATTACHMENT_HOSTS"),
        push_concurrency=_number(environment, "PUSH_CONCURRENCY", 2, 1, 1000),
        router_concurrency=_number(environment, "ROUTER_CONCURRENCY", 2, 1, 1000),
        ai_concurrency=_number(environment, "AI_CONCURRENCY", 2, 1, 1000),
        account=JinZhiAccount(
            app_id=environment.get("JINZHI_APP_ID") or "taskbridge-local",
            app_secret=environment.get("JINZHI_APP_SECRET") or "only-for-this-machine",
            scene_code=environment.get("JINZHI_SCENE_CODE") or "taskbridge",
        ),
        ai_account=AigcAccount(
            app_id=environment.get("AIGC_APP_ID") or "taskbridge-local",
            app_secret=environment.get("AIGC_APP_SECRET") or "only-for-this-machine",
            model=environment.get("AIGC_MODEL") or "Qwen2.5-32B-Instruct",
        ),
    )


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise StackError(f"{name} must be a whole number from {least} to {most}, and it is {text!r}.")
    return int(text)


def _hosts(environment: Mapping[str, str], name: str) -> str:
    """Hosts with their ports, as the parameter of the template has them."""
    hosts = [host.strip() for host in environment.get(name, "").split(",") if host.strip()]
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise StackError(f"{name} must be hosts like files.example.edu.cn:8443 with commas between, not {host!r}.")
    return ",".join(hosts)


def _base_url(address: str) -> str:
    """`host:port` or a URL, as a URL without a slash at its end."""
    if not address or "://" in address:
        return address.rstrip("/")
    return f"http://{address}".rstrip("/")
