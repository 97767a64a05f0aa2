"""The causal graph, drawn; a table beside it states the same facts."""

from workbench.widgets.causation_graph.widget import CausationGraph

__all__ = ["CausationGraph"]
