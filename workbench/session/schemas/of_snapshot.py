"""`SnapshotSchemas`: the schemas that a snapshot has stored, and which records name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.store.snapshot.schemas import stored_schemas
from workbench.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.snapshot.store import SnapshotStore
    from workbench.widgets import SchemaPanel


class SnapshotSchemas:
    """Reads the schemas of a snapshot; the property `Snapshot.schemas` makes it. Nothing is asked of a registry."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store

    def __repr__(self) -> str:
        total = sum(len(schemas.by_id) for schemas in stored_schemas(self._store).values())
        return f"<SnapshotSchemas {counted(total, 'schema')}>"

    @property
    def frame(self) -> pd.DataFrame:
        """The stored schemas by id: registry, context, id, type, name, text; then those that they name, by subject."""
        import pandas as pd

        from workbench.exploration.schema_usage import schema_name

        rows: list[dict[str, Any]] = []
        for origin, schemas in stored_schemas(self._store).items():
            where = {"registry": origin.registry, "context": origin.context, "cluster_id": origin.cluster_id}
            # Partitions are decoded side by side, so the order in which schemas were met differs from run to run.
            own = sorted(schemas.by_id.values(), key=lambda one: one.id)
            places: list[tuple[str | None, int | None]] = [(None, None)] * len(own)
            listed = zip([*places, *schemas.referenced], [*own, *schemas.referenced.values()], strict=True)
            for (subject, version), one in listed:
                name = schema_name(one.type, one.text)
                facts = {"schema_id": one.id, "subject": subject, "version": version, "type": one.type, "name": name}
                rows.append({**where, **facts, "text": one.text})
        kinds = {
            **dict.fromkeys(("registry", "context", "cluster_id"), "str"),
            "schema_id": "Int64",
            "subject": "str",
            "version": "Int64",
            "type": "str",
            "name": "str",
            "text": "str",
        }
        return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)

    def usage(self) -> pd.DataFrame:
        """Return which schemas the values of each partition name, since which offset and time, and how often.

        A row for each partition and schema id, in the order in which they first occur; values that name no schema are
        counted in a row without an id. A second id in a partition is where the schema changed.
        """
        from workbench.exploration.schema_usage import schema_usage

        return schema_usage(self._store)

    def show(self, subject: str | None = None) -> SchemaPanel:
        """Show the stored schemas, their differences, and which records name them since when, in a panel.

        Args:
            subject: Name of a schema, shown first; by default the first of the list.
        """
        from workbench.session.schemas.feeds import StoredFeed
        from workbench.widgets import SchemaPanel

        feed = StoredFeed(self._store)
        first = subject or next((row.subject for row in feed.subjects), None)
        return SchemaPanel(feed, look=feed.look_now(first) if first is not None else None)
