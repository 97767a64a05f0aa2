"""EVENT rows of records that are decoded one by one: the oracle of every faster way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from workbench.decoding import decode_parts
from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding import Convention, TopicConvention
    from workbench.model.events.envelope import Envelope
    from workbench.model.records.record import HeaderList

_NAMES = [name for name in EVENT.names if name not in ("partition", "offset")]
_STRUCTS = ("trace", "origin", "error")


def exact_events(
    topic: str,
    rows: Sequence[tuple[HeaderList, bytes | None]],
    conventions: Sequence[Convention] | None = None,
    fixed: TopicConvention | None = None,
) -> pa.RecordBatch:
    """Decode records one by one; they stand at the offsets 0, 1, … of partition 0."""
    found = []
    for offset, (headers, value) in enumerate(rows):
        envelope = decode_parts(topic, tuple(headers), value, conventions, fixed)
        found.append({"partition": 0, "offset": offset, **{name: _plain(name, envelope) for name in _NAMES}})
    return pa.RecordBatch.from_pylist(found, schema=EVENT)


def _plain(name: str, envelope: Envelope) -> Any:
    value = getattr(envelope, name)
    if value is None:
        return None
    if name == "replay":
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    if name == "causes":
        return [_fields(cause) for cause in value]
    if name in _STRUCTS:
        return _fields(value)
    return list(value) if isinstance(value, tuple) else value


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}
