"""What only Redpanda has: the client of its Admin API, for data transforms."""

from workbench.bus.redpanda.admin import AdminClient
from workbench.bus.redpanda.transform_state import DeployedTransform, PartitionState

__all__ = ["AdminClient", "DeployedTransform", "PartitionState"]
