"""A decoder that fetches the schemas which records name, and hands them on to be stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.model.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pyarrow as pa

    from workbench.bus.registry import SchemaFetcher
    from workbench.model.records.chunk import Chunk
    from workbench.session.conventions import TopicDecoder


class LearningDecoder:
    """Decodes with the schemas met so far; a `workbench.model.events.decoding.PreparedDecoder`.

    Args:
        decoder: Decodes the records.
        fetcher: Asks the registry.
        keep: Called in a thread with schemas that are new.
    """

    def __init__(
        self, decoder: TopicDecoder, fetcher: SchemaFetcher, keep: Callable[[Schemas], None] | None = None
    ) -> None:
        self._decoder = decoder if fetcher.schemas == Schemas() else decoder.with_schemas(fetcher.schemas)
        self._fetcher = fetcher
        self._keep = keep

    @property
    def remark(self) -> str:
        """Why schemas are missing; empty while none is."""
        return self._fetcher.remark

    def decode(self, records: pa.RecordBatch | pa.Table, topic: str) -> pa.RecordBatch:
        """Decode records of a topic."""
        return self._decoder.decode(records, topic)

    def reads_other_formats(self, topic: str) -> bool:
        """Whether any value of a topic may be of another format than JSON, whatever it begins with."""
        return self._decoder.reads_other_formats(topic)

    async def prepare(self, chunks: Sequence[Chunk]) -> None:
        """Fetch the schemas that values and keys of these records name and that are not known yet."""
        of_values, of_keys = await asyncio.to_thread(_named, chunks)
        before = self._fetcher.schemas
        changed = bool(of_values) and await self._fetcher.fetch(of_values)
        changed |= bool(of_keys) and await self._fetcher.fetch_for_keys(of_keys)
        if not changed:
            return
        now = self._fetcher.schemas
        self._decoder = self._decoder.with_schemas(now)
        if self._keep is not None and (now.by_id.keys() - before.by_id.keys()):
            new = [schema for number, schema in now.by_id.items() if number not in before.by_id]
            added = {place: one for place, one in now.referenced.items() if place not in before.referenced}
            await asyncio.to_thread(self._keep, Schemas().with_more(new, added))


def _named(chunks: Sequence[Chunk]) -> tuple[set[int], set[int]]:
    """Return the ids that values name, and those that only keys name."""
    values, keys = (named_ids(chunk.records.column(name) for chunk in chunks) for name in ("value", "key"))
    return values, keys - values


def named_ids(columns: Iterable[pa.Array]) -> set[int]:
    """Return the ids of schemas that framed values, or keys, name."""
    import numpy as np

    from workbench.decoding.formats.framing import NOT_FRAMED, schema_ids

    found: set[int] = set()
    for values in columns:
        found.update(np.unique(schema_ids(values)).tolist())
    return found - {NOT_FRAMED}
