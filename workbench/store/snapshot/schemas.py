"""The table ``schemas``: schemas of a registry that captured values name, so that they are read without it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import duckdb

from workbench.errors import SnapshotFormatError
from workbench.model.schemas import Schema, SchemaReference, Schemas, SchemaType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.store.snapshot.store import SnapshotStore

_LARGEST_NUMBER = 2**31 - 1
_COLUMNS = 'registry, context, cluster_id, id, subject, version, type, text, "references"'
_NO_DUPLICATES = """
INSERT INTO schemas SELECT * FROM new_schemas n WHERE NOT EXISTS (
    SELECT 1 FROM schemas s WHERE s.registry = n.registry AND s.context = n.context
    AND s.cluster_id = n.cluster_id AND s.id = n.id
    AND s.subject IS NOT DISTINCT FROM n.subject AND s.version IS NOT DISTINCT FROM n.version)
"""


@dataclass(frozen=True, slots=True)
class SchemaOrigin:
    """Where schemas come from. Their ids count there only."""

    registry: str
    """URLs of the registry."""
    context: str
    cluster_id: str
    """The cluster whose records name them."""


def add_schemas(store: SnapshotStore, origin: SchemaOrigin, schemas: Schemas) -> None:
    """Store schemas that are not stored yet, at once.

    Raises:
        SnapshotError: The snapshot was opened read-only.
    """
    rows = schema_rows(origin, schemas)
    if rows:
        with store.transaction() as cursor:
            insert_schemas(cursor, rows)


def schema_rows(origin: SchemaOrigin, schemas: Schemas) -> list[dict[str, Any]]:
    """Return the rows of the table ``schemas``: those with an id, then those that are referred to."""
    return [
        *(_row(origin, schema) for schema in schemas.by_id.values()),
        *(_row(origin, schema, *place) for place, schema in schemas.referenced.items()),
    ]


def insert_schemas(cursor: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows that are not stored yet, in the transaction of the cursor."""
    import pyarrow as pa

    cursor.register("new_schemas", pa.Table.from_pylist(list(rows), _layout()))
    cursor.execute(_NO_DUPLICATES)
    cursor.unregister("new_schemas")


def stored_schemas(store: SnapshotStore) -> dict[SchemaOrigin, Schemas]:
    """Return the schemas of each origin, in the order in which they were met; empty for a file of before."""
    with store.cursor() as cursor:
        try:
            # Asking for the names of tables first takes longer: DuckDB writes the text of all of its views for that.
            found = cursor.execute(f"SELECT {_COLUMNS} FROM schemas ORDER BY rowid")  # noqa: S608 - our columns
        except duckdb.CatalogException:
            return {}
        rows = found.fetchall()
    names = _layout_names()
    try:
        return schemas_of_rows([dict(zip(names, row, strict=True)) for row in rows])
    except ValueError as error:
        raise SnapshotFormatError(
            f"{store.path}: the table schemas cannot be read: {error}. Export the records and import them anew.",
            path=str(store.path),
            found="a damaged table schemas",
        ) from error


def schemas_of_rows(rows: Iterable[Any]) -> dict[SchemaOrigin, Schemas]:
    """Read rows of the table ``schemas``, whoever wrote them.

    Raises:
        ValueError: A row is none.
    """
    by_id: dict[SchemaOrigin, list[Schema]] = {}
    referenced: dict[SchemaOrigin, dict[tuple[str, int], Schema]] = {}
    for row in rows:
        found = _checked(row)
        origin = SchemaOrigin(found["registry"], found["context"], found["cluster_id"])
        schema = Schema(found["id"], found["type"], found["text"], _references(found["references"]))
        by_id.setdefault(origin, [])
        if found["subject"] is None:
            by_id[origin].append(schema)
        else:
            referenced.setdefault(origin, {})[found["subject"], found["version"]] = schema
    return {origin: Schemas().with_more(schemas, referenced.get(origin)) for origin, schemas in by_id.items()}


def _checked(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or row.keys() != set(_layout_names()):
        raise ValueError("a schema is not a row of the table schemas")
    texts = ("registry", "context", "cluster_id", "type", "text", "references")
    if not all(isinstance(row[name], str) for name in texts) or not isinstance(row["subject"], str | None):
        raise ValueError("a schema has a member that is no text")
    numbers = [row["id"], *([] if row["subject"] is None else [row["version"]])]
    if not all(type(one) is int and 0 <= one <= _LARGEST_NUMBER for one in numbers):
        raise ValueError("a schema has a number that cannot be")
    if row["type"] not in get_args(SchemaType):
        raise ValueError(f"{row['type'][:40]!r} is no type of schemas")
    return row


def schemas_by_cluster(store: SnapshotStore) -> dict[str, Schemas]:
    """Return the stored schemas for the records of each cluster; of two registries the later one is believed."""
    found: dict[str, Schemas] = {}
    for origin, schemas in stored_schemas(store).items():
        before = found.get(origin.cluster_id, Schemas())
        found[origin.cluster_id] = before.with_more(schemas.by_id.values(), schemas.referenced)
    return found


def _row(
    origin: SchemaOrigin, schema: Schema, subject: str | None = None, version: int | None = None
) -> dict[str, Any]:
    references = [[one.name, one.subject, one.version] for one in schema.references]
    return {
        "registry": origin.registry,
        "context": origin.context,
        "cluster_id": origin.cluster_id,
        "id": schema.id,
        "subject": subject,
        "version": version,
        "type": schema.type,
        "text": schema.text,
        "references": json.dumps(references),
    }


def _layout() -> Any:
    import pyarrow as pa

    numbers = {"id", "version"}
    return pa.schema([(name, pa.int32() if name in numbers else pa.string()) for name in _layout_names()])


def _layout_names() -> list[str]:
    return [name.strip('"') for name in _COLUMNS.split(", ")]


def _references(text: str) -> tuple[SchemaReference, ...]:
    try:
        return tuple(
            SchemaReference(str(name), str(subject), int(number)) for name, subject, number in json.loads(text)
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError("a schema has references that cannot be read") from error
