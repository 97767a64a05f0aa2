"""`ClusterSchemas`: the schema registry of a cluster."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError, ValidationError
from workbench.session.schemas.frames import SUBJECTS, VERSIONS, schema_frame
from workbench.session.schemas.listing import gathered, subject_rows, version_rows
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.bus.registry import Compatibility, SchemaRegistry, SubjectVersion
    from workbench.exploration.schema_diff import SchemaDiff
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.schemas import Schema, SchemaReference, SchemaType
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.session.querying import SnapshotQueries
    from workbench.widgets import SchemaPanel


class ClusterSchemas:
    """Asks the schema registry of a cluster; the property `Cluster.schemas` makes it.

    Every method raises `SchemaRegistryError` where the registry refuses (``status``, ``error_code``) or does not
    answer, and `ConfigurationError` where the cluster has no registry.
    """

    def __init__(self, connection: ClusterConnection) -> None:
        self._connection = connection

    @property
    def registry(self) -> SchemaRegistry:
        """The client, for calls that this class does not offer."""
        return self._connection.require_open().registry()

    def __repr__(self) -> str:
        settings = self._connection.profile.schema_registry
        return f"<ClusterSchemas {settings.name if settings else 'without a registry'}>"

    def decoder(self) -> BulkDecoder:
        """Return the decoder of captures and tails: it fetches the schemas that values name before it reads them."""
        from workbench.session.conventions import topic_decoder
        from workbench.session.schemas.capturing import live_decoder

        return live_decoder(topic_decoder(), self._connection.require_open())

    async def subjects(self, prefix: str = "") -> pd.DataFrame:
        """List subjects with their latest version: its number, schema id, type and name."""
        return schema_frame(await subject_rows(self.registry, prefix), SUBJECTS, self._provenance())

    async def versions(self, subject: str) -> pd.DataFrame:
        """List the versions of a subject: schema id, type, name, size in characters, number of references."""
        return schema_frame(await version_rows(self.registry, subject), VERSIONS, self._provenance())

    async def get(self, subject: str, version: int | str = "latest") -> SubjectVersion:
        """Return a version of a subject: ``.version``, and ``.schema`` with ``.id``, ``.type`` and ``.text``."""
        return await self.registry.version(subject, version)

    async def by_id(self, schema_id: int) -> Schema:
        """Return the schema with an id."""
        return await self.registry.by_id(schema_id)

    async def compatibility(self, subject: str | None = None) -> str:
        """Return the compatibility level that holds for a subject, or the global one."""
        return await self.registry.compatibility(subject)

    async def check_compatibility(
        self,
        subject: str,
        definition: str | Mapping[str, Any],
        schema_type: SchemaType = "JSON",
        references: Sequence[SchemaReference] = (),
        *,
        version: int | str = "latest",
    ) -> Compatibility:
        """Ask whether a schema may follow a version: ``.is_compatible``, and ``.messages`` that say why not."""
        return await self.registry.check_compatibility(subject, definition, schema_type, references, version=version)

    async def diff(self, subject: str, first: int | str, second: int | str = "latest") -> SchemaDiff:
        """Compare two versions of a subject; the result shows the lines that changed."""
        from workbench.exploration.schema_diff import diff_versions

        before, after = await gathered(self.registry.version(subject, one) for one in (first, second))
        return diff_versions(before, after)

    async def show(
        self, snapshot: SnapshotQueries | None = None, *, prefix: str = "", subject: str | None = None
    ) -> SchemaPanel:
        """Show subjects, versions, compatibility and differences in a panel; with a snapshot, which records name them.

        Args:
            snapshot: Its records are counted by the schema that they name: since which offset and time.
            prefix: List the subjects that begin with it.
            subject: The one that is shown first; by default the first of the list.
        """
        from workbench.session.schemas.feeds import RegistryFeed
        from workbench.widgets import SchemaPanel

        connection = self._connection.require_open()
        store = snapshot.store if snapshot is not None else None
        feed = RegistryFeed(self.registry, connection.log.cluster_id, prefix, store)
        await feed.refresh()
        first = subject or next((row.subject for row in feed.subjects), None)
        look = await feed.look(first) if first is not None else None
        return SchemaPanel(feed, look=look, supervisor=connection.tasks)

    async def validate_event(self, subject: str, event: Any) -> list[tuple[str, str]]:
        """Validate a value against the latest version of a subject: a list of (path, message), empty when valid.

        Args:
            subject: The subject.
            event: The value; bytes and text are read as JSON.

        Raises:
            ValidationError: Text that is no JSON.
            MissingExtraError: The subject's schema is Avro, and the package that reads it is not installed.
        """
        from workbench.bus.registry import SchemaFetcher
        from workbench.decoding.validation import validate

        value = _value(event)
        found = (await self.registry.version(subject)).schema
        referenced = await SchemaFetcher(self.registry).referenced(found)
        return await asyncio.to_thread(validate, value, found, referenced)

    async def register(
        self,
        subject: str,
        definition: str | Mapping[str, Any],
        schema_type: SchemaType = "JSON",
        references: Sequence[SchemaReference] = (),
        *,
        context: str | None = None,
        target: str | None = None,
    ) -> int:
        """Register a schema as the newest version of a subject, and return its id.

        Each registration is a row of the audit: of the file ``schemas.journal.duckdb`` in the configuration folder of
        the user, with who, why and the result.

        Args:
            subject: Name, by convention ``{topic}-value`` or ``{topic}-key``.
            definition: Text of the schema; JSON Schema and Avro also as a mapping.
            schema_type: ``JSON``, ``AVRO`` or ``PROTOBUF``.
            references: Schemas that it refers to.
            context: A context of the registry; needed where the subject begins with ":".
            target: The name of the subject, typed; required if the cluster is protected.

        Raises:
            ConfigurationError: The connection is read-only.
            ReplayRefused: The cluster is protected and ``target`` is not the subject.
            ValidationError: It is no schema of its type.
            SchemaRegistryError: With status 409 and the reasons where it is incompatible.
        """
        from workbench.session.schemas.registering import Registrar

        connection = self._connection.require_open()
        if not connection.writable:
            raise ConfigurationError(
                f"The connection to {connection.name} is read-only, so no schema is registered. Open it with "
                'connect(…, write=True, reason="INC-42").'
            )
        registrar = Registrar(self.registry, connection.reason, connection.name, connection.protected)
        return await registrar.register(subject, definition, schema_type, references, context=context, target=target)

    def _provenance(self) -> dict[str, Any]:
        return {"registry": self.registry.name, "context": self.registry.context}


def _value(event: Any) -> Any:
    if not isinstance(event, bytes | str):
        return event
    try:
        return json.loads(event)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"The event is no JSON: {visible(str(error), 200)}.") from None
