"""State at a time, projected from events: workflow runs, and the registry of nodes, tools and subsystems."""

from workbench.tracing.state.registry import REGISTRY_TYPES, registry_at
from workbench.tracing.state.workflows import WORKFLOW_TYPES, workflows_at

__all__ = ["REGISTRY_TYPES", "WORKFLOW_TYPES", "registry_at", "workflows_at"]
