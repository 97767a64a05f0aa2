"""Edges of the causal graph as columns: cause, effect, kind, and the declaration that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import numpy as np
import pandas as pd

from workbench.model.causation import EdgeKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Codes, Flags, Ints

Ranks: TypeAlias = "NDArray[np.signedinteger[Any]]"
"""Whole numbers, in one byte each where all fit."""

EDGE_KINDS: tuple[str, ...] = get_args(EdgeKind)
EXPLICIT, SPAN, COPY, AMBIGUOUS, HINT, VIRTUAL = range(len(EDGE_KINDS))


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges between events, of every kind, each pair of events once."""

    cause: Ints
    """Number of the event."""
    effect: Ints
    kind: Codes
    """Index into `EDGE_KINDS`."""
    rank: Ranks
    """-1 for edges that no declared cause made."""
    via: Ranks
    """Code of the field that declared the cause, -1 for none."""

    def __len__(self) -> int:
        return len(self.cause)

    @classmethod
    def undeclared(cls, cause: Ints, effect: Ints, kind: int) -> Edges:
        """Make edges of one kind that no declared cause made; an edge from an event to itself is left out."""
        apart = cause != effect
        cause, effect = (side[apart].astype(np.int32, copy=False) for side in (cause, effect))
        none = np.full(len(cause), -1, dtype=np.int32)
        return cls(cause, effect, np.full(len(cause), kind, dtype=np.int8), none, none)

    def pick(self, chosen: Flags | Ints) -> Edges:
        """Keep some of the edges."""
        if chosen.dtype == np.bool_ and chosen.all():
            return self
        return Edges(*(column[chosen] for column in self._columns()))

    def used(self) -> Flags:
        """Mark the edges that algorithms follow: explicit causes, and causes known from spans."""
        used: Flags = self.kind <= SPAN
        return used

    def is_hint(self) -> Flags:
        """Mark the edges that only say in which flow an event began."""
        hint: Flags = self.kind == HINT
        return hint

    def kind_texts(self) -> pd.Series[str]:
        """Return the kind of each edge as text."""
        return pd.Series(np.array(EDGE_KINDS)[self.kind], dtype="str")

    def __add__(self, other: Edges) -> Edges:
        return Edges(*(np.concatenate(pair) for pair in zip(self._columns(), other._columns(), strict=True)))

    def _columns(self) -> tuple[Any, ...]:
        return self.cause, self.effect, self.kind, self.rank, self.via
