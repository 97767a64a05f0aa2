"""Makes the sides of a diff from what users name: a correlation id, several, or a trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnknownEventError
from workbench.text import counted
from workbench.tracing.answers import keys_text
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.subgraph import subgraph
from workbench.tracing.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.diff.diff import TraceSet


def side_of(whole: Trace, side: str | Trace | Sequence[str]) -> TraceSet:
    """Return one side of a diff.

    Args:
        whole: The trace of the whole snapshot, in which correlation ids are looked up.
        side: A correlation id, several of them, or a trace, which may be of another snapshot.

    Raises:
        UnknownEventError: There is no such correlation.
    """
    if isinstance(side, Trace):
        return side.as_set()
    if isinstance(side, str):
        return whole.select(correlation_id=side).as_set()
    named = list(dict.fromkeys(side)) if isinstance(side, Iterable) else [side]
    if not named or not all(isinstance(name, str) for name in named):
        what = ", ".join(sorted({type(name).__name__ for name in named})) or "an empty list"
        raise UnknownEventError(
            f"A side of a diff is a correlation id, a list of them, or a trace; not {what}.", wanted=""
        )
    wanted = pa.array(named, pa.large_string())
    column = whole.data.column("correlation_id")
    found = flags(pc.is_in(column, value_set=wanted))
    missing = wanted.filter(pc.invert(pc.is_in(wanted, value_set=column))).to_pylist()
    if missing:
        raise UnknownEventError(f"There is no correlation {keys_text(missing)}.", wanted=str(missing[0]))
    data = subgraph(whole.data, found, counted(len(wanted), "correlation"))
    return whole.cut(data).as_set(single=False)
