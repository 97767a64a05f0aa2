"""The Redpanda adapter of the event bus: schemas of a registry, and views that WebAssembly transforms write."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Dict, Literal  # noqa: UP035 - the spellings are the contract's

from workbench.bus.registry import SchemaFetcher, SchemaRegistry
from workbench.decoding.conventions.contract.events import encode_event
from workbench.decoding.validation import validate
from workbench.errors import ConfigurationError, ValidationError
from workbench.eventbus.bus import EventBus
from workbench.model.events.event import EventMessage
from workbench.telemetry import SPAN_MANAGE, traced
from workbench.transforms.views.host import ViewHost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.bus.registry import Compatibility, SubjectVersion
    from workbench.config import SchemaRegistrySettings
    from workbench.config.admin_api import AdminSettings
    from workbench.model.schemas import SchemaReference, SchemaType
    from workbench.transforms.guest.module import ModuleLike
    from workbench.transforms.views.state import ViewStatus


class RedpandaEventBus(EventBus):
    """An event bus with the parts that Redpanda adds to Kafka; satisfies `ProtocolRedpandaAdapter` as well.

    Views are transforms: by the Admin API they run in the brokers, else in this process until the bus is closed (on the
    memory bus, or when ``executor="local"`` is asked for).

    Args:
        log: The record log to work on, not yet open.
        registry: The schema registry; without one, what needs it raises `ConfigurationError`.
        admin: The Admin API of the cluster.
        options: Those of `workbench.eventbus.core.BusCore`.
    """

    def __init__(
        self,
        log: RecordLog,
        *,
        registry: SchemaRegistrySettings | None = None,
        admin: AdminSettings | None = None,
        **options: Any,
    ) -> None:
        super().__init__(log, **options)
        self._registry = None if registry is None else SchemaRegistry(registry)
        self._views = ViewHost(log, self._tasks, admin, auto_local=log.address.startswith("memory://"))

    @property
    def registry(self) -> SchemaRegistry:
        """The client of the schema registry, for calls that the bus does not offer.

        Raises:
            ConfigurationError: None is configured.
        """
        if self._registry is None:
            raise ConfigurationError(
                "This bus has no schema registry: set schema_registry_url in its configuration, for example "
                "http://localhost:8081."
            )
        return self._registry

    async def aclose(self) -> None:
        """End views that run here, close the bus, then the connections to the registry. Idempotent."""
        await super().aclose()
        if self._registry is not None:
            await self._registry.aclose()

    @traced(SPAN_MANAGE)
    async def register_schema(
        self,
        subject: str,
        schema_definition: Dict[str, Any],  # noqa: UP006
        schema_type: str = "JSON",
    ) -> int:
        """Register a schema as the newest version of a subject, and return its id; a known schema keeps its id.

        Args:
            subject: Name, by convention ``{topic}-value`` or ``{topic}-key``.
            schema_definition: The schema; for PROTOBUF ``{"proto": text}``, with ``references`` where it has imports.
            schema_type: ``JSON``, ``AVRO`` or ``PROTOBUF``.

        Raises:
            ValidationError: It is no schema of its type.
            SchemaRegistryError: The registry refused it; status 409 where an earlier version is incompatible.
        """
        self._refuse_read_only()
        kind = _schema_type(schema_type)
        async with self._auditor.entry("schema.register", topic=subject, type=schema_type) as entry:
            number = await self.registry.register(subject, schema_definition, kind)
            entry.result = f"id {number}"
        return number

    async def get_schema(self, subject: str, version: int | Literal["latest"] = "latest") -> SubjectVersion:
        """Return a version of a subject, with its schema."""
        return await self.registry.version(subject, version)

    async def check_compatibility(
        self,
        subject: str,
        schema_definition: Mapping[str, Any],
        schema_type: str = "JSON",
        references: Sequence[SchemaReference] = (),
    ) -> Compatibility:
        """Ask whether a schema could be registered as the next version of a subject; nothing is registered."""
        return await self.registry.check_compatibility(
            subject, schema_definition, _schema_type(schema_type), references
        )

    async def validate_event(self, subject: str, event: EventMessage | Mapping[str, Any]) -> list[tuple[str, str]]:
        """Validate an event, or a value, against the latest version of a subject: (path, message), empty when valid."""
        value = json.loads(encode_event(event).value) if isinstance(event, EventMessage) else event
        found = (await self.registry.version(subject)).schema
        referenced = await SchemaFetcher(self.registry).referenced(found)
        return await asyncio.to_thread(validate, value, found, referenced)

    @traced(SPAN_MANAGE)
    async def create_materialized_view(
        self,
        view_name: str,
        source_topic: str,
        transform_function: str,
        **options: Any,
    ) -> bool:
        """Run a transform over a topic; its output topic is the view. True also when it runs already.

        Args:
            view_name: Logical name of the view: of the transform and of its output topic.
            source_topic: Logical name of the topic that it reads, from the log start on.
            transform_function: The WebAssembly module: a path or a ``file:`` URL.
            options: Those of `workbench.transforms.views.views.Views.create`, for example ``replace=True``.

        Raises:
            TransformError: The module cannot be used, or did not run on every partition in time.
            TopicExistsError: The output topic exists in another shape.
        """
        self._refuse_read_only()
        view, source = self._publisher.physical(view_name), self._publisher.physical(source_topic)
        await self._ready_for(source)
        module: ModuleLike = transform_function
        async with self._auditor.entry("view.create", topic=view, source=source), self._views.opened() as views:
            return await views.create(view, source, module, **options)

    async def view_status(self, view_name: str) -> ViewStatus:
        """Return the state of a view, with its lag per partition."""
        async with self._views.opened() as views:
            return await views.status(self._publisher.physical(view_name))

    async def wait_for_view(self, view_name: str, *, timeout_s: float = 60.0) -> ViewStatus:
        """Wait until a view has transformed every record that its source has now."""
        async with self._views.opened() as views:
            return await views.wait(self._publisher.physical(view_name), timeout_s=timeout_s)

    async def delete_materialized_view(self, view_name: str, *, delete_topic: bool = False) -> None:
        """End a view; its topic stays unless ``delete_topic`` is set."""
        self._refuse_read_only()
        view = self._publisher.physical(view_name)
        async with self._auditor.entry("view.delete", topic=view), self._views.opened() as views:
            await views.delete(view, delete_topic=delete_topic)


def _schema_type(text: str) -> SchemaType:
    if text == "AVRO":
        return "AVRO"
    if text == "PROTOBUF":
        return "PROTOBUF"
    if text == "JSON":
        return "JSON"
    raise ValidationError(f"{text[:40]!r} is no type of schemas; there are AVRO, JSON and PROTOBUF.")
