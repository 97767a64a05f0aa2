"""The causal graph of events: causes, copies, roots, gaps, cycles."""

from workbench.tracing.graph.build import build_graph
from workbench.tracing.graph.graph import CausalGraph
from workbench.tracing.graph.ranges import RANGES

__all__ = ["RANGES", "CausalGraph", "build_graph"]
