"""Reads the headers of one record: the one reading that identity, trace context and provenance share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.decoding.conventions.amqp import amqp_value
from workbench.decoding.formats.json import read_json
from workbench.decoding.value_tree import scalar_text

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from workbench.decoding.conventions.filters import RawValue
    from workbench.model.records.record import HeaderList

Pick: TypeAlias = Literal["last", "first"]

SPRING_TYPES = "spring_json_header_types"
"""Header in which Spring says which headers it wrote as JSON."""
_NO_UTF8_BEFORE, _NO_UTF8_UNTIL = 0x80, 0xC0
"""First bytes that no UTF-8 text has, and every AMQP encoding that is read here."""


class RecordHeaders:
    """The headers of one record by name, and their values as their writer meant them."""

    def __init__(self, headers: HeaderList) -> None:
        self._headers = headers
        self._by_name: dict[str, list[bytes | None]] = {}
        self.bad_names = False
        """Whether a name is not UTF-8."""
        self.amqp_names: set[str] = set()
        """Names of the headers that are in the encoding of AMQP."""
        for name, content in headers:
            try:
                self._by_name.setdefault(name.decode(), []).append(content)
            except UnicodeDecodeError:
                self.bad_names = True
        self._spring_types = self._read_spring_types()
        for spelled, contents in self._by_name.items():
            for value in contents:
                self._note_amqp(spelled, value)

    @property
    def names(self) -> AbstractSet[str]:
        """Header names that are valid UTF-8."""
        return self._by_name.keys()

    def occurrences(self, name: str, *, ignore_case: bool = False) -> list[bytes | None]:
        """Return the values of all headers of this name, in order."""
        if not ignore_case:
            return self._by_name.get(name, [])
        folded = name.lower().encode()
        return [content for raw, content in self._headers if raw.lower() == folded]

    def value(self, name: str, pick: Pick = "last", *, ignore_case: bool = False) -> RawValue | None:
        """Return the value of the header that is used of several; None where it is missing, null or empty.

        It is text where the writer says how it is encoded: as JSON (Spring), or by AMQP.
        """
        found = self._used(name, pick, ignore_case=ignore_case)
        if found is None:
            return None
        spelled, content = found
        if not content:
            return None
        typed = self._typed_by_spring(spelled, content)
        decoded = _from_amqp(typed)
        return (typed if decoded is None else decoded) or None

    def _note_amqp(self, name: str, content: bytes | None) -> None:
        if content and _from_amqp(self._typed_by_spring(name, content)) is not None:
            self.amqp_names.add(name)

    def _used(self, name: str, pick: Pick, *, ignore_case: bool) -> tuple[str, bytes | None] | None:
        if not ignore_case:
            found = self._by_name.get(name)
            return (name, found[-1 if pick == "last" else 0]) if found else None
        folded = name.lower().encode()
        same = [(raw.decode(), content) for raw, content in self._headers if raw.lower() == folded]
        return same[-1 if pick == "last" else 0] if same else None

    def _read_spring_types(self) -> dict[str, Any]:
        found = self._used(SPRING_TYPES, "last", ignore_case=False)
        types = read_json(found[1]) if found is not None and found[1] else None
        return types if isinstance(types, dict) else {}

    def _typed_by_spring(self, name: str, content: bytes) -> RawValue:
        kind = self._spring_types.get(name)
        if kind is None or (kind == "java.lang.String" and not content.startswith(b'"')):
            return content
        parsed = read_json(content)
        if parsed is None or parsed == "":
            return b""
        text = scalar_text(parsed)
        return content if text is None else text


def _from_amqp(value: RawValue) -> RawValue | None:
    if isinstance(value, bytes) and value and _NO_UTF8_BEFORE <= value[0] < _NO_UTF8_UNTIL:
        return amqp_value(value)
    return None
