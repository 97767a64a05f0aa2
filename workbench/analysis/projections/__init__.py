"""What was known at a moment: workflow runs, and the registry of nodes, tools and subsystems, from events alone."""

from workbench.analysis.projections.registry import REGISTRY_TYPES, registry_at
from workbench.analysis.projections.workflows import WORKFLOW_TYPES, workflows_at

__all__ = ["REGISTRY_TYPES", "WORKFLOW_TYPES", "registry_at", "workflows_at"]
