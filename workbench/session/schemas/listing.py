"""Lists subjects and versions of a schema registry as rows, some requests at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.exploration.schema_usage import schema_name

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from workbench.bus.registry import SchemaRegistry, SubjectVersion

T = TypeVar("T")

_AT_ONCE = 8
DETAILED = 1_000
"""Subjects whose latest version is asked for; of further ones only the names are listed."""


async def subject_rows(registry: SchemaRegistry, prefix: str = "") -> list[dict[str, Any]]:
    """List subjects with their latest version: number, schema id, type and name of the schema."""
    names = await registry.subjects(prefix)
    known = list(map(_facts, await gathered(registry.version(name) for name in names[:DETAILED])))
    return [{"subject": name, **(known[index] if index < len(known) else {})} for index, name in enumerate(names)]


async def version_rows(registry: SchemaRegistry, subject: str) -> list[dict[str, Any]]:
    """List the versions of a subject: schema id, type, name, size, number of references."""
    numbers = await registry.versions(subject)
    found = await gathered(registry.version(subject, number) for number in numbers)
    return [
        {**_facts(one), "characters": len(one.schema.text), "references": len(one.schema.references)} for one in found
    ]


async def gathered(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Await calls, some at a time, and return their results in order; the first error ends the others."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(call: Coroutine[Any, Any, T]) -> T:
        async with limit:
            return await call

    tasks = [asyncio.ensure_future(one(call)) for call in calls]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _facts(one: SubjectVersion) -> dict[str, Any]:
    schema = one.schema
    name = schema_name(schema.type, schema.text)
    return {"version": one.version, "schema_id": schema.id, "type": schema.type, "name": name}
