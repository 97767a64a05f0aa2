"""Evaluates the expression of a query: from its sets, by relations and traces, to the events that answer it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from workbench.errors import QueryError
from workbench.tracing.query.fields import trace_numbers
from workbench.tracing.query.nested import NestedSets
from workbench.tracing.query.relations import INVERSE, Relations
from workbench.tracing.query.syntax import Combined, EventSet, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.query.nested import Orphans
    from workbench.tracing.query.syntax import Expression

Evaluation: TypeAlias = Literal["recursive", "nested"]


def event_sets(expression: Expression) -> Iterator[EventSet]:
    """Give the sets of an expression, from left to right."""
    if isinstance(expression, EventSet):
        yield expression
    elif isinstance(expression, Relation):
        yield from event_sets(expression.left)
        yield from event_sets(expression.right)
    else:
        for part in expression.parts:
            yield from event_sets(part)


class Evaluator:
    """Evaluates expressions over one graph.

    Args:
        graph: The graph.
        sets: The events of each set.
        evaluation: ``recursive`` or ``nested``.
        orphans: ``exclude`` lets fragments that begin with an orphan match nothing; for ``nested`` only.

    Raises:
        QueryError: There is no such evaluation.
    """

    def __init__(
        self,
        graph: CausalGraph,
        sets: Mapping[EventSet, Flags],
        *,
        evaluation: Evaluation = "recursive",
        orphans: Orphans = "include",
    ) -> None:
        if evaluation not in ("recursive", "nested") or orphans not in ("include", "exclude"):
            raise QueryError(
                f"evaluation={evaluation!r}, orphans={orphans!r} is not known. There are evaluation='recursive' and "
                "'nested', orphans='include' and 'exclude'."
            )
        if orphans == "exclude" and evaluation != "nested":
            raise QueryError("orphans='exclude' is an option of nested sets: give evaluation='nested', too.")
        self._sets = sets
        self._graph = graph
        self._plain: NestedSets | Relations
        self._plain = NestedSets.of(graph, orphans) if evaluation == "nested" else Relations(graph)
        self._linked = Relations(graph, links=True)

    @cached_property
    def _traces(self) -> Ints:
        """Number of each event's trace."""
        return trace_numbers(self._graph)

    def events(self, expression: Expression) -> Flags:
        """Mark the events that answer an expression."""
        if isinstance(expression, EventSet):
            return self._sets[expression]
        if isinstance(expression, Relation):
            return self._related(expression)
        return self._combined(expression)

    def _related(self, relation: Relation) -> Flags:
        left, right = self.events(relation.left), self.events(relation.right)
        relations = self._linked if relation.links else self._plain
        found = relations.related(left, right, relation.operator)
        if relation.negated:
            return right & ~found
        if relation.both:
            return found | relations.related(right, left, INVERSE[relation.operator])
        return found

    def _combined(self, combined: Combined) -> Flags:
        parts = [self.events(part) for part in combined.parts]
        union: Flags = np.logical_or.reduce(parts)
        if combined.joining == "||":
            return union
        traces = self._traces
        in_all = np.ones(int(traces.max(initial=-1)) + 1, dtype=np.bool_)
        for part in parts:
            has = np.zeros(len(in_all), dtype=np.bool_)
            has[traces[part]] = True
            in_all &= has
        return union & in_all[traces]
