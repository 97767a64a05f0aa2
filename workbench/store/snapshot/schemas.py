"""The table ``schemas``: schemas of a registry that captured values name, so that they are read without it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import SnapshotFormatError
from workbench.model.schemas import Schema, SchemaReference, Schemas

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.store.snapshot.store import SnapshotStore

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
    rows = [
        *(_row(origin, schema) for schema in schemas.by_id.values()),
        *(_row(origin, schema, *place) for place, schema in schemas.referenced.items()),
    ]
    if not rows:
        return
    import pyarrow as pa

    with store.transaction() as cursor:
        cursor.register("new_schemas", pa.Table.from_pylist(rows, _layout()))
        cursor.execute(_NO_DUPLICATES)
        cursor.unregister("new_schemas")


def stored_schemas(store: SnapshotStore) -> dict[SchemaOrigin, Schemas]:
    """Return the schemas of each origin, in the order in which they were met; empty for a file of before."""
    found: dict[SchemaOrigin, Schemas] = {}
    with store.cursor() as cursor:
        if cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'schemas'").fetchone() is None:
            return {}
        rows = cursor.execute(f"SELECT {_COLUMNS} FROM schemas ORDER BY rowid").fetchall()  # noqa: S608 - our columns
    by_id: dict[SchemaOrigin, list[Schema]] = {}
    referenced: dict[SchemaOrigin, dict[tuple[str, int], Schema]] = {}
    for registry, context, cluster_id, number, subject, version, kind, text, references in rows:
        origin = SchemaOrigin(registry, context, cluster_id)
        schema = Schema(number, kind, text, _references(references, store.path))
        by_id.setdefault(origin, [])
        if subject is None:
            by_id[origin].append(schema)
        else:
            referenced.setdefault(origin, {})[subject, version] = schema
    for origin, schemas in by_id.items():
        found[origin] = Schemas().with_more(schemas, referenced.get(origin))
    return found


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
    names = [name.strip('"') for name in _COLUMNS.split(", ")]
    return pa.schema([(name, pa.int32() if name in numbers else pa.string()) for name in names])


def _references(text: str, path: Path) -> tuple[SchemaReference, ...]:
    try:
        return tuple(
            SchemaReference(str(name), str(subject), int(number)) for name, subject, number in json.loads(text)
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise SnapshotFormatError(
            f"{path}: the table schemas holds references that cannot be read. Export the records and import them anew.",
            path=str(path),
            found="damaged references of a schema",
        ) from error
