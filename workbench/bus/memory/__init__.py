"""The memory backend: a cluster inside this process that behaves as a broker does."""

from workbench.bus.memory.cluster.faults import Faults
from workbench.bus.memory.log import MemoryLog

__all__ = ["Faults", "MemoryLog"]
