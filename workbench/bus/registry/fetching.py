"""Fetches the schemas that values name: each id once, and never so that reading waits for a registry that is away."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError, SchemaRegistryError
from workbench.model.schemas import Schemas
from workbench.text import counted, duration_text, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.bus.registry.client import SchemaRegistry
    from workbench.model.schemas import Schema, SchemaReference

AT_ONCE = 8
"""Requests under way at the same time."""
WAIT_S = 3.0
"""Longest that one batch of records waits for its schemas."""
AWAY_S = 30.0
"""After no answer the registry is not asked for this long, and twice as long after each further one."""
LONGEST_AWAY_S = 600.0
UNKNOWN_LIMIT = 200
"""Ids that the registry does not know; after so many, values only look as if they named schemas, and none is asked."""
KEY_UNKNOWN_LIMIT = 20
"""The same for ids of keys: a number of eight bytes can begin as if it had one."""
MISSING_LIMIT = 5_000
"""Ids whose reason is kept; values may begin as if they had an id, and each with another one."""
TEXT_CHARACTERS = 256 << 20
"""Characters of all schemas together, which stay in memory."""
REFERENCES_LIMIT = 1_000
"""Schemas that one schema may refer to, directly or through others."""
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


class SchemaFetcher:
    """Knows the schemas met so far, and fetches those that come up.

    Args:
        registry: The registry to ask.
        known: Schemas that need not be asked for.
        wait_s: Longest that one call waits.

    Attributes:
        schemas: Schemas met so far, with the ids that are missing.
        remark: Why schemas are missing, in a sentence; empty while none is.
    """

    def __init__(self, registry: SchemaRegistry, known: Schemas | None = None, *, wait_s: float | None = None) -> None:
        self.registry = registry
        self.schemas = Schemas() if known is None else known
        self.remark = ""
        self._unknown: set[int] = set()
        self._unknown_of_keys: set[int] = set()
        self._ask_again_at = 0.0
        self._gone = ""
        self._away_s = AWAY_S
        self._characters = 0
        self._wait_s = WAIT_S if wait_s is None else wait_s

    async def fetch(self, ids: Iterable[int]) -> bool:
        """Fetch the schemas with these ids that are not known yet; return whether ``schemas`` changed.

        What cannot be had becomes an entry of ``schemas.missing`` with its reason, and nothing is raised. An id that
        the registry does not know is not asked for again; others are, once a registry that was away may be back.
        """
        before = self.schemas
        wanted = sorted({*ids} - self.schemas.by_id.keys() - self._unknown)
        until = time.monotonic() + self._wait_s
        for at in range(0, len(wanted), AT_ONCE):
            if len(self._unknown) >= UNKNOWN_LIMIT:
                break
            if time.monotonic() < self._ask_again_at:
                self._miss(dict.fromkeys(wanted[at:], self._gone))
                break
            await self._ask(wanted[at : at + AT_ONCE], until)
        return self.schemas is not before

    async def fetch_for_keys(self, ids: Iterable[int]) -> bool:
        """Fetch the schemas that keys may name, and that are not known yet; return whether ``schemas`` changed.

        Keys are numbers in many topics, and some begin as a frame does. So an id that the registry does not know is not
        worth a remark, and after some of them no further id of a key is asked for.
        """
        before = self.schemas
        wanted = sorted({*ids} - self.schemas.by_id.keys() - self._unknown - self._unknown_of_keys)
        until = time.monotonic() + self._wait_s
        for at in range(0, len(wanted), AT_ONCE):
            if len(self._unknown_of_keys) >= KEY_UNKNOWN_LIMIT or time.monotonic() < self._ask_again_at:
                break
            await self._ask(wanted[at : at + AT_ONCE], until, of_keys=True)
        return self.schemas is not before

    async def _ask(self, ids: list[int], until: float, *, of_keys: bool = False) -> None:
        tasks = {asyncio.ensure_future(self._one(schema_id)): schema_id for schema_id in ids}
        try:
            await asyncio.wait(tasks, timeout=max(until - time.monotonic(), 0))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        missing: dict[int, str] = {}
        for task, schema_id in tasks.items():
            if task.cancelled():
                missing[schema_id] = self._is_away(
                    f"The schema registry gave no answer within {duration_text(self._wait_s, 's')}."
                )
            elif isinstance(error := task.exception(), SchemaRegistryError):
                if of_keys and error.status == _NOT_FOUND:
                    self._unknown_of_keys.add(schema_id)
                else:
                    missing[schema_id] = self._why(schema_id, error)
            elif isinstance(error, ConfigurationError):
                # A certificate that cannot be read, for instance: the records can be stored all the same.
                missing[schema_id] = self._is_away(error.message)
            elif error is not None:
                raise error
        if time.monotonic() < self._ask_again_at:
            self._away_s = min(self._away_s * 2, LONGEST_AWAY_S)
        self._miss(missing)

    async def _one(self, schema_id: int) -> None:
        schema = await self.registry.by_id(schema_id)
        try:
            referenced = await self.referenced(schema)
        except SchemaRegistryError as error:
            if error.status != _NOT_FOUND or schema.type != "AVRO":
                raise
            # Apicurio's serialisers put nested types into groups of their own, which its interface of Confluent's kind
            # does not show; but it can write them into the schema.
            schema, referenced = await self.registry.resolved(schema_id), {}
        size = len(schema.text) + sum(
            len(one.text) for place, one in referenced.items() if place not in self.schemas.referenced
        )
        if self._characters + size > TEXT_CHARACTERS:
            raise SchemaRegistryError(
                f"The schema {schema_id} is not kept: all schemas together may have {size_text(TEXT_CHARACTERS)}.",
                status=_CLIENT_ERROR,
            )
        self._characters += size
        self._away_s = AWAY_S
        self.schemas = self.schemas.with_more([schema], referenced)

    async def referenced(self, schema: Schema) -> dict[tuple[str, int], Schema]:
        """Fetch the schemas that one needs, through all levels; a circle ends where it closes."""
        found: dict[tuple[str, int], Schema] = {}
        waiting: list[SchemaReference] = list(schema.references)
        while waiting:
            one = waiting.pop()
            place = (one.subject, one.version)
            if place in found:
                continue
            if len(found) >= REFERENCES_LIMIT:
                raise SchemaRegistryError(
                    f"The schema {schema.id} refers to more than {counted(REFERENCES_LIMIT, 'other schema')}.",
                    status=_CLIENT_ERROR,
                )
            known = self.schemas.referenced.get(place)
            found[place] = known or (await self.registry.version(one.subject, one.version)).schema
            waiting += found[place].references
        return found

    def _why(self, schema_id: int, error: SchemaRegistryError) -> str:
        status = error.status
        if status is None or status >= _SERVER_ERROR or status in {_UNAUTHORIZED, _FORBIDDEN}:
            return self._is_away(error.message)
        self._unknown.add(schema_id)
        if len(self._unknown) >= UNKNOWN_LIMIT:
            self.remark = (
                f"The schema registry does not know {counted(UNKNOWN_LIMIT, 'schema id')} of values that begin as if "
                "they had one; it is asked for no more."
            )
        elif not self.remark:
            self.remark = f"The schema {schema_id} cannot be had, and values that name it are raw: {error.message}"
        return error.message

    def _is_away(self, why: str) -> str:
        self._ask_again_at = time.monotonic() + self._away_s
        self._gone = why
        self.remark = f"{why} Values that name schemas are raw; decode_again reads them once the registry answers."
        return why

    def _miss(self, missing: Mapping[int, str]) -> None:
        known = self.schemas.missing
        new = {one: why for one, why in missing.items() if known.get(one) != why}
        room = MISSING_LIMIT - len(known)
        if kept := dict(list(new.items())[: max(room, 0)]):
            self.schemas = self.schemas.with_more(missing=kept)
