"""Schemas of payloads as values: what a registry answers, a snapshot keeps, and a format reads values with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SchemaType: TypeAlias = Literal["AVRO", "PROTOBUF", "JSON"]


@dataclass(frozen=True, slots=True)
class SchemaReference:
    """A schema that another one needs, by the name under which that one imports it."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema of a registry. Its id counts in that registry, and there in its context, only."""

    id: int
    type: SchemaType
    text: str
    """The schema as the registry holds it: JSON for Avro and JSON Schema, a ``.proto`` file for Protobuf."""
    references: tuple[SchemaReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Schemas:
    """Schemas by id, and those that they refer to by subject and version. Plain data, so that decoders can be pickled.

    Attributes:
        by_id: Schemas that values name.
        referenced: Schemas that other schemas refer to, by subject and version.
        missing: Ids that the registry does not know or did not give, with the reason.
    """

    by_id: Mapping[int, Schema] = field(default_factory=dict)
    referenced: Mapping[tuple[str, int], Schema] = field(default_factory=dict)
    missing: Mapping[int, str] = field(default_factory=dict)

    def with_more(
        self,
        schemas: Iterable[Schema] = (),
        referenced: Mapping[tuple[str, int], Schema] | None = None,
        missing: Mapping[int, str] | None = None,
    ) -> Schemas:
        """Return these schemas and others; a schema that is known now is missing no more."""
        by_id = {**self.by_id, **{schema.id: schema for schema in schemas}}
        lost = {number: why for number, why in {**self.missing, **(missing or {})}.items() if number not in by_id}
        return Schemas(by_id, {**self.referenced, **(referenced or {})}, lost)
