"""The packaged broker for people and for the command line."""

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
    """Return the shell line after which `connect()` without an address means this broker."""
    return f"export {ADDRESS_VARIABLE}={broker.address}"


def fetch() -> Path:
    """Fetch and check the packaged Kafka's jars, and return their folder.

    Raises:
        ConfigurationError: There is no Java to run them, no Maven to fetch them, or they are not the ones pinned.
    """
    find_java()
    return ensure(cache_folder())


def facts(broker: LocalBroker, state: State) -> dict[str, str | int]:
    """Return what a program wants to know of a broker, as JSON takes it."""
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
