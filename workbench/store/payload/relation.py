"""Makes a relation of payloads with one typed column per path, for a frame or for SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo
from workbench.store.payload.columns import columns_of_bytes
from workbench.store.payload.decoded import has_decoded, rows_with_decoded
from workbench.store.payload.paths import find_paths
from workbench.store.payload.typed_columns import POSITION_COLUMNS, choose_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store.payload.typed_columns import TypedColumn

PREFIX = "payload:"
"""Before the topic, in the name of a relation that a query reads: ``from "payload:orders"``."""

_VALUES = "wb_payload_values"
_CELLS = "wb_payload_cells"


@dataclass(frozen=True, slots=True)
class PayloadRelation:
    """A query that gives the rows, and what its columns are; it can be run on the cursor that made it."""

    query: str
    columns: tuple[TypedColumn, ...]
    rows: int
    without_object: int
    """Rows whose value is no JSON object: every column of a path is null in them."""

    @property
    def notes(self) -> list[str]:
        """Sentences about what was not divided or not typed."""
        notes = [column.note for column in self.columns if column.note]
        if self.without_object:
            notes.append(f"{self.without_object} of {self.rows} records have no JSON object as value")
        return notes


def make_relation(cursor: duckdb.DuckDBPyConnection, topics: Sequence[str], *, name: str = "") -> PayloadRelation:
    """Read the payloads of topics into temporary tables of a cursor, find their paths, and type them.

    Args:
        cursor: For the queries; the tables live as long as it.
        topics: Physical topic names of the snapshot.
        name: Distinguishes several relations of one cursor.
    """
    values, cells = f"{_VALUES}{name}", f"{_CELLS}{name}"
    decoded = has_decoded(cursor)
    # Read and checked once: the passes over the values and the rows of the result come from memory.
    cursor.execute(
        f"""CREATE TEMP TABLE {values} AS
        SELECT topic, "partition", "offset", timestamp, key_text AS key,
            CASE WHEN json_type(payload) = 'OBJECT' THEN payload END AS payload
        FROM (SELECT topic, "partition", "offset", timestamp, {columns_of_bytes(decoded=decoded)}
            FROM {rows_with_decoded() if decoded else "records"}
            WHERE list_contains($topics, topic))""",  # noqa: S608 - names of ours
        {"topics": list(topics)},
    )
    [(rows, objects)] = cursor.execute(f"SELECT count(*), count(payload) FROM {values}").fetchall()  # noqa: S608 - same
    paths = find_paths(cursor, values)
    position = ", ".join(f'"{column}"' for column in POSITION_COLUMNS)
    texts = "".join(f", texts[{number + 1}] AS c{number}" for number in range(len(paths)))
    cursor.execute(
        f"""CREATE TEMP TABLE {cells} AS SELECT {position}{texts} FROM
        (SELECT {position}, json_extract_string(payload, $pointers::VARCHAR[]) AS texts FROM {values})""",  # noqa: S608 - same
        {"pointers": [path.pointer for path in paths]},
    )
    cursor.execute(f"DROP TABLE {values}")
    columns = choose_types(cursor, cells, paths)
    typed = "".join(f", {_cast(number, column)} AS {_quoted(column.name)}" for number, column in enumerate(columns))
    query = f'SELECT {position}{typed} FROM {cells} ORDER BY topic, "partition", "offset"'  # noqa: S608 - same, and quoted paths
    return PayloadRelation(query, tuple(columns), rows, rows - objects)


def select_topics(cursor: duckdb.DuckDBPyConnection, topics: TopicsLike) -> list[str]:
    """Return the topics of the snapshot that a selection names.

    Raises:
        UnknownTopicError: The snapshot has no such topic, or no topic that matches the pattern.
    """
    found = cursor.execute("SELECT DISTINCT topic FROM sources").fetchall()
    known = [TopicInfo(name, None, name.startswith("__"), ()) for (name,) in found]
    return [topic.name for topic in parse_topics(topics).resolve(known)]


def define_relations(cursor: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Define the views ``"payload:TOPICS"`` that a query names, for this cursor.

    Raises:
        UnknownTopicError: The snapshot has no such topic.
    """
    for number, table in enumerate(sorted(tables)):
        if table.startswith(PREFIX):
            relation = make_relation(cursor, select_topics(cursor, table.removeprefix(PREFIX)), name=f"_{number}")
            cursor.execute(f"CREATE TEMP VIEW {_quoted(table)} AS {relation.query}")


def _cast(number: int, column: TypedColumn) -> str:
    return f"c{number}" if column.sql_type == "VARCHAR" else f"c{number}::{column.sql_type}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
