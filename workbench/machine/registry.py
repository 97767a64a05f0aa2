"""Starts, stops and describes the local schema registry that this package can run, for ``workbench registry``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.registry.local import DEFAULT_PORT, down, ensure, status, up
from workbench.config.folders import cache_folder
from workbench.config.resolve import REGISTRY_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.bus.registry.local import LocalRegistry

__all__ = ["DEFAULT_PORT", "down", "export_line", "facts", "fetch", "status", "up"]


def export_line(registry: LocalRegistry) -> str:
    """Return the shell line that makes this registry the one of `connect`."""
    return f"export {REGISTRY_VARIABLE}={registry.url}"


def fetch() -> Path:
    """Download and check the program of the registry, and return its folder."""
    return ensure(cache_folder())


def facts(registry: LocalRegistry, state: str) -> dict[str, str | int]:
    """Return URL, state, process, version and folders of a registry, for JSON output."""
    return {
        "url": registry.url,
        "port": registry.port,
        "state": state,
        "pid": registry.pid,
        "version": registry.version,
        "data": str(registry.data),
        "log": str(registry.log),
    }
