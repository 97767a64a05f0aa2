"""Writes the stages of a query as SQL over the events that were found: filters of groups, groups, columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import QueryError
from workbench.tracing.query.sql import json_number, kind_of, plain
from workbench.tracing.query.syntax import Aggregate, Duration, Field, GroupBy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.query.sql import Names
    from workbench.tracing.query.syntax import Stage

SHOWN = tuple(
    Field(name) for name in ("t", "type", "id", "source", "topic", "partition", "offset", "correlation", "depth", "hop")
)
"""Columns of a result that selects none."""

_SUMS = ("avg", "sum")


def stages_sql(stages: Sequence[Stage], names: Names) -> str:
    """Write one SELECT over ``found``: node, its fields, and ``trace`` for aggregates.

    Its columns are called as the query names them.

    Raises:
        QueryError: An aggregate does not fit its field.
    """
    rows = "SELECT * FROM found"
    groups, shown = ["trace"], list(SHOWN)
    for stage in stages:
        if isinstance(stage, GroupBy):
            groups.append(names.column(stage.field))
        elif isinstance(stage, Aggregate):
            rows = f"SELECT * FROM ({rows}) QUALIFY {_aggregate(stage, names, groups)}"  # noqa: S608 - names of ours
        else:
            shown = list(stage.fields)
    listed = ", ".join(f'{names.column(field)} AS "{_quoted(field.name)}"' for field in shown)
    return f"SELECT node, {listed} FROM ({rows}) ORDER BY node"  # noqa: S608 - names of ours


def _aggregate(stage: Aggregate, names: Names, groups: Sequence[str]) -> str:
    over = f"OVER (PARTITION BY {', '.join(groups)})"
    if stage.field is None:
        if isinstance(stage.value, bool) or not isinstance(stage.value, int | float):
            raise QueryError(f"count() is compared with a number, not with {stage.value!r}.")
        return f"count(*) {over} {stage.operator} {names.value(stage.value)}"
    kind, operand = kind_of(stage.field), names.column(stage.field)
    if kind == "json":
        operand = json_number(operand)
        if isinstance(stage.value, bool | Duration) or not isinstance(stage.value, int | float):
            raise QueryError(f"{stage.function}({stage.field.name}) is compared with a number, not {stage.value!r}.")
    if kind in ("text", "texts") or (kind == "time" and stage.function in _SUMS):
        raise QueryError(f"{stage.function}() does not fit {stage.field.name}, which is a {kind}.")
    value = names.value(plain(stage.field, kind, stage.value))
    return f"coalesce({stage.function}({operand}) {over} {stage.operator} {value}, false)"


def _quoted(name: str) -> str:
    return name.replace('"', '""')
