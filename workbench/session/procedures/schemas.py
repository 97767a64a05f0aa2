"""Asks and writes a schema registry by its URL or profile, for the command line. No broker is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.config import load_settings, registry_settings
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.registry import SubjectVersion
    from workbench.exploration.schema_diff import SchemaDiff
    from workbench.model.schemas import SchemaReference, SchemaType

_ON_DEVELOPMENT = "development"
"""The reason on a registry of a development cluster, where none has to be given."""


async def list_subjects(named: str | None, prefix: str = "") -> list[dict[str, Any]]:
    """List the subjects of a registry; see `workbench.session.schemas.listing.subject_rows`.

    Args:
        named: URL of the registry, or the profile of a cluster that has one; by default the default profile's.
        prefix: Beginning of the names.
    """
    from workbench.bus.registry import SchemaRegistry
    from workbench.session.schemas.listing import subject_rows

    async with SchemaRegistry(registry_settings(named)) as registry:
        return await subject_rows(registry, prefix)


async def list_versions(named: str | None, subject: str) -> list[dict[str, Any]]:
    """List the versions of a subject."""
    from workbench.bus.registry import SchemaRegistry
    from workbench.session.schemas.listing import version_rows

    async with SchemaRegistry(registry_settings(named)) as registry:
        return await version_rows(registry, subject)


async def get_schema(named: str | None, subject: str, version: str = "latest") -> SubjectVersion:
    """Return a version of a subject."""
    from workbench.bus.registry import SchemaRegistry

    async with SchemaRegistry(registry_settings(named)) as registry:
        return await registry.version(subject, version)


async def diff_schemas(named: str | None, subject: str, first: str, second: str = "latest") -> SchemaDiff:
    """Compare two versions of a subject."""
    from workbench.bus.registry import SchemaRegistry
    from workbench.exploration.schema_diff import diff_versions

    async with SchemaRegistry(registry_settings(named)) as registry:
        return diff_versions(await registry.version(subject, first), await registry.version(subject, second))


async def register_schema(
    named: str | None,
    subject: str,
    definition: str | Mapping[str, Any],
    schema_type: SchemaType,
    references: Sequence[SchemaReference] = (),
    *,
    reason: str | None = None,
    context: str | None = None,
    target: str | None = None,
) -> int:
    """Register a schema and return its id.

    Args:
        named: URL of the registry, or the profile of a cluster that has one; by default the default profile's.
        subject: Name of the subject.
        definition: The schema.
        schema_type: ``JSON``, ``AVRO`` or ``PROTOBUF``.
        references: Schemas that it refers to.
        reason: Why; may be left out where the registry is that of a development cluster, or of this machine.
        context: A context of the registry.
        target: The name of the subject, typed; required if the cluster is protected.

    Raises:
        ConfigurationError: No reason is given and none may be left out.
        ReplayRefused: The cluster is protected and ``target`` is not the subject.
        SchemaRegistryError: The registry refuses it.
    """
    from workbench.bus.registry import SchemaRegistry
    from workbench.session.schemas.registering import Registrar

    settings = registry_settings(named)
    # By its URLs, whatever it was named by: the mark of a cluster must not lead around its registry.
    owners = [
        one
        for one in load_settings().clusters.values()
        if one.schema_registry_url is not None and settings.shares_server(one.schema_registry_url)
    ]
    protected = any(one.protected for one in owners)
    development = not protected and (settings.is_loopback or (bool(owners) and all(o.development for o in owners)))
    if not (reason and reason.strip()):
        if not development:
            raise ConfigurationError(
                f"{settings.name} is no registry of a development cluster: writing to it needs a reason, "
                "--reason INC-42."
            )
        reason = _ON_DEVELOPMENT
    label = ", ".join(one.name for one in owners) or settings.name
    async with SchemaRegistry(settings) as registry:
        registrar = Registrar(registry, reason, label, protected)
        return await registrar.register(subject, definition, schema_type, references, context=context, target=target)
