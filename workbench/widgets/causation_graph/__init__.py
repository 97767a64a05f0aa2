"""Drawing of a causal graph, with a table of the same events."""

from workbench.widgets.causation_graph.model import CausationGraph

__all__ = ["CausationGraph"]
