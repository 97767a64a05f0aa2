"""The causal graph of events: causes, copies, roots, gaps, cycles."""

from workbench.analysis.causation.build import build_graph
from workbench.analysis.causation.graph import CausalGraph
from workbench.analysis.causation.ranges import RANGES

__all__ = ["RANGES", "CausalGraph", "build_graph"]
