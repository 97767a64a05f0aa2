"""Reads and writes the state files of local registries: one JSON file per port."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

HOST = "127.0.0.1"
_MARK = "-Dworkbench.registry.data="


@dataclass(frozen=True, slots=True)
class LocalRegistry:
    """A local registry as it was started."""

    port: int
    pid: int
    data: Path
    version: str

    @property
    def url(self) -> str:
        """The URL as ``schema_registry_url`` takes it."""
        return f"http://{HOST}:{self.port}/apis/ccompat/v7"

    @property
    def log(self) -> Path:
        """Path of its log file."""
        return self.data / "registry.log"

    @property
    def mark(self) -> str:
        """The argument by which its process is known: a process id may be given to another program."""
        return f"{_MARK}{self.data}"

    def process(self) -> psutil.Process | None:
        """Return its running process, or None."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if process.status() != psutil.STATUS_ZOMBIE and self.mark in process.cmdline():
                return process
        return None


def states(cache: Path) -> Path:
    """Return the folder of state files."""
    return cache / "registry" / "run"


def remember(cache: Path, registry: LocalRegistry) -> None:
    """Write the state file of a registry atomically."""
    folder = states(cache)
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(registry) | {"data": str(registry.data)}, file, indent=1)
    Path(name).replace(folder / f"{registry.port}.json")


def forget(cache: Path, port: int) -> None:
    """Remove the state file of a port."""
    (states(cache) / f"{port}.json").unlink(missing_ok=True)


def known(cache: Path) -> list[LocalRegistry]:
    """Return the registries with a state file, by port; files that cannot be read are left out."""
    found = []
    for path in states(cache).glob("*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            facts = json.loads(path.read_text())
            found.append(LocalRegistry(**(facts | {"data": Path(facts["data"])})))
    return sorted(found, key=lambda registry: registry.port)
