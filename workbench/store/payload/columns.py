"""Writes the SQL of the columns that read bytes as text and JSON; snapshots and live tables use the same definitions.

| column | is | null where it is |
|---|---|---|
| ``key_text`` | the key as text, or as the JSON that its schema reads | neither is possible, or no key |
| ``value_text`` | the value as text | not UTF-8, or a tombstone |
| ``payload`` | the value as JSON, whatever its format | not read by any format |

``payload`` leaves out a byte order mark, and the five bytes that the serialiser of a schema registry puts before JSON.
Of other formats, such as Avro, it is what the decoder read (columns ``decoded`` and, of keys, ``decoded_key`` of
``events``).

``header(headers, 'type')`` is the text of a header: of the last one where a name is repeated, as ``lastHeader`` of the
Kafka client; null where it is absent, null or not UTF-8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

TEXT_COLUMNS = ("key_text", "value_text", "payload")
RAW_COLUMNS = ("key", "value", "headers")

HEADER_MACRO = (
    "CREATE TEMP MACRO header(found, name) AS "
    "TRY(decode(list_filter(found, lambda one: one.name = encode(name))[-1].value))"
)

_BYTE_ORDER_MARK = "\ufeff"
# The five bytes are 0 and a schema id of four bytes: ten digits in hex, and no text where the id is large.
_AFTER_THE_SCHEMA_ID = "TRY(decode(unhex(substr(hex(value), 11))))"


def columns_of_bytes(*, decoded: bool = False) -> str:
    """Write the columns above over BLOB columns ``key`` and ``value``.

    Args:
        decoded: Whether there are columns ``decoded`` and ``decoded_key``, too, with the JSON that bytes were read to.
    """
    # TRY decodes a whole vector at a time, and row by row only where a vector holds a value that is not UTF-8.
    text = "TRY(decode(value))"
    prefixed = r"value >= '\x00'::BLOB AND value < '\x01'::BLOB AND octet_length(value) > 5"
    read = "WHEN decoded IS NOT NULL THEN decoded " if decoded else ""
    return (
        f"{_key('TRY(decode(key))', decoded=decoded)} AS key_text, {text} AS value_text, TRY_CAST(CASE {read}"
        f"WHEN {prefixed} THEN {_AFTER_THE_SCHEMA_ID} ELSE {_unmarked(text)} END AS JSON) AS payload"
    )


def columns_of_text(names: Collection[str], *, decoded: bool = False) -> str:
    """Write some of the columns above over VARCHAR columns, null where the bytes are not UTF-8; see `text_sources`."""
    read = "WHEN decoded IS NOT NULL THEN decoded " if decoded else ""
    prefixed = "starts_with(value, chr(0))"
    written = {
        "key_text": _key("key", decoded=decoded),
        "value_text": "value",
        "payload": f"TRY_CAST(CASE {read}WHEN {prefixed} THEN substr(value, 6) ELSE {_unmarked('value')} END AS JSON)",
    }
    return ", ".join(f"{text} AS {name}" for name, text in written.items() if name in names)


def text_sources(names: Collection[str]) -> set[str]:
    """Return the columns that columns of text are made of; ``decoded`` and ``decoded_key`` where they are there."""
    return {source for name, sources in _SOURCES.items() if name in names for source in sources}


_SOURCES = {"key_text": ("key", "decoded_key"), "value_text": ("value",), "payload": ("value", "decoded")}


def _key(text: str, *, decoded: bool) -> str:
    return f"coalesce(decoded_key, {text})" if decoded else text


def _unmarked(text: str) -> str:
    # Only a text with a mark is copied.
    return f"CASE WHEN starts_with({text}, '{_BYTE_ORDER_MARK}') THEN substr({text}, 2) ELSE {text} END"
