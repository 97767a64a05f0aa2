"""Suggests masking rules: where the newest records of each topic hold what looks like a secret. Nothing is applied."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.json import parse_json
from workbench.errors import ValidationError
from workbench.masking.detectors import NAME, is_named_like_a_secret, kinds_of
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo
from workbench.text import counted, element, output_html, preformatted, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store.snapshot.store import SnapshotStore

_VALUE_BYTES = 64 << 10
_MOST_FIELDS = 1_000
"""Different fields of one topic that are counted."""
_DEPTH = 50
_TITLES = ("topic", "where", "field", "looks like", "records")
_COLUMNS = {"topic": "str", "where": "str", "field": "str", "kind": "str", "records": "Int64", "sampled": "Int64"}
_ROWS = f"""
SELECT e.topic, r.key, r.headers, coalesce(e.decoded, try(decode(r.value))) AS text
FROM (
    FROM events WHERE topic = $topic QUALIFY row_number() OVER (ORDER BY timestamp_ms DESC, "offset" DESC) <= $most
) AS e JOIN records AS r USING (source_id, "partition", "offset")
WHERE coalesce(octet_length(r.value), 0) <= {_VALUE_BYTES}
"""  # noqa: S608 - a constant of this module


@dataclass(frozen=True, slots=True, repr=False)
class MaskingSuggestions:
    """Fields that look as if they held secrets. No value of them is part of it."""

    rows: tuple[Mapping[str, Any], ...]

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each topic, field and kind, with the number of records that have it and of those looked into."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(_COLUMNS)).astype(_COLUMNS)

    @property
    def toml(self) -> str:
        """Rules to paste into ``workbench.toml``, one for each topic; to be read before they are used."""
        fields: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows:
            if row["field"] not in fields[row["topic"]][row["where"]]:
                fields[row["topic"]][row["where"]].append(row["field"])
        rules = []
        for topic, by_place in fields.items():
            lines = ["[[masking.rules]]", f"topics = {_listed([topic])}"]
            lines += [f"paths = {_listed(by_place['value'])}"] if by_place["value"] else []
            lines += [f"headers = {_listed(by_place['header'])}"] if by_place["header"] else []
            lines += ["key = true"] if by_place["key"] else []
            rules.append("\n".join([*lines, 'action = "replace"']))
        return "\n\n".join(rules)

    def __repr__(self) -> str:
        return "\n".join([self._title(), *([text_table(_TITLES, self._cells()), "", self.toml] if self.rows else [])])

    def _repr_html_(self) -> str:
        shown = (table(_TITLES, self._cells()), preformatted(self.toml)) if self.rows else ()
        return output_html(element("h4", self._title()), *shown)

    def _title(self) -> str:
        found = counted(len({(row["topic"], row["where"], row["field"]) for row in self.rows}), "field")
        return f"{found} that look like secrets" if self.rows else "No field looks like a secret"

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(row["topic"], 80),
                row["where"],
                visible(row["field"], 80),
                row["kind"],
                f"{row['records']} of {row['sampled']}",
            )
            for row in self.rows
        ]


def suggest_masking(store: SnapshotStore, topics: TopicsLike | None, sample: int) -> MaskingSuggestions:
    """Look for secrets in the newest records of topics; see `workbench.session.snapshot.Snapshot.suggest_masking`."""
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
        raise ValidationError(f"sample={sample!r} is no number of records.")
    names = list(dict.fromkeys(source.topic for source in store.sources()))
    if topics is not None:
        known = [TopicInfo(name, None, internal=False, partitions=()) for name in names]
        names = [topic.name for topic in parse_topics(topics).resolve(known)]
    rows: list[Mapping[str, Any]] = []
    for topic in names:
        counts: Counter[tuple[str, str, str]] = Counter()
        sampled = 0
        for record in store.sql_arrow(_ROWS, {"topic": topic, "most": sample}).to_pylist():
            sampled += 1
            for found in set(_of_record(record)):
                if found in counts or len(counts) < _MOST_FIELDS:
                    counts[found] += 1
        facts = {"topic": topic, "sampled": sampled}
        rows += [
            {**facts, "where": where, "field": field, "kind": kind, "records": number}
            for (where, field, kind), number in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ]
    return MaskingSuggestions(tuple(rows))


def _of_record(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    key = (record["key"] or b"").decode("utf-8", "replace")
    yield from (("key", "key", kind) for kind in kinds_of(key))
    for header in record["headers"]:
        name = header["name"].decode("latin-1")
        text = (header["value"] or b"").decode("utf-8", "replace")
        yield from (("header", name, kind) for kind in _kinds(name, text))
    if record["text"]:
        try:
            tree = parse_json(record["text"])
        except ValueError:
            return
        body = tree["payload"] if isinstance(tree, dict) and tree.keys() == {"schema", "payload"} else tree
        for path, text in _leaves(body, (), _DEPTH):
            yield from (("value", ".".join(path), kind) for kind in _kinds(path[-1], text))


def _kinds(name: str, text: str) -> list[str]:
    return kinds_of(text) or ([NAME] if text and is_named_like_a_secret(name) else [])


def _leaves(tree: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    if depth == 0:
        return
    if isinstance(tree, dict):
        for name, value in tree.items():
            # A name with a dot cannot be written in a path; its parent is named instead.
            yield from _leaves(value, (*path, name if "." not in name and name else "*"), depth - 1)
    elif isinstance(tree, list):
        for item in tree:
            yield from _leaves(item, path, depth - 1)
    elif isinstance(tree, str) and path:
        yield path, tree


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(json.dumps(name) for name in names) + "]"
