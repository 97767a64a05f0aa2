"""The statistics of a window of topics, and how two windows differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import (
    and_more,
    element,
    listing,
    number_text,
    output_html,
    size_text,
    table,
    text_table,
    time_text,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.exploration.fields import Field
    from workbench.text import Node

_TITLES = ("topic", "records", "keys", "no key", "tombstones", "value p50", "p90", "p99", "max", "event types")
_FIELD_TITLES = ("topic", "field", "type", "null share", "different", "examples")
_DRIFT_TITLES = ("topic", "what", "a", "b")
_SHOWN_TYPES = 4
_SHOWN_FIELDS = 30
_CELL = 60
_DRIFT_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """What was counted of one topic.

    Attributes:
        topic: Its name.
        records: Records that were read.
        tombstones: Those without a value.
        keyless: Those without a key.
        keys: Different keys.
        keys_at_least: Whether there may be more different keys.
        bytes: Bytes of all keys and values.
        value_bytes: Sizes of values: ``p50``, ``p90``, ``p99``, ``max``.
        types: Records by event type.
        formats: Records by format of the value; None for tombstones.
        first_ms: Lowest record timestamp.
        last_ms: Highest record timestamp.
        fields: Fields of the last records: path, type, share of nulls, examples.
    """

    topic: str
    records: int
    tombstones: int
    keyless: int
    keys: int
    keys_at_least: bool
    bytes: int
    value_bytes: Mapping[str, int]
    types: Mapping[str | None, int]
    formats: Mapping[str | None, int]
    first_ms: int | None
    last_ms: int | None
    fields: tuple[Field, ...]

    @property
    def null_share(self) -> float:
        """Share of the records without a value."""
        return self.tombstones / self.records if self.records else 0.0


class TopicStatistics:
    """Statistics of topics over one window.

    Attributes:
        topics: What was counted of each topic.
        window: The bounds, as they were given.
        reason: Why not all of the window was counted; empty where it was.
        notes: Remarks about bounds and gaps.
    """

    def __init__(self, topics: Sequence[TopicFigures], window: str, reason: str, notes: tuple[str, ...]) -> None:
        self.topics = tuple(topics)
        self.window = window
        self.reason = reason
        self.notes = notes

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each topic."""
        return [
            {
                "topic": one.topic,
                "records": one.records,
                "keys": one.keys,
                "keys_at_least": one.keys_at_least,
                "keyless": one.keyless,
                "tombstones": one.tombstones,
                "null_share": one.null_share,
                "bytes": one.bytes,
                **{f"value_bytes_{name}": size for name, size in one.value_bytes.items()},
                "first_time": None if one.first_ms is None else time_text(one.first_ms),
                "last_time": None if one.last_ms is None else time_text(one.last_ms),
            }
            for one in self.topics
        ]

    def type_rows(self) -> list[dict[str, Any]]:
        """Return a row for each topic and event type, the most frequent first."""
        return [
            {"topic": one.topic, "event_type": name, "records": count, "share": count / one.records}
            for one in self.topics
            for name, count in one.types.items()
        ]

    def field_rows(self) -> list[dict[str, Any]]:
        """Return a row for each topic and field of its last records."""
        names = ("selector", "type", "null_share", "distinct", "examples")
        return [
            {"topic": one.topic, **{n: getattr(field, n) for n in names}} for one in self.topics for field in one.fields
        ]

    def drift(self, later: TopicStatistics) -> list[dict[str, Any]]:
        """Return what differs in a later window: shares of types and nulls by 5 % or more, sizes twofold, fields."""
        after = {one.topic: one for one in later.topics}
        return [row for one in self.topics if one.topic in after for row in _drift(one, after[one.topic])]

    def drift_text(self, later: TopicStatistics) -> str:
        """Write `drift` as a table."""
        rows = [
            tuple(visible(str(row[name]), _CELL) for name in ("topic", "what", "a", "b")) for row in self.drift(later)
        ]
        return text_table(_DRIFT_TITLES, rows) if rows else "nothing differs by so much"

    def __repr__(self) -> str:
        numeric = range(1, len(_TITLES) - 1)
        parts = [text_table(_TITLES, self._rows(), numeric=numeric), *self._remarks()]
        if fields := self._field_rows():
            parts += ["", text_table(_FIELD_TITLES, fields)]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        nodes: list[Node] = [element("p", f"window {visible(self.window, 100)}")]
        nodes += [table(_TITLES, self._rows(), numeric=range(1, len(_TITLES) - 1)), listing(self._remarks())]
        if fields := self._field_rows():
            nodes.append(table(_FIELD_TITLES, fields, caption="Fields of the last records"))
        return output_html(*nodes)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(one.topic, _CELL),
                number_text(one.records),
                ("≥ " if one.keys_at_least else "") + number_text(one.keys),
                number_text(one.keyless),
                number_text(one.tombstones),
                *(size_text(size) for size in one.value_bytes.values()),
                _types(one),
            )
            for one in self.topics
        ]

    def _field_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(row["topic"], _CELL),
                visible(row["selector"], _CELL),
                row["type"],
                f"{row['null_share']:.0%}",
                number_text(row["distinct"]),
                ", ".join(visible(example, 40) for example in row["examples"]),
            )
            for row in self.field_rows()[:_SHOWN_FIELDS]
        ]

    def _remarks(self) -> list[str]:
        return [visible(text, 300) for text in (self.reason, *self.notes) if text]


def _types(one: TopicFigures) -> str:
    shown = [
        f"{'(none)' if name is None else visible(name, 40)} {count / one.records:.0%}"
        for name, count in list(one.types.items())[:_SHOWN_TYPES]
    ]
    return ", ".join(shown) + and_more(len(one.types) - len(shown))


def _drift(a: TopicFigures, b: TopicFigures) -> Iterator[dict[str, Any]]:
    def row(what: str, before: object, after: object) -> dict[str, Any]:
        return {"topic": a.topic, "what": what, "a": before, "b": after}

    for name in dict.fromkeys((*a.types, *b.types)):
        before, after = (one.types.get(name, 0) / one.records if one.records else 0.0 for one in (a, b))
        if abs(before - after) >= _DRIFT_SHARE:
            yield row(f"share of type {'(none)' if name is None else name}", f"{before:.1%}", f"{after:.1%}")
    if abs(a.null_share - b.null_share) >= _DRIFT_SHARE:
        yield row("share of tombstones", f"{a.null_share:.1%}", f"{b.null_share:.1%}")
    for name, size in a.value_bytes.items():
        other = b.value_bytes[name]
        if max(size, other) > 2 * max(min(size, other), 1):
            yield row(f"value size {name}", size_text(size), size_text(other))
    fields_a, fields_b = ({field.selector: field for field in one.fields} for one in (a, b))
    for name in dict.fromkeys((*fields_a, *fields_b)):
        before_type, after_type = (found[name].type if name in found else "absent" for found in (fields_a, fields_b))
        if before_type != after_type:
            yield row(f"field {name}", before_type, after_type)
