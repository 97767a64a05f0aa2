"""The rules of a schema registry without its HTTP: subjects, versions, ids, deletion, levels, modes, contexts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import fastavro
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from schema_compatibility import incompatibilities, is_level

MODES = ("READWRITE", "READONLY", "IMPORT")
TYPES = ("JSON", "PROTOBUF", "AVRO")


class RuleError(Exception):
    """A request that the registry refuses; the HTTP status follows from the code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return self.code if self.code < 600 else self.code // 100


@dataclass(frozen=True)
class Content:
    type: str
    text: str
    references: tuple[tuple[str, str, int], ...] = ()

    def answer(self) -> dict[str, Any]:
        named = [{"name": n, "subject": s, "version": v} for n, s, v in self.references]
        kind = {} if self.type == "AVRO" else {"schemaType": self.type}
        return {**kind, "schema": self.text, **({"references": named} if named else {})}


@dataclass
class Version:
    id: int
    deleted: bool = False


@dataclass
class Context:
    """One context: it counts its own ids."""

    contents: dict[int, Content] = field(default_factory=dict)
    subjects: dict[str, dict[int, Version]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    level = "BACKWARD"
    mode = "READWRITE"

    def by_id(self, schema_id: int) -> Content:
        if schema_id not in self.contents:
            raise RuleError(40403, f"Schema {schema_id} not found")
        return self.contents[schema_id]

    def uses(self, schema_id: int) -> list[dict[str, Any]]:
        self.by_id(schema_id)
        return [
            {"subject": name, "version": number}
            for name, versions in self.subjects.items()
            for number, one in versions.items()
            if one.id == schema_id and not one.deleted
        ]

    def names(self, prefix: str, *, deleted: bool) -> list[str]:
        return [n for n, v in self.subjects.items() if n.startswith(prefix) and (deleted or _alive(v))]

    def versions(self, subject: str, *, deleted: bool) -> dict[int, Version]:
        found = self.subjects.get(subject, {})
        kept = {number: one for number, one in found.items() if deleted or not one.deleted}
        if not kept:
            raise RuleError(40401, f"Subject '{subject}' not found.")
        return kept

    def version(self, subject: str, text: str, *, deleted: bool = False) -> tuple[int, Version]:
        versions = self.versions(subject, deleted=deleted)
        if text in {"latest", "-1"}:
            number = max(versions)
        elif text.isdigit() and 0 < int(text) < 2**31:
            number = int(text)
        else:
            raise RuleError(42202, f"The specified version '{text}' is not a valid version id.")
        if number not in versions:
            raise RuleError(40402, f"Version {number} not found.")
        return number, versions[number]

    def shown(self, subject: str, number: int, version: Version) -> dict[str, Any]:
        return {"subject": subject, "version": number, "id": version.id, **self.contents[version.id].answer()}

    def mode_of(self, subject: str) -> str:
        return self.modes.get(subject, self.mode)

    def register(self, subject: str, body: dict[str, Any]) -> int:
        content = self.content(body)
        mode = self.mode_of(subject)
        if mode == "READONLY":
            raise RuleError(42205, f"Subject {subject} is in read-only mode")
        if ("id" in body or "version" in body) and mode != "IMPORT":
            raise RuleError(42205, f"Subject {subject} is not in import mode")
        found = self.subjects.setdefault(subject, {})
        for one in found.values():
            if self.contents[one.id] == content and not one.deleted:
                return one.id
        problems = self.problems(subject, content)
        if problems:
            if not found:
                del self.subjects[subject]
            raise RuleError(409, f"Schema being registered is incompatible with an earlier schema: {problems}")
        known = next((number for number, one in self.contents.items() if one == content), None)
        schema_id = body.get("id", known or max(self.contents, default=0) + 1)
        if self.contents.get(schema_id, content) != content:
            raise RuleError(42207, f"Overwrite new schema with id {schema_id} is not permitted.")
        self.contents[schema_id] = content
        found[body.get("version", max(found, default=0) + 1)] = Version(schema_id)
        return int(schema_id)

    def look_up(self, subject: str, body: dict[str, Any], *, deleted: bool) -> dict[str, Any]:
        content = self.content(body)
        for number, one in self.versions(subject, deleted=deleted).items():
            if self.contents[one.id] == content:
                return self.shown(subject, number, one)
        raise RuleError(40403, "Schema not found")

    def problems(self, subject: str, content: Content, only: Version | None = None) -> list[str]:
        alive = [one for _, one in sorted(self.subjects.get(subject, {}).items()) if not one.deleted]
        earlier = [self.contents[one.id] for one in ([only] if only else alive)]
        if any(one.type != content.type for one in earlier):
            return ["the type of the schema changed"]
        level = self.levels.get(subject, self.level)
        named = {name: json.loads(self._referenced(s, v).text) for name, s, v in content.references}
        return incompatibilities(level, content.type, content.text, [one.text for one in earlier], named)

    def content(self, body: dict[str, Any]) -> Content:
        """Check the body of a request that brings a schema."""
        text, kind = body.get("schema"), body.get("schemaType", "AVRO")
        if not isinstance(text, str):
            raise RuleError(422, "Unrecognized token: schema must be a string")
        if kind not in TYPES:
            raise RuleError(422, f"Invalid schema type {kind}")
        if not text:
            raise RuleError(42201, "Empty schema")
        references = tuple(_reference(one) for one in body.get("references", ()))
        for _, subject, version in references:
            self._referenced(subject, version)
        if kind == "AVRO":
            text = self._checked_avro(text, references)
        elif kind == "JSON":
            _check_json(text)
        return Content(kind, text, references)

    def _referenced(self, subject: str, version: int) -> Content:
        try:
            _, found = self.version(subject, str(version))
        except RuleError as error:
            raise RuleError(42201, f"No schema reference found for subject {subject} and version {version}") from error
        return self.contents[found.id]

    def _checked_avro(self, text: str, references: tuple[tuple[str, str, int], ...]) -> str:
        named: dict[str, Any] = {}
        try:
            self._parse_references(references, named)
            fastavro.parse_schema(json.loads(text), named_schemas=named)
        except RuleError:
            raise
        except Exception as error:
            raise RuleError(422, f"Invalid AVRO schema: {type(error).__name__}") from error
        return text

    def _parse_references(self, references: tuple[tuple[str, str, int], ...], named: dict[str, Any]) -> None:
        for _, subject, version in references:
            content = self._referenced(subject, version)
            self._parse_references(content.references, named)
            fastavro.parse_schema(json.loads(content.text), named_schemas=named)

    def referenced_by(self, subject: str, number: int) -> list[int]:
        return sorted(
            schema_id
            for schema_id, content in self.contents.items()
            if any((s, v) == (subject, number) for _, s, v in content.references) and self.uses(schema_id)
        )

    def delete_subject(self, subject: str, *, permanent: bool) -> list[int]:
        versions = self.subjects.get(subject, {})
        if not versions:
            raise RuleError(40401, f"Subject '{subject}' not found.")
        self._may_delete(subject, versions)
        if permanent:
            if _alive(versions):
                raise RuleError(40405, f"Subject '{subject}' was not deleted first before being permanently deleted")
            return sorted(self.subjects.pop(subject))
        if not _alive(versions):
            raise RuleError(40404, f"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently")
        numbers = sorted(number for number, one in versions.items() if not one.deleted)
        for number in numbers:
            versions[number].deleted = True
        return numbers

    def delete_version(self, subject: str, text: str, *, permanent: bool) -> int:
        number, one = self.version(subject, text, deleted=True)
        self._may_delete(subject, [number])
        if permanent:
            if not one.deleted:
                raise RuleError(40407, f"Version {number} was not deleted first before being permanently deleted")
            del self.subjects[subject][number]
            if not self.subjects[subject]:
                del self.subjects[subject]
        elif one.deleted:
            raise RuleError(40406, f"Version {number} was soft deleted. Set permanent=true to delete permanently")
        one.deleted = True
        return number

    def _may_delete(self, subject: str, numbers: Any) -> None:
        if self.mode_of(subject) == "READONLY":
            raise RuleError(42205, f"Subject {subject} is in read-only mode")
        for number in numbers:
            if ids := self.referenced_by(subject, number):
                raise RuleError(42206, f"One or more references exist to the schema {subject}/{number}: {ids}")

    def level_of(self, subject: str | None, *, default: bool) -> str:
        if subject is None:
            return self.level
        if subject in self.levels or default:
            return self.levels.get(subject, self.level)
        raise RuleError(40408, f"Subject '{subject}' does not have subject-level compatibility configured")

    def set_level(self, subject: str | None, level: Any) -> None:
        if not is_level(level):
            raise RuleError(42203, "Invalid compatibility level.")
        if subject is None:
            self.level = level
        else:
            self.levels[subject] = level

    def shown_mode(self, subject: str | None, *, default: bool) -> str:
        if subject is None:
            return self.mode
        if subject in self.modes or default:
            return self.mode_of(subject)
        raise RuleError(40409, f"Subject '{subject}' does not have subject-level mode configured")

    def set_mode(self, subject: str | None, mode: Any) -> None:
        if mode not in MODES:
            raise RuleError(42204, "Invalid mode.")
        if subject is None:
            self.mode = mode
        else:
            self.modes[subject] = mode


def _alive(versions: dict[int, Version]) -> bool:
    return any(not one.deleted for one in versions.values())


def _reference(one: Any) -> tuple[str, str, int]:
    if not isinstance(one, dict) or one.keys() != {"name", "subject", "version"} or not isinstance(one["version"], int):
        raise RuleError(422, "Unrecognized token in references")
    return one["name"], one["subject"], one["version"]


def _check_json(text: str) -> None:
    try:
        schema = json.loads(text)
        validator_for(schema).check_schema(schema)
    except (ValueError, SchemaError) as error:
        raise RuleError(422, f"Invalid JSON schema: {type(error).__name__}") from error
