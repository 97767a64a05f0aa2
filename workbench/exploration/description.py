"""The result of describing a snapshot: its topics, their fields, ids that join, and conventions to paste."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.exploration.fields import WIDTH
from workbench.exploration.joining import FEWEST_RECORDS
from workbench.exploration.suggestion import toml_text
from workbench.text import (
    counted,
    element,
    listing,
    number_text,
    output_html,
    preformatted,
    table,
    text_table,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from workbench.exploration.fields import Field
    from workbench.exploration.proposals import Proposal
    from workbench.text import Node

_FIELD_COLUMNS = ("topic", "field", "type", "null_share", "distinct", "examples")
_PROPOSAL_COLUMNS = ("topic", "field", "selector", "matched", "gains", "joins", "reason")
_TOPIC_COLUMNS = ("topic", "records", "sample", "conventions", "formats", "fields")
_SHOWN_FIELDS = 40
_SHOWN_TOPICS = 30
_CELL = 60
_LEAST_PERCENT = 0.01


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One topic of a snapshot.

    Attributes:
        topic: Name of the topic.
        records: Its records in the snapshot.
        sample: How many of them, the newest, were looked into.
        too_large: Values of the sample above 64 KiB, which were not looked into.
        conventions: Records by convention; ``none`` are those without an envelope.
        formats: Records by format.
        fields: How many fields its sample has; the most frequent 200 are listed.
    """

    topic: str
    records: int
    sample: int
    too_large: int
    conventions: Mapping[str, int]
    formats: Mapping[str, int]
    fields: int


