"""State at a time: by a user's fold of keys, and projections of workflow runs and of the registry."""

from workbench.tracing.state.fold import FoldEvent, StateAt, StateFold, last_value
from workbench.tracing.state.registry import REGISTRY_TYPES, registry_at
from workbench.tracing.state.workflows import WORKFLOW_TYPES, workflows_at

__all__ = [
    "REGISTRY_TYPES",
    "WORKFLOW_TYPES",
    "FoldEvent",
    "StateAt",
    "StateFold",
    "last_value",
    "registry_at",
    "workflows_at",
]
