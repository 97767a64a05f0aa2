"""Starts, stops and describes the local Kafka broker that this package can run, for ``workbench kafka``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.kafka.local import DEFAULT_PORT, BrokerStatus, LocalBroker, down, status, up
from workbench.bus.kafka.local.jars import ensure
from workbench.bus.kafka.local.java import find_java
from workbench.config.folders import cache_folder
from workbench.config.resolve import ADDRESS_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.bus.kafka.local.lifecycle import State

__all__ = ["DEFAULT_PORT", "BrokerStatus", "LocalBroker", "down", "export_line", "facts", "fetch", "status", "up"]


def export_line(broker: LocalBroker) -> str:
    """Return the shell line that makes this broker the default address of `connect`."""
    return f"export {ADDRESS_VARIABLE}={broker.address}"


def fetch() -> Path:
    """Download the jars of the packaged Kafka, check them, and return their folder.

    Raises:
        ConfigurationError: Java or Maven is missing, or the checksum of a jar differs from the pinned one.
    """
    find_java()
    return ensure(cache_folder())


def facts(broker: LocalBroker, state: State) -> dict[str, str | int]:
    """Return address, state, process, version and folders of a broker, for JSON output."""
    return {
        "address": broker.address,
        "port": broker.port,
        "state": state,
        "pid": broker.pid,
        "version": broker.version,
        "cluster_id": broker.cluster_id,
        "data": str(broker.data),
        "log": str(broker.log),
    }
