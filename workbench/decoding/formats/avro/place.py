"""One place of an Avro schema: what stands there, with names resolved."""

from __future__ import annotations

from typing import Any

from workbench.decoding.formats.avro.names import NAMED, PRIMITIVES, AvroSchema, full_name, resolve
from workbench.decoding.formats.schema_error import SchemaError


class Place:
    """A type as it stands in a schema, and the namespace and named types that it is read with.

    Attributes:
        kind: ``record``, ``enum``, ``array``, ``map``, ``union``, ``fixed``, or the name of a primitive type.
        name: Full name of a named type; empty for others.
        definition: The JSON of the type itself.
    """

    __slots__ = ("_schema", "_space", "definition", "kind", "name")

    def __init__(self, schema: AvroSchema, definition: Any, space: str) -> None:
        while isinstance(definition, dict) and isinstance(definition.get("type"), dict | list):
            definition = definition["type"]
        word = definition if isinstance(definition, str) else None
        if isinstance(definition, dict) and isinstance(definition.get("type"), str):
            word = definition["type"]
        self.name = ""
        if isinstance(definition, dict) and word in NAMED:
            self.name = full_name(definition, space)
            space = self.name.rpartition(".")[0]
        elif word is not None and word not in PRIMITIVES and word not in ("array", "map"):
            self.name = resolve(word, space, schema.types)
            definition, space = schema.types[self.name]
            word = definition["type"]
        if word is None and not isinstance(definition, list):
            raise SchemaError("a part of the schema has no type")
        self.definition = definition
        self.kind = "union" if word is None else "record" if word == "error" else word
        self._schema, self._space = schema, space

    def below(self, definition: Any) -> Place:
        """Return a place inside of this one."""
        return Place(self._schema, definition, self._space)

    @property
    def logical(self) -> str:
        """The logical type; empty where there is none."""
        found = self.definition.get("logicalType") if isinstance(self.definition, dict) else None
        return found if isinstance(found, str) else ""


def member(definition: Any, name: str, kind: type) -> Any:
    """Return a member that a type must have.

    Raises:
        SchemaError: It is missing, or of another kind.
    """
    found = definition.get(name) if isinstance(definition, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise SchemaError(f"a type has no {name}, or one of the wrong kind")
    return found
