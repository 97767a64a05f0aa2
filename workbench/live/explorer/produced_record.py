"""The form of a record that is to be written: from a template, or from an existing record, whose bytes stay."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.live.rows import shown_body
from workbench.model.explorer import DifferenceSection
from workbench.text import visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model import Record
    from workbench.model.records.record import HeaderList

TEMPLATE = {
    "key": "",
    "value": '{\n  "event_type": "",\n  "payload": {}\n}',
    "headers": "content-type: application/json",
}
_NOTE = "what you leave as it is keeps its bytes"


@dataclass(frozen=True, slots=True)
class TakenRecord:
    """An existing record whose fields fill the form.

    Attributes:
        record: The record.
        texts: Its key, value and headers as the form shows them.
    """

    record: Record
    texts: Mapping[str, str]

    @classmethod
    def of(cls, record: Record) -> TakenRecord:
        """Take a record."""
        headers = "\n".join(f"{visible_bytes(name)}: {_text(value)}" for name, value in record.headers)
        return cls(record, {"key": _text(record.key), "value": _text(record.value), "headers": headers})


def produced(values: Mapping[str, str], taken: TakenRecord | None) -> dict[str, Any]:
    """Return key, value and headers of the form as bytes.

    A field that still has the text of the record that was taken keeps the bytes of that record.

    Raises:
        ValidationError: A line of the headers is not written as ``name: value``.
    """
    before = None if taken is None else taken.record

    def kept(name: str) -> bool:
        return taken is not None and values.get(name, "") == taken.texts[name]

    key = before.key if before is not None and kept("key") else _bytes(values.get("key", ""))
    value = before.value if before is not None and kept("value") else values.get("value", "").encode()
    headers = before.headers if before is not None and kept("headers") else _headers(values.get("headers", ""))
    if values.get("tombstone") == "yes":
        value = None
    return {"key": key, "value": value, "headers": headers}


def difference(taken: TakenRecord, made: Mapping[str, Any]) -> DifferenceSection:
    """Show what the form changes of the record that was taken."""
    record = taken.record
    before = _lines(record.key, record.value, record.headers)
    after = _lines(made["key"], made["value"], made["headers"])
    name = visible(record.position, 200)
    lines = list(difflib.unified_diff(before, after, name, "new record", lineterm=""))
    return DifferenceSection(f"Edits of {name}", tuple(lines), _NOTE if lines else "an exact copy")


def _lines(key: bytes | None, value: bytes | None, headers: HeaderList) -> list[str]:
    return [
        f"key: {visible_bytes(key, 4_000)}",
        *(f"header {visible_bytes(name)}: {visible_bytes(data, 4_000)}" for name, data in headers),
        *(shown_body(value).split("\n")),
    ]


def _text(data: bytes | None) -> str:
    try:
        return "" if data is None else data.decode()
    except UnicodeDecodeError:
        return visible_bytes(data, 4_000)


def _bytes(text: str) -> bytes | None:
    return text.encode() if text else None


def _headers(text: str) -> HeaderList:
    headers: list[tuple[bytes, bytes | None]] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        name, found, value = line.partition(":")
        if not found:
            raise ValidationError(f"The header {visible(line, 100)} is not written as name: value.")
        headers.append((name.strip().encode(), value.strip().encode()))
    return tuple(headers)
