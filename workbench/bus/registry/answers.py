"""Reads the answers of a schema registry. A registry is a foreign server, so nothing of an answer is taken on trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from workbench.errors import SchemaRegistryError
from workbench.model.schemas import Schema, SchemaReference, SchemaType
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_ID = 2**31 - 1
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """One version of a subject."""

    subject: str
    version: int
    schema: Schema


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Whether a schema may follow the versions of a subject, and why not."""

    is_compatible: bool
    messages: tuple[str, ...] = ()


def schema_of(answer: Any, schema_id: int) -> Schema:
    """Read the schema of an answer."""
    found = _object(answer, "a schema")
    kind: Any = found.get("schemaType") or "AVRO"
    if kind not in get_args(SchemaType):
        raise _unexpected(f"a schema of the type {visible(str(kind), _SHOWN)!r}")
    text = found.get("schema")
    if not isinstance(text, str):
        raise _unexpected("a schema without its text")
    references = found.get("references") or []
    if not isinstance(references, list):
        raise _unexpected("references that are no list")
    return Schema(schema_id, kind, text, tuple(map(_reference, references)))


def version_of(answer: Any) -> SubjectVersion:
    """Read one version of a subject."""
    found = _object(answer, "a version of a subject")
    subject = found.get("subject")
    if not isinstance(subject, str):
        raise _unexpected("a version without the name of its subject")
    return SubjectVersion(subject, number(found.get("version")), schema_of(found, number(found.get("id"))))


def compatibility_of(answer: Any) -> Compatibility:
    """Read the result of a compatibility check."""
    found = _object(answer, "a compatibility")
    result = found.get("is_compatible")
    if not isinstance(result, bool):
        raise _unexpected("a compatibility that is neither true nor false")
    messages = found.get("messages") or []
    return Compatibility(result, tuple(map(str, messages)) if isinstance(messages, list) else (str(messages),))


def member(answer: Any, *names: str) -> str:
    """Read one text of an object, by the first of its names that is there."""
    found = _object(answer, names[0])
    text = next((found[name] for name in names if name in found), None)
    if not isinstance(text, str):
        raise _unexpected(f"an answer without {names[0]}")
    return text


def registered_id(answer: Any) -> int:
    """Read the id of a registered schema."""
    return number(_object(answer, "an id").get("id"))


def number(value: Any) -> int:
    """Read an id or version."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_ID:
        raise _unexpected(f"{visible(str(value), _SHOWN)!r} where an id or version belongs")
    return value


def text(value: Any) -> str:
    """Read a name."""
    if not isinstance(value, str):
        raise _unexpected(f"{visible(str(value), _SHOWN)!r} where a name belongs")
    return value


def list_of(answer: Any, read: Callable[[Any], Any]) -> list[Any]:
    """Read each entry of a list."""
    if not isinstance(answer, list):
        raise _unexpected(f"{visible(str(answer), _SHOWN)!r} where a list belongs")
    return [read(entry) for entry in answer]


def place_of(answer: Any) -> tuple[str, int]:
    """Read a subject and a version of it."""
    found = _object(answer, "a version of a subject")
    return text(found.get("subject")), number(found.get("version"))


def _reference(answer: Any) -> SchemaReference:
    found = _object(answer, "a reference")
    return SchemaReference(text(found.get("name")), text(found.get("subject")), number(found.get("version")))


def _object(answer: Any, what: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise _unexpected(f"{visible(str(answer), _SHOWN)!r} where {what} belongs")
    return answer


def _unexpected(what: str) -> SchemaRegistryError:
    return SchemaRegistryError(
        f"The schema registry answers with {what}. Check that schema_registry_url is that of a schema registry."
    )
