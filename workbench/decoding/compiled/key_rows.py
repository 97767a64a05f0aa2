"""Reads the keys of a batch that name a schema of a registry to JSON, all rows of a schema at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.decoding.compiled.byte_rows import FRAME_MARKS, read_rows_of_bytes
from workbench.decoding.formats.framing import NOT_FRAMED, first_bytes, schema_ids
from workbench.model.records.columns import HEADERS

if TYPE_CHECKING:
    from workbench.decoding.formats.choice import Choices


def read_keys(choices: Choices, keys: pa.Array) -> pa.Array:
    """Return each key as JSON text where it has a frame and its schema is known; null for other keys.

    Any bytes are a key, and most are text or numbers: one that its schema does not read stays what it is.
    """
    if not choices.schemas.by_id:
        return pa.nulls(len(keys), pa.string())
    framed = np.isin(first_bytes(keys, 1)[:, 0], FRAME_MARKS)
    if not framed.any():
        return pa.nulls(len(keys), pa.string())
    # Formats of the topic and the content type are those of the values.
    headers = pa.ListArray.from_arrays(np.zeros(len(keys) + 1, np.int32), pa.array([], HEADERS.value_type))
    found = read_rows_of_bytes(choices.of_keys, "", pa.record_batch({"value": keys, "headers": headers}), ~framed)
    decoded = pa.nulls(len(keys), pa.string()) if found.decoded is None else found.decoded
    return _with_json(choices, keys, decoded)


def _with_json(choices: Choices, keys: pa.Array, decoded: pa.Array) -> pa.Array:
    """Add the keys whose schema is one of JSON: behind the frame they are JSON already."""
    numbers = [number for number, schema in choices.schemas.by_id.items() if schema.type == "JSON"]
    ids = schema_ids(keys)
    mask = (ids != NOT_FRAMED) & np.isin(ids, numbers)
    if not mask.any():
        return decoded
    import pyarrow.compute as pc

    texts = [choices.read_key(key) for key in keys.filter(pa.array(mask)).to_pylist()]
    return pc.replace_with_mask(decoded, pa.array(mask), pa.array(texts, pa.string()))
