"""Makes the sides of a diff from what users name: a correlation id, several, or a trace."""

from __future__ import annotations

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
    wanted = pa.array(list(side), pa.large_string())
    column = whole.data.column("correlation_id")
    found = flags(pc.is_in(column, value_set=wanted))
    missing = wanted.filter(pc.invert(pc.is_in(wanted, value_set=column))).to_pylist()
    if missing or not len(wanted):
        named = keys_text(missing) or "none was named"
        raise UnknownEventError(f"There is no correlation {named}.", wanted=str(missing[0]) if missing else "")
    data = subgraph(whole.data, found, counted(len(pc.unique(wanted)), "correlation"))
    return whole.cut(data).as_set(single=False)
