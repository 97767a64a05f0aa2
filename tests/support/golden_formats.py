"""The golden files of formats: bytes that libraries wrote, and what they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serialised_values import decoded_both_ways, schemas_of

from workbench.decoding import Decoder
from workbench.model.schemas import Schema

GOLDEN = Path(__file__).parents[1] / "unit" / "decoding" / "formats" / "golden"
ID = 7
"""Schema id in the frames of the files."""


def decoded_rows(file: dict[str, Any], record: dict[str, Any]) -> list[dict[str, Any]]:
    """Decode a record of a file in a batch, and one by one; its schema is known by its id."""
    known = [file["schemas"][record["schema"]]] if "schema" in record else []
    decoder = Decoder(schemas=schemas_of(*(Schema(ID, one["type"], one["text"]) for one in known)))
    value = bytes.fromhex(record["value"])
    headers = tuple((name.encode(), content.encode()) for name, content in record.get("headers", ()))
    return decoded_both_ways(decoder, [value, None, value], headers)
