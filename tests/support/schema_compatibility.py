"""Whether values of one schema can be read with another: Avro's schema resolution, and the plain rules of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}
_LEVELS = ("NONE", *(f"{one}{end}" for one in ("BACKWARD", "FORWARD", "FULL") for end in ("", "_TRANSITIVE")))


def is_level(text: object) -> bool:
    return text in _LEVELS


def incompatibilities(
    level: str, kind: str, new: str, earlier: list[str], named: Mapping[str, Any] | None = None
) -> list[str]:
    """Why a schema may not follow the earlier ones, given oldest first; empty where it may."""
    if level == "NONE" or not earlier:
        return []
    compared = earlier if level.endswith("_TRANSITIVE") else earlier[-1:]
    direction = level.removesuffix("_TRANSITIVE")
    problems = {"AVRO": _avro, "JSON": _json}.get(kind)
    if problems is None:
        return []
    found: list[str] = []
    for old in compared:
        if direction in {"BACKWARD", "FULL"}:
            found += problems(new, old, named or {})
        if direction in {"FORWARD", "FULL"}:
            found += problems(old, new, named or {})
    return found


def _avro(reader: str, writer: str, named: Mapping[str, Any]) -> list[str]:
    return list(_Resolver(dict(named)).problems(json.loads(reader), json.loads(writer), "/"))


class _Resolver:
    def __init__(self, named: dict[str, Any]) -> None:
        self._reader_names: dict[str, Any] = dict(named)
        self._writer_names: dict[str, Any] = dict(named)
        self._seen: set[tuple[str, str]] = set()

    def problems(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        reader, writer = _known(reader, self._reader_names), _known(writer, self._writer_names)
        if isinstance(writer, list):
            for index, branch in enumerate(writer):
                yield from self.problems(reader, branch, f"{path}{index}/")
            return
        if isinstance(reader, list):
            if all(any(self.problems(branch, writer, path)) for branch in reader):
                yield f"MISSING_UNION_BRANCH at {path}: the reader has no branch for {_type(writer)}"
            return
        wanted, written = _type(reader), _type(writer)
        if wanted != written:
            if wanted not in _PROMOTIONS.get(written, ()):
                yield f"TYPE_MISMATCH at {path}: the reader has {wanted}, the writer {written}"
            return
        by_type = {"record": self._record, "enum": _enum, "fixed": _fixed}
        if wanted in by_type:
            yield from by_type[wanted](reader, writer, path)
        elif wanted == "array":
            yield from self.problems(reader["items"], writer["items"], f"{path}items/")
        elif wanted == "map":
            yield from self.problems(reader["values"], writer["values"], f"{path}values/")

    def _record(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        pair = (reader["name"], writer["name"])
        if pair in self._seen:
            return
        self._seen.add(pair)
        if reader["name"].rpartition(".")[2] != writer["name"].rpartition(".")[2]:
            yield f"NAME_MISMATCH at {path}: {reader['name']} and {writer['name']}"
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            names = [field["name"], *field.get("aliases", ())]
            other = next((written[name] for name in names if name in written), None)
            if other is not None:
                yield from self.problems(field["type"], other["type"], f"{path}{field['name']}/")
            elif "default" not in field:
                yield f"READER_FIELD_MISSING_DEFAULT_VALUE at {path}: {field['name']}"


def _known(schema: Any, names: dict[str, Any]) -> Any:
    if isinstance(schema, str):
        return names.get(schema, schema)
    if isinstance(schema, dict):
        if schema.get("type") in {"record", "enum", "fixed"}:
            names[schema["name"]] = schema
        elif isinstance(schema.get("type"), dict | list):
            return _known(schema["type"], names)
    return schema


def _type(schema: Any) -> str:
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _enum(reader: Any, writer: Any, path: str) -> Iterator[str]:
    lost = set(writer["symbols"]) - set(reader["symbols"])
    if lost and "default" not in reader:
        yield f"MISSING_ENUM_SYMBOLS at {path}: {sorted(lost)}"


def _fixed(reader: Any, writer: Any, path: str) -> Iterator[str]:
    if reader["size"] != writer["size"]:
        yield f"FIXED_SIZE_MISMATCH at {path}"


def _json(reader: str, writer: str, _: Mapping[str, Any]) -> list[str]:
    return list(_json_problems(json.loads(reader), json.loads(writer), "#"))


def _json_problems(reader: Any, writer: Any, path: str) -> Iterator[str]:
    if not isinstance(reader, dict) or not isinstance(writer, dict):
        return
    if "type" in reader and reader["type"] != writer.get("type"):
        yield f"TYPE_CHANGED at {path}: {writer.get('type')} became {reader['type']}"
        return
    lost = set(reader.get("required", ())) - set(writer.get("required", ()))
    for name in sorted(lost):
        yield f"REQUIRED_ATTRIBUTE_ADDED at {path}/{name}"
    wanted, written = reader.get("properties", {}), writer.get("properties", {})
    if reader.get("additionalProperties") is False:
        for name in sorted(set(written) - set(wanted)):
            yield f"PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL at {path}/{name}"
    for name in sorted(set(wanted) & set(written)):
        yield from _json_problems(wanted[name], written[name], f"{path}/properties/{name}")
