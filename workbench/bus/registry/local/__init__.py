"""Runs a real schema registry, Apicurio, on loopback for newcomers: fetched once through Maven, started by Java."""

from workbench.bus.registry.local.archive import ensure
from workbench.bus.registry.local.lifecycle import DEFAULT_PORT, RegistryStatus, down, status, up
from workbench.bus.registry.local.state import LocalRegistry

__all__ = ["DEFAULT_PORT", "LocalRegistry", "RegistryStatus", "down", "ensure", "status", "up"]
