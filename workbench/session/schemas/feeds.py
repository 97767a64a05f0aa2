"""Feeds of the schema panel: a registry, or the schemas that a snapshot has stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.bus.registry import SubjectVersion
from workbench.exploration.schema_diff import diff_versions
from workbench.exploration.schema_usage import schema_name, usage_of
from workbench.model.schema_feed import SubjectLook, SubjectRow, UsageRow, VersionRow
from workbench.session.schemas.listing import gathered, subject_rows
from workbench.store.snapshot.schemas import stored_schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.registry import SchemaRegistry
    from workbench.store.snapshot.store import SnapshotStore


class RegistryFeed:
    """Reads a registry; with a snapshot, which of its records name which schema. `refresh` reads it first.

    Args:
        registry: The registry.
        cluster_id: The cluster whose records name its schemas.
        prefix: Subjects that begin with it are listed.
        store: A snapshot of records that name these schemas.
    """

    def __init__(self, registry: SchemaRegistry, cluster_id: str, prefix: str, store: SnapshotStore | None) -> None:
        self._registry = registry
        self._cluster_id = cluster_id
        self._prefix = prefix
        self._store = store
        self.name = f"Schemas of {registry.name}"
        self.note = ""
        self.subjects: Sequence[SubjectRow] = ()
        self.usage: Sequence[UsageRow] | None = None

    async def refresh(self) -> None:
        self.subjects = [SubjectRow(**row) for row in await subject_rows(self._registry, self._prefix)]
        self.usage = None if self._store is None else await asyncio.to_thread(_usage_rows, self._store)

    async def look(self, subject: str, first: int | None = None, second: int | None = None) -> SubjectLook:
        numbers = await self._registry.versions(subject)
        found = await gathered(self._registry.version(subject, number) for number in numbers)
        level = await self._registry.compatibility(subject)
        return _look(found, SubjectLook(subject, self._cluster_id, level, ()), first, second)


class StoredFeed:
    """Reads the schemas that a snapshot has stored; their own names stand for subjects, their ids for versions."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self.name = f"Schemas of {store.path.name}"
        self.note = "As stored in the snapshot: by the schema's own name, with its id as its version."
        self.subjects: Sequence[SubjectRow] = ()
        self.usage: Sequence[UsageRow] | None = None
        self._versions: dict[str, tuple[str, list[SubjectVersion]]] = {}
        self.read()

    def read(self) -> None:
        """Read the snapshot."""
        found: dict[tuple[str, str], list[SubjectVersion]] = {}
        origins = stored_schemas(self._store)
        for origin, schemas in origins.items():
            for one in sorted(schemas.by_id.values(), key=lambda schema: schema.id):
                name = schema_name(one.type, one.text) or f"{one.type} without a name"
                # Ids of two registries have nothing to do with each other.
                name = (
                    name
                    if len(origins) == 1
                    else f"{name} of {origin.registry} {origin.context}, cluster {origin.cluster_id}"
                )
                found.setdefault((name, origin.cluster_id), []).append(SubjectVersion(name, one.id, one))
        self._versions = {name: (cluster, versions) for (name, cluster), versions in sorted(found.items())}
        self.subjects = [SubjectRow(**_row(versions[-1])) for _, versions in self._versions.values()]
        self.usage = _usage_rows(self._store)

    async def refresh(self) -> None:
        self.read()

    async def look(self, subject: str, first: int | None = None, second: int | None = None) -> SubjectLook:
        return self.look_now(subject, first, second)

    def look_now(self, subject: str, first: int | None = None, second: int | None = None) -> SubjectLook:
        """Do what `look` does, without a loop."""
        cluster, found = self._versions.get(subject, ("", []))
        return _look(found, SubjectLook(subject, cluster, "", ()), first, second)


def _usage_rows(store: SnapshotStore) -> list[UsageRow]:
    return [
        UsageRow(
            cluster_id=row["cluster_id"],
            topic=row["topic"],
            partition=row["partition"],
            schema_id=row["schema_id"],
            name=row["schema"],
            records=row["records"],
            first_offset=row["first_offset"],
            last_offset=row["last_offset"],
            first_ms=row["first_ms"],
        )
        for row in usage_of(store)
    ]


def _row(one: SubjectVersion) -> dict[str, Any]:
    schema = one.schema
    return {"subject": one.subject, "version": one.version, "schema_id": schema.id, "type": schema.type, "name": None}


def _look(found: Sequence[SubjectVersion], known: SubjectLook, first: int | None, second: int | None) -> SubjectLook:
    """Complete a look with its versions, and with the difference of two of them: the last ones unless others exist."""
    by_number = {one.version: one for one in found}
    numbers = list(by_number)
    rows = [
        VersionRow(
            one.version,
            one.schema.id,
            one.schema.type,
            schema_name(one.schema.type, one.schema.text),
            len(one.schema.text),
            len(one.schema.references),
        )
        for one in found
    ]
    look = replace(known, versions=rows)
    if len(numbers) < 2:  # noqa: PLR2004 - a difference is of two
        return look
    before = by_number[first if first in by_number else numbers[-2]]
    after = by_number[second if second in by_number else numbers[-1]]
    diff = diff_versions(before, after)
    return replace(look, first=before.version, second=after.version, lines=diff.lines, note=diff.note)
