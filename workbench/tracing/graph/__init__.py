"""The causal graph as data: building it, cutting smaller ones from it, and its structure."""

from workbench.tracing.graph.build import build_graph
from workbench.tracing.graph.graph import CausalGraph
from workbench.tracing.graph.resolution.ranges import RANGES

__all__ = ["RANGES", "CausalGraph", "build_graph"]
