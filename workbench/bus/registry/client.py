"""`SchemaRegistry`: the calls of a schema registry, with what was read kept."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from workbench.bus.http import TIMEOUT_S
from workbench.bus.registry import answers
from workbench.bus.registry.bodies import schema_body
from workbench.bus.registry.transport import RegistryTransport
from workbench.errors import SchemaRegistryError, ValidationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from workbench.bus.registry.answers import Compatibility, SubjectVersion
    from workbench.config import SchemaRegistrySettings
    from workbench.model.schemas import Schema, SchemaReference, SchemaType

LATEST_S = 60.0
"""How long the latest version of a subject is taken from memory."""
_INCOMPATIBLE = 409
_KEPT = 10_000
"""Schemas and versions that are kept in memory."""


class SchemaRegistry:
    """Asks one schema registry, in one of its contexts.

    A schema with an id, and a version with a number, never change, so they are kept for ever; the latest version of a
    subject is kept for a minute. Opens its connections at the first request; ``async with`` closes them.

    Args:
        settings: URLs and credentials.
        timeout_s: Seconds for one request to one URL.

    Every method raises `SchemaRegistryError`, with the ``status`` and ``error_code`` of the registry, where it refuses,
    and without them where no URL answers.
    """

    def __init__(self, settings: SchemaRegistrySettings, *, timeout_s: float = TIMEOUT_S) -> None:
        self.settings = settings
        self._transport = RegistryTransport(settings, timeout_s=timeout_s)
        self._by_id: dict[int, Schema] = {}
        self._versions: dict[tuple[str, int], SubjectVersion] = {}
        self._latest: dict[str, tuple[float, SubjectVersion]] = {}

    def __repr__(self) -> str:
        context = f" context {visible(self.context, 60)}" if self.context else ""
        return f"<SchemaRegistry {self.settings.name}{context}>"

    @property
    def name(self) -> str:
        """The URLs, without secrets."""
        return self.settings.name

    @property
    def context(self) -> str:
        """The context whose ids and subjects are asked for; empty for the default one."""
        return self.settings.context.removeprefix(":").removesuffix(":")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated."""
        await self._transport.aclose()

    async def types(self) -> list[str]:
        """Return the types of schemas that the registry knows."""
        return answers.list_of(await self._get("/schemas/types"), answers.text)

    async def is_ready(self) -> bool:
        """Tell whether the registry can answer; one that does not know the question is asked for its types instead."""
        try:
            await self._transport.request("GET", "/status/ready")
        except SchemaRegistryError as error:
            if error.status == _NOT_FOUND:
                return bool(await self.types())
            if error.status is not None and error.status < _SERVER_ERRORS:
                raise
            return False
        return True

    async def subjects(self, prefix: str = "", *, deleted: bool = False) -> list[str]:
        """Return the names of the subjects, sorted."""
        params = {**({"subjectPrefix": prefix} if prefix else {}), **_flag("deleted", on=deleted)}
        return sorted(answers.list_of(await self._get("/subjects", params), answers.text))

    async def versions(self, subject: str, *, deleted: bool = False) -> list[int]:
        """Return the version numbers of a subject."""
        path = f"{_subject(subject)}/versions"
        return answers.list_of(await self._get(path, _flag("deleted", on=deleted)), answers.number)

    async def version(self, subject: str, version: int | str = "latest", *, deleted: bool = False) -> SubjectVersion:
        """Return one version of a subject with its schema."""
        number = _version(version)
        if number == "latest":
            kept = self._latest.get(subject)
            if kept is not None and time.monotonic() - kept[0] < LATEST_S:
                return kept[1]
        elif (known := self._versions.get((subject, int(number)))) is not None:
            return known
        path = f"{_subject(subject)}/versions/{number}"
        found = answers.version_of(await self._get(path, _flag("deleted", on=deleted)))
        if number == "latest":
            _keep(self._latest, subject, (time.monotonic(), found))
        _keep(self._versions, (subject, found.version), found)
        return found

    async def referenced_by(self, subject: str, version: int | str = "latest") -> list[int]:
        """Return the ids of schemas that refer to a version."""
        path = f"{_subject(subject)}/versions/{_version(version)}/referencedby"
        return answers.list_of(await self._get(path), answers.number)

    async def by_id(self, schema_id: int) -> Schema:
        """Return the schema with an id."""
        if (known := self._by_id.get(schema_id)) is not None:
            return known
        found = answers.schema_of(await self._get(f"/schemas/ids/{schema_id:d}"), schema_id)
        _keep(self._by_id, schema_id, found)
        return found

    async def resolved(self, schema_id: int) -> Schema:
        """Return the Avro schema with an id, with the schemas that it refers to written into it.

        Registries that do not know this request return the schema as it is.
        """
        answer = await self._get(f"/schemas/ids/{schema_id:d}", {"format": "resolved"})
        return replace(answers.schema_of(answer, schema_id), references=())

    async def uses_of(self, schema_id: int) -> list[tuple[str, int]]:
        """Return the subjects and versions that have the schema with an id."""
        return answers.list_of(await self._get(f"/schemas/ids/{schema_id:d}/versions"), answers.place_of)

    async def look_up(
        self,
        subject: str,
        definition: str | Mapping[str, Any],
        schema_type: SchemaType = "JSON",
        references: Sequence[SchemaReference] = (),
    ) -> SubjectVersion:
        """Find the version of a subject that has this schema.

        Raises:
            SchemaRegistryError: With error code 40403 where no version has it.
        """
        body = schema_body(definition, schema_type, references)
        return answers.version_of(await self._transport.request("POST", self._path(_subject(subject)), body=body))

    async def check_compatibility(
        self,
        subject: str,
        definition: str | Mapping[str, Any],
        schema_type: SchemaType = "JSON",
        references: Sequence[SchemaReference] = (),
        *,
        version: int | str = "latest",
    ) -> Compatibility:
        """Ask whether a schema may follow a version of a subject; the messages say why not."""
        path = self._path(f"/compatibility{_subject(subject)}/versions/{_version(version)}")
        body = schema_body(definition, schema_type, references)
        return answers.compatibility_of(
            await self._transport.request("POST", path, params={"verbose": "true"}, body=body)
        )

    async def compatibility(self, subject: str | None = None) -> str:
        """Return the compatibility level of a subject, the global one where it has none; without a subject that one."""
        path = "/config" if subject is None else f"/config{_name(subject)}"
        found = await self._get(path, _flag("defaultToGlobal", on=subject is not None))
        return answers.member(found, "compatibilityLevel", "compatibility")

    async def mode(self, subject: str | None = None) -> str:
        """Return the mode (READWRITE, READONLY, IMPORT) of a subject, or the global one."""
        path = "/mode" if subject is None else f"/mode{_name(subject)}"
        return answers.member(await self._get(path, _flag("defaultToGlobal", on=subject is not None)), "mode")

    async def register(
        self,
        subject: str,
        definition: str | Mapping[str, Any],
        schema_type: SchemaType = "JSON",
        references: Sequence[SchemaReference] = (),
        *,
        context: str | None = None,
    ) -> int:
        """Register a schema as the newest version of a subject, and return its id; a known schema keeps its id.

        Args:
            subject: Name of the subject, by convention ``{topic}-value`` or ``{topic}-key``.
            definition: The schema: its text, or JSON Schema and Avro as a mapping.
            schema_type: ``JSON``, ``AVRO`` or ``PROTOBUF``.
            references: Schemas that it imports.
            context: The context to register it in; by default that of the settings.

        Raises:
            ValidationError: It is no schema of its type, or the subject begins with ":" and no context is given.
            SchemaRegistryError: With status 409 and the registry's reasons where it is incompatible with an earlier
                version.
        """
        if subject.startswith(":") and context is None:
            raise ValidationError(
                f"The subject {visible(subject, 100)!r} begins with ':', by which newer registries mean a context. "
                'Say which one is meant: context=".staging", or context="" for the default one.'
            )
        body = schema_body(definition, schema_type, references)
        path = f"{_subject(subject)}/versions"
        try:
            answer = await self._transport.request("POST", self._path(path, context), body=body)
        except SchemaRegistryError as error:
            if error.status != _INCOMPATIBLE:
                raise
            raise await self._with_reasons(error, subject, body, context) from None
        self._latest.pop(subject, None)
        return answers.registered_id(answer)

    async def _with_reasons(
        self, error: SchemaRegistryError, subject: str, body: Any, context: str | None
    ) -> SchemaRegistryError:
        """Add what a verbose compatibility check says, which a refused registration often does not."""
        path = self._path(f"/compatibility{_subject(subject)}/versions/latest", context)
        try:
            answer = await self._transport.request("POST", path, params={"verbose": "true"}, body=body)
            messages = answers.compatibility_of(answer).messages
        except SchemaRegistryError:
            messages = ()
        shown = " ".join(visible(message, 300) for message in messages[:_SHOWN_REASONS])
        return SchemaRegistryError(f"{error.message} {shown}".strip(), status=error.status, error_code=error.error_code)

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return await self._transport.request("GET", self._path(path), params=params)

    def _path(self, path: str, context: str | None = None) -> str:
        name = (self.context if context is None else context).removeprefix(":").removesuffix(":")
        return path if name in {"", "."} else f"/contexts/{quote(name, safe='')}{path}"


_NOT_FOUND = 404
_SERVER_ERRORS = 500
_SHOWN_REASONS = 5


def _subject(subject: str) -> str:
    return f"/subjects{_name(subject)}"


def _name(subject: str) -> str:
    if not isinstance(subject, str) or not subject:
        raise ValidationError("A subject is a name that is not empty, such as 'orders-value'.")
    return f"/{quote(subject, safe='')}"


def _version(version: int | str) -> str:
    text = str(version)
    if text != "latest" and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValidationError(f"{visible(text, 60)!r} is no version: it is a number from 1 on, or 'latest'.")
    return text


def _flag(name: str, *, on: bool) -> dict[str, str]:
    return {name: "true"} if on else {}


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
