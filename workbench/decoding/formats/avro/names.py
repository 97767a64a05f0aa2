"""Names of Avro: namespaces, the named types of a schema and of the schemas that it refers to, its fingerprint."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.schema_error import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.model.schemas import Schema

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "error", "enum", "fixed"})
_EMPTY_FINGERPRINT = 0xC15D213AA4D7A795
_MOST_FINGERPRINTED = 1 << 18
"""Characters of the largest schema whose fingerprint is computed: it takes a step for each."""
_IN_CANONICAL_FORM = ("name", "type", "fields", "symbols", "items", "values", "size")


@dataclass(frozen=True, slots=True)
class AvroSchema:
    """One schema, and all types that it and its references define, by full name.

    Attributes:
        root: The schema as it stands in JSON.
        types: Definition and namespace of each named type.
    """

    root: Any
    types: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)


def parse(text: str) -> Any:
    """Read the JSON of a schema; a bare name is one, too.

    Raises:
        SchemaError: It is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.strip() in PRIMITIVES:
            return text.strip()
        raise SchemaError(f"the schema is no JSON: {error}") from error


def load(schema: Schema, referenced: Mapping[tuple[str, int], Schema]) -> AvroSchema:
    """Read a schema with all that it refers to.

    Raises:
        SchemaError: It is no schema, or a reference is missing.
    """
    loaded = AvroSchema(parse(schema.text))
    done: set[tuple[str, int]] = set()
    waiting = list(schema.references)
    while waiting:
        reference = waiting.pop()
        key = (reference.subject, reference.version)
        if key in done:
            continue
        done.add(key)
        found = referenced.get(key)
        if found is None:
            raise SchemaError(f"it refers to {reference.subject} version {reference.version}, which is not known")
        define(parse(found.text), "", loaded.types)
        waiting.extend(found.references)
    define(loaded.root, "", loaded.types)
    return loaded


def define(root: Any, namespace: str, types: dict[str, tuple[dict[str, Any], str]]) -> None:
    """Enter the named types of a schema by their full names."""
    waiting = [(root, namespace)]
    while waiting:
        schema, space = waiting.pop()
        if isinstance(schema, list):
            waiting.extend((branch, space) for branch in schema)
        elif isinstance(schema, dict):
            if schema.get("type") in NAMED:
                name = full_name(schema, space)
                space = name.rpartition(".")[0]
                types[name] = (schema, space)
            waiting.extend((below, space) for below in _below(schema))


def _below(schema: dict[str, Any]) -> Iterator[Any]:
    for part in schema.get("fields") or ():
        if isinstance(part, dict):
            yield part.get("type")
    for member in ("type", "items", "values"):
        if isinstance(schema.get(member), dict | list):
            yield schema[member]


def full_name(schema: Mapping[str, Any], namespace: str) -> str:
    """Return the full name of a definition inside a namespace.

    Raises:
        SchemaError: It has no name.
    """
    name, own = schema.get("name"), schema.get("namespace")
    if not isinstance(name, str) or not name:
        raise SchemaError("a record, enum or fixed has no name")
    if "." in name:
        return name
    space = own if isinstance(own, str) else namespace
    return f"{space}.{name}" if space else name


def resolve(name: str, namespace: str, types: Mapping[str, Any]) -> str:
    """Return the full name of the type that a name means; a name without dots is looked for in its namespace first.

    Raises:
        SchemaError: There is no such type.
    """
    inside = f"{namespace}.{name}" if namespace and "." not in name else name
    for full in (inside, name):
        if full in types:
            return full
    raise SchemaError(f"there is no type {name[:200]!r}")


def fingerprint(root: Any) -> bytes:
    """Return the CRC-64-AVRO of the Parsing Canonical Form, as it stands in Avro's single-object encoding.

    Raises:
        SchemaError: The schema is too large.
    """
    text = json.dumps(_canonical(root, ""), separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > _MOST_FINGERPRINTED:
        raise SchemaError("the schema is too large for a fingerprint")
    number = _EMPTY_FINGERPRINT
    for byte in text:
        number = number >> 8 ^ _TABLE[(number ^ byte) & 0xFF]
    return number.to_bytes(8, "little")


def _table() -> tuple[int, ...]:
    rows = []
    for row in range(256):
        number = row
        for _ in range(8):
            number = number >> 1 ^ (_EMPTY_FINGERPRINT & -(number & 1))
        rows.append(number)
    return tuple(rows)


_TABLE = _table()


def _canonical(schema: Any, namespace: str) -> Any:
    if isinstance(schema, str):
        return schema if schema in PRIMITIVES or "." in schema or not namespace else f"{namespace}.{schema}"
    if isinstance(schema, list):
        return [_canonical(branch, namespace) for branch in schema]
    if not isinstance(schema, dict):
        raise SchemaError("a part of the schema is neither a name, nor an object, nor a list")
    kind = schema.get("type")
    if isinstance(kind, str) and kind in PRIMITIVES:
        return kind
    if isinstance(kind, dict | list):
        return _canonical(kind, namespace)
    known = dict(schema)
    if kind in NAMED:
        known["name"] = full_name(schema, namespace)
        namespace = known["name"].rpartition(".")[0]
    for member in ("items", "values"):
        if member in known:
            known[member] = _canonical(known[member], namespace)
    if "fields" in known:
        known["fields"] = [
            {"name": part.get("name"), "type": _canonical(part.get("type"), namespace)} for part in known["fields"]
        ]
    return {member: known[member] for member in _IN_CANONICAL_FORM if member in known}