class Description:
    """Topics of a snapshot, the fields of their records, and conventions that would fit.

    Args:
        name: Name of the snapshot's file.
        topics: Facts of each topic.
        fields: Fields of each topic, the most frequent first.
        proposals: Fields that conventions could read; proposed only, nothing is applied.
        conventions: Definitions made of the proposals, for ``conventions=`` of a capture or of `Snapshot.decode_again`.
    """

    def __init__(
        self,
        name: str,
        topics: Sequence[TopicFacts],
        fields: Mapping[str, Sequence[Field]],
        proposals: Sequence[Proposal],
        conventions: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._name = name
        self._topics = topics
        self._fields = fields
        self._proposals = proposals
        self.conventions = {name: dict(definition) for name, definition in conventions.items()}
        """Proposed conventions by name, for ``conventions=``."""

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each topic and field.

        ``field`` is the selector that a convention uses (``value:order.id``, ``header:kind``) or ``key``; ``type``,
        ``present`` (records with a value), ``null_share``, ``distinct`` and ``examples`` are those of the sample.
        """
        # The frames alone need pandas, and capture reads this package without one.
        import pandas as pd

        rows = [
            (f.topic, f.selector, f.type, f.present, f.null_share, f.distinct, list(f.examples))
            for fields in self._fields.values()
            for f in fields
        ]
        columns = ["topic", "field", "type", "present", "null_share", "distinct", "examples"]
        frame = pd.DataFrame(rows, columns=columns)
        frame.attrs["sampled"] = {facts.topic: facts.sample for facts in self._topics}
        return frame

    def fields_of(self, topic: str) -> Sequence[Field]:
        """Return the fields of one topic; none of a topic that is not described."""
        return self._fields.get(topic, ())

    @cached_property
    def topics(self) -> pd.DataFrame:
        """One row for each topic: records, sample, records by convention and by format, number of fields."""
        import pandas as pd

        rows = [
            (f.topic, f.records, f.sample, f.too_large, dict(f.conventions), dict(f.formats), f.fields)
            for f in self._topics
        ]
        return pd.DataFrame(
            rows, columns=["topic", "records", "sample", "too_large", "conventions", "formats", "fields"]
        )

    @cached_property
    def proposals(self) -> pd.DataFrame:
        """One row for each proposed field of a convention.

        ``matched`` is the share of different values that occur in ``joins`` (for an event id: the share of different
        values; for type and time: of records that have one); ``gains`` counts the records of the sample that would
        have the field.
        """
        import pandas as pd

        names = ["topic", "field", "selector", "matched", "gains", "joins", "examples", "reason"]
        rows = [tuple(getattr(one, name) for name in names) for one in self._proposals]
        return pd.DataFrame(rows, columns=names)

    @property
    def toml(self) -> str:
        """The proposed conventions as text for ``workbench.toml``; empty where nothing is proposed."""
        return toml_text(self.conventions)

    def rows(self) -> list[dict[str, Any]]:
        """Rows of `topics`, `frame` and `proposals` as plain values; ``kind`` says which."""
        frames = (("topic", self.topics), ("field", self.frame), ("proposal", self.proposals))
        return [{"kind": kind, **row} for kind, frame in frames for row in _records(frame)]

    def __repr__(self) -> str:
        return self.text()

    def text(self, write_table: Callable[..., str] = text_table) -> str:
        """Write all of it as text; ``write_table`` is called as `workbench.text.text_table` is."""
        if not self._topics:
            return f"{self._title()}: nothing captured yet"
        parts = [self._title(), write_table(_TOPIC_COLUMNS, self._topic_rows(), numeric=(1, 2, 5))]
        parts += self._remarks()
        # Of one topic the name stands above; in a terminal of 80 columns it would take the room of the fields.
        first = 1 if len(self._topics) == 1 else 0
        numeric = (3 - first, 4 - first)
        if self._shows_fields():
            fields = [row[first:] for row in self._field_rows()]
            parts += ["", write_table(_FIELD_COLUMNS[first:], fields, numeric=numeric)]
        if self._proposals:
            proposals = [row[first:] for row in self._proposal_rows()]
            parts += ["", _PROPOSED, write_table(_PROPOSAL_COLUMNS[first:], proposals, numeric=numeric)]
        if self.conventions:
            parts += ["", _PASTE, "", self.toml]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        if not self._topics:
            return output_html(element("p", repr(self)))
        nodes: list[Node] = [element("p", self._title())]
        nodes += [table(_TOPIC_COLUMNS, self._topic_rows(), numeric=(1, 2, 5)), listing(self._remarks())]
        if self._shows_fields():
            nodes.append(table(_FIELD_COLUMNS, self._field_rows(), numeric=(3, 4), caption="Fields"))
        if self._proposals:
            nodes.append(table(_PROPOSAL_COLUMNS, self._proposal_rows(), numeric=(3, 4), caption=_PROPOSED))
        if self.conventions:
            nodes += [element("p", _PASTE), preformatted(self.toml)]
        return output_html(*nodes)

    def _title(self) -> str:
        records = sum(facts.records for facts in self._topics)
        return f"{visible(self._name, 80)}: {counted(len(self._topics), 'topic')}, {counted(records, 'record')}"

    def _shows_fields(self) -> bool:
        return 0 < sum(map(len, self._fields.values())) <= _SHOWN_FIELDS or len(self._topics) == 1

    def _topic_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(f.topic, _CELL),
                number_text(f.records),
                number_text(f.sample),
                _shares(f.conventions, f.records),
                _shares(f.formats, f.records),
                number_text(f.fields),
            )
            for f in self._topics[:_SHOWN_TOPICS]
        ]

    def _field_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(f.topic, _CELL),
                visible(f.selector, _CELL),
                f.type,
                f"{f.null_share:.0%}",
                number_text(f.distinct),
                ", ".join(visible(example, 40) for example in f.examples),
            )
            for fields in self._fields.values()
            for f in fields[:_SHOWN_FIELDS]
        ]

    def _proposal_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(p.topic, _CELL),
                p.field,
                visible(p.selector, _CELL),
                f"{p.matched:.0%}",
                number_text(p.gains),
                ", ".join(visible(join, _CELL) for join in p.joins),
                p.reason,
            )
            for p in self._proposals
        ]

    def _remarks(self) -> list[str]:
        remarks = []
        if len(self._topics) > _SHOWN_TOPICS:
            remarks.append(f"{counted(len(self._topics) - _SHOWN_TOPICS, 'more topic')} in .topics")
        if any(f.sample < f.records for f in self._topics):
            remarks.append("fields are those of the newest records of each topic, as many as the column sample says")
        few = [f for f in self._topics if f.records < FEWEST_RECORDS]
        if few:
            remarks.append(f"ids are proposed for topics of {FEWEST_RECORDS} records and more")
        too_large = sum(f.too_large for f in self._topics)
        if too_large:
            remarks.append(f"{counted(too_large, 'value')} above 64 KiB not looked into")
        if any(f.fields > WIDTH for f in self._topics):
            remarks.append(f"of topics with many fields the {WIDTH} most frequent are listed")
        if not self._shows_fields() and self._topics:
            remarks.append("fields are in .frame; describe one topic to see its own")
        if self._topics and not self._proposals:
            remarks.append(
                "no further convention is proposed: no field was found that looks like an id and is not read"
            )
        return remarks


_PROPOSED = "Proposed, not applied:"
_PASTE = "Paste this into workbench.toml, or pass it on: snap.decode_again(conventions=snap.describe().conventions)"


def _shares(counts: Mapping[str, int], records: int) -> str:
    if len(counts) == 1:
        return visible(next(iter(counts)), _CELL)
    return ", ".join(f"{visible(name, _CELL)} {_percent(count / max(1, records))}" for name, count in counts.items())


def _percent(share: float) -> str:
    return "<1%" if 0 < share < _LEAST_PERCENT else f"{share:.0%}"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.astype(object).to_dict("records")]
