"""The schemas that travel with exported records, so that who imports them reads them without the registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import SnapshotError
from workbench.model.schemas import Schemas
from workbench.store.snapshot.schemas import schema_rows, schemas_of_rows
from workbench.text import size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pyarrow as pa

    from workbench.model.schemas import Schema
    from workbench.store.snapshot.schemas import SchemaOrigin

SCHEMAS_KEY = "schemas"
"""Member of the last line of JSON lines, and in the metadata of Parquet behind ``workbench_``."""
_MOST_BYTES = 64 << 20
"""Of the schemas of a file: readers of Parquet refuse larger metadata."""


class UsedSchemas:
    """Collects the schemas that exported keys and values name.

    Args:
        stored: The schemas of the snapshot.
    """

    def __init__(self, stored: Mapping[SchemaOrigin, Schemas]) -> None:
        self._stored = stored
        self._ids: set[int] = set()
        self._by_fingerprint = False

    def see(self, table: pa.Table) -> None:
        """Note what the records of a table name."""
        if not self._stored:
            return
        import numpy as np

        from workbench.decoding.formats.framing import SINGLE_OBJECT_MARK, first_bytes, schema_ids

        for column in (table["key"], table["value"]):
            for chunk in column.chunks:
                self._ids.update(np.unique(schema_ids(chunk)).tolist())
                heads = first_bytes(chunk, len(SINGLE_OBJECT_MARK))
                self._by_fingerprint |= bool((heads == np.frombuffer(SINGLE_OBJECT_MARK, np.uint8)).all(axis=1).any())

    def rows(self) -> list[dict[str, Any]]:
        """Return the schemas, and those that they refer to, as rows of the table ``schemas``."""
        found: list[dict[str, Any]] = []
        for origin, schemas in self._stored.items():
            named = [one for number, one in schemas.by_id.items() if number in self._ids or self._may_be_meant(one)]
            found += schema_rows(origin, Schemas().with_more(named, _referenced(named, schemas)))
        return found

    def text(self, path: Path) -> bytes:
        """Return the schemas as JSON; empty where there is none.

        Raises:
            SnapshotError: They are too large for a file.
        """
        rows = self.rows()
        text = json.dumps(rows).encode() if rows else b""
        if len(text) > _MOST_BYTES:
            raise SnapshotError(
                f"{path} was not written: the schemas of its records are larger than {size_text(_MOST_BYTES)}. Export "
                "fewer records with where=, or send the snapshot itself.",
                path=str(path),
            )
        return text

    def _may_be_meant(self, schema: Schema) -> bool:
        return self._by_fingerprint and schema.type == "AVRO"


def _referenced(named: Iterable[Schema], schemas: Schemas) -> dict[tuple[str, int], Schema]:
    waiting = [one for schema in named for one in schema.references]
    found: dict[tuple[str, int], Schema] = {}
    while waiting:
        one = waiting.pop()
        place = (one.subject, one.version)
        if place not in found and place in schemas.referenced:
            found[place] = schemas.referenced[place]
            waiting += found[place].references
    return found


def read_schemas(rows: Any) -> dict[SchemaOrigin, Schemas]:
    """Read the schemas of a file. It may be anybody's, so nothing of it is taken on trust.

    Raises:
        ValueError: They are none.
    """
    if not isinstance(rows, list):
        raise ValueError("schemas is no list")  # noqa: TRY004 - one kind of error for files
    return schemas_of_rows(rows)
