"""Answers a structural query over a causal graph: conditions and stages in DuckDB, relations on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from workbench.engine import engine
from workbench.errors import QueryError
from workbench.tracing.graph.subgraph import subgraph
from workbench.tracing.query.evaluation import Evaluator, event_sets
from workbench.tracing.query.fields import STORED, column, trace_numbers
from workbench.tracing.query.parsing import parse
from workbench.tracing.query.result import QueryResult, T
from workbench.tracing.query.sql import Names, condition_sql
from workbench.tracing.query.stages import stages_sql
from workbench.tracing.query.syntax import Aggregate, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.query.evaluation import Evaluation
    from workbench.tracing.query.nested import Orphans
    from workbench.tracing.query.syntax import EventSet, Field

    StoredColumns = Callable[[CausalGraph, Sequence[Field]], pa.Table]


def query(
    graph: CausalGraph,
    text: str | Query,
    *,
    stored: StoredColumns | None = None,
    evaluation: Evaluation = "recursive",
    orphans: Orphans = "include",
    cut: Callable[[CausalGraph], T] | None = None,
) -> QueryResult[T]:
    """Find events by conditions and by how they are related (`docs/tracing.md` 7).

    Args:
        graph: The events.
        text: The query, as text or made of `workbench.tracing.query.syntax`.
        stored: Reads fields of the raw record, ``key`` and paths into the payload, as JSON texts in the order of
            events; without it such a field is an error.
        evaluation: ``recursive`` is right for every graph, ``nested`` gives what tools answer that know one parent.
        orphans: With ``exclude`` fragments that begin with an orphan match no positive operator; for ``nested`` only.
        cut: Makes the trace of the result.

    Raises:
        QueryError: The query cannot be read, or a value does not fit its field.
    """
    asked = parse(text) if isinstance(text, str) else text
    if not isinstance(asked, Query):
        raise QueryError(f"A query is a text, or made of workbench.tracing.query.syntax; not {type(asked).__name__}.")
    names = Names()
    sets = list(dict.fromkeys(event_sets(asked.expression)))
    conditions = {one: _statement(one, names) for one in sets if one.condition is not None}
    compared = dict(names.columns)
    stages = _bound(names, lambda: stages_sql(asked.stages, names))
    raw = _stored_columns(graph, names, stored)
    with engine(nodes=_columns(graph, compared, raw, np.arange(len(graph)))) as connection:
        marked = {one: _marked(connection, graph, conditions.get(one)) for one in sets}
        evaluator = Evaluator(graph, marked, evaluation=evaluation, orphans=orphans)
        chosen = np.flatnonzero(evaluator.events(asked.expression))
        found = _columns(graph, names.columns, raw, chosen)
        if any(isinstance(stage, Aggregate) for stage in asked.stages):
            found = found.append_column("trace", pa.array(trace_numbers(graph)[chosen]))
        connection.register("found", found)
        rows = _run(connection, stages)
        missing = _missing(connection, compared)
    kept = np.zeros(len(graph), dtype=np.bool_)
    kept[rows["node"].to_numpy()] = True
    written = text if isinstance(text, str) else "a query made in Python"
    return QueryResult(
        graph=subgraph(graph, kept, f"query {written}"),
        columns=rows.drop_columns(["node"]),
        missing=missing,
        sql=";\n".join(statement.sql for statement in (*conditions.values(), stages)),
        parameters=dict(names.values),
        cut=cut,
    )


def _stored_columns(graph: CausalGraph, names: Names, stored: StoredColumns | None) -> dict[Field, pa.Array]:
    """Read the fields of the raw records that the query names."""
    raw = [field for field in names.columns if field.path or field.name in STORED]
    if not raw:
        return {}
    if stored is None:
        raise QueryError(
            f"{raw[0].name} is in the record, which a graph does not hold: ask the snapshot, snap.query()."
        )
    found = stored(graph, raw)
    return {field: found.column(at) for at, field in enumerate(raw)}


def _columns(graph: CausalGraph, places: Mapping[Field, str], raw: Mapping[Field, pa.Array], nodes: Ints) -> pa.Table:
    """Make a table of some fields of some events: of all for conditions, of those that were found for stages."""
    columns = {
        place: raw[field].take(pa.array(nodes)) if field in raw else column(graph, field.name, nodes)
        for field, place in places.items()
    }
    return pa.table({"node": nodes, **columns})


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement and the values that it binds."""

    sql: str
    values: dict[str, Any]


def _statement(events: EventSet, names: Names) -> _Statement:
    condition = events.condition
    if condition is None:
        return _Statement("SELECT node FROM nodes", {})
    return _bound(names, lambda: f"SELECT node FROM nodes WHERE {condition_sql(condition, names)}")  # noqa: S608 - values are bound


def _bound(names: Names, write: Callable[[], str]) -> _Statement:
    before = set(names.values)
    sql = write()
    return _Statement(sql, {name: value for name, value in names.values.items() if name not in before})


def _marked(connection: duckdb.DuckDBPyConnection, graph: CausalGraph, statement: _Statement | None) -> Flags:
    marked = np.full(len(graph), statement is None, dtype=np.bool_)
    if statement is not None:
        marked[_run(connection, statement)["node"].to_numpy()] = True
    return marked


def _run(connection: duckdb.DuckDBPyConnection, statement: _Statement) -> pa.Table:
    try:
        return connection.sql(statement.sql, params=statement.values).to_arrow_table()
    except duckdb.Error as error:
        first = str(error).partition("\n")[0]
        raise QueryError(f"The query failed: {first}", query=statement.sql) from error


def _missing(connection: duckdb.DuckDBPyConnection, compared: Mapping[Field, str]) -> dict[str, int]:
    """Count the events that lack each field that the query compares."""
    if not compared:
        return {}
    counts = ", ".join(f"count(*) FILTER ({place} IS NULL)" for place in compared.values())
    (found,) = connection.sql(f"SELECT {counts} FROM nodes").fetchall()  # noqa: S608 - names of ours
    return {field.name: count for field, count in zip(compared, found, strict=True) if count}
