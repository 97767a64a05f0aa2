"""Describes the topics of a snapshot: counts over all records, fields and ids over a sample of each topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ValidationError
from workbench.exploration.description import Description, TopicFacts
from workbench.exploration.fields import WIDTH, Field, read_fields
from workbench.exploration.joining import IdFields
from workbench.exploration.proposals import propose
from workbench.exploration.sampling import SAMPLE_RECORDS, opened, read_sample
from workbench.exploration.suggestion import suggest
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store import SnapshotStore

_COUNTS = """
SELECT topic, coalesce(convention, CASE WHEN tombstone THEN 'tombstone' ELSE 'none' END) AS convention,
    coalesce(format, CASE WHEN tombstone THEN 'tombstone' ELSE 'unknown' END) AS format, count(*) AS records,
    count(event_id) AS with_id
FROM events GROUP BY ALL ORDER BY topic, records DESC, convention, format
"""
_UNDERSTOOD = 0.5
"""Topics in which more records than this have an event id need no further convention."""


def describe(store: SnapshotStore, topics: TopicsLike | None = None, *, sample: int = SAMPLE_RECORDS) -> Description:
    """Describe topics of a snapshot.

    All topics are looked into, because ids of one are found in another; the description holds those that were asked
    for.

    Args:
        store: The snapshot.
        topics: Name, list, shell pattern or regular expression; by default all.
        sample: Records of each topic that are looked into, the newest.

    Raises:
        UnknownTopicError: The snapshot has no such topic, or a pattern matches none.
        ValidationError: ``sample`` is no number of records.
    """
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
        raise ValidationError(f"sample={sample!r} is no number of records; give one from 1 on.")
    counts = store.sql_arrow(_COUNTS).to_pylist()
    known = list(dict.fromkeys(str(row["topic"]) for row in counts))
    wanted = _wanted(known, topics)
    ids, facts = IdFields(), {}
    fields: dict[str, list[Field]] = {}
    for topic in known:
        taken = read_sample(store, topic, most=sample)
        with opened(taken) as cursor:
            found = read_fields(cursor, topic, taken.records)
            fields[topic] = found[:WIDTH]
            ids.add(cursor, fields[topic])
        rows = [row for row in counts if row["topic"] == topic]
        by = {name: _sum(rows, name) for name in ("convention", "format")}
        records = sum(row["records"] for row in rows)
        facts[topic] = TopicFacts(
            topic, records, taken.records, taken.too_large, by["convention"], by["format"], len(found)
        )
    ids.match()
    open_topics = [topic for topic in wanted if _with_id(counts, topic) < _UNDERSTOOD * facts[topic].records]
    proposals = propose(ids, fields, open_topics)
    shown = {topic: fields[topic] for topic in wanted}
    taken_names = {str(row["convention"]) for row in counts}
    conventions = suggest(proposals, shown, taken_names)
    return Description(store.path.name, [facts[topic] for topic in wanted], shown, proposals, conventions)


def _wanted(known: Sequence[str], topics: TopicsLike | None) -> list[str]:
    if topics is None:
        return list(known)
    stored = [TopicInfo(topic, None, internal=False, partitions=()) for topic in known]
    return [topic.name for topic in parse_topics(topics).resolve(stored)]


def _sum(rows: Sequence[dict[str, object]], name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        key = str(row[name])
        counts[key] = counts.get(key, 0) + int(str(row["records"]))
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _with_id(rows: Sequence[dict[str, object]], topic: str) -> int:
    return sum(int(str(row["with_id"])) for row in rows if row["topic"] == topic)
