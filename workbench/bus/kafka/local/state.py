"""Reads and writes the state files of packaged brokers: one JSON file per port."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from workbench.bus.kafka.local.options import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAIN_CLASS = "kafka.Kafka"


@dataclass(frozen=True, slots=True)
class LocalBroker:
    """A packaged broker as it was started."""

    port: int
    controller_port: int
    pid: int
    data: Path
    version: str
    cluster_id: str = ""

    @property
    def bootstrap(self) -> str:
        """``host:port`` of the plain listener."""
        return f"{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The address as `connect` takes it."""
        return f"kafka://{self.bootstrap}"

    @property
    def log(self) -> Path:
        """Path of the broker's log file."""
        return self.data / "broker.log"

    @property
    def properties(self) -> Path:
        """Path of its ``server.properties``."""
        return self.data / "server.properties"


def registry(cache: Path) -> Path:
    """Return the folder of state files."""
    return cache / "kafka" / "run"


def remember(cache: Path, broker: LocalBroker) -> None:
    """Write the state file of a broker atomically."""
    folder = registry(cache)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(broker) | {"data": str(broker.data)}, indent=1)
    # Written beside and moved: a process that lists the brokers meanwhile never reads half a file.
    handle, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).replace(folder / f"{broker.port}.json")


def forget(cache: Path, port: int) -> None:
    """Remove the state file of a port."""
    (registry(cache) / f"{port}.json").unlink(missing_ok=True)


def known(cache: Path) -> list[LocalBroker]:
    """Return the brokers with a state file, by port; files that cannot be read are left out."""
    found = []
    for path in registry(cache).glob("*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            facts = json.loads(path.read_text())
            found.append(LocalBroker(**(facts | {"data": Path(facts["data"])})))
    return sorted(found, key=lambda broker: broker.port)


def process_of(broker: LocalBroker) -> psutil.Process | None:
    """Return its running process, or None; a process id that another program has got since is not it."""
    with suppress(psutil.Error):
        process = psutil.Process(broker.pid)
        if serves(process, broker.properties):
            return process
    return None


def serves(process: psutil.Process, properties: Path) -> bool:
    """Tell whether this process is alive and is a broker with exactly this configuration file."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        command = process.cmdline()
    except psutil.Error:
        return False
    # The operating system gives a process id again: the command line tells whether it is still this broker.
    return command[-2:] == [_MAIN_CLASS, str(properties)]


def processes_on(properties: Path) -> Iterator[psutil.Process]:
    """Find running brokers with this configuration file, also those without a state file."""
    return (process for process in psutil.process_iter() if serves(process, properties))
