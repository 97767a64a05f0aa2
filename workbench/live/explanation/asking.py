"""Asks a cluster for all that explains a record: reads the topics around its time, and the offsets of groups."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from workbench.errors import UnknownEventError, WorkbenchError
from workbench.live.explanation.explanation import Explanation
from workbench.live.explanation.related import MOST_IDS, RelatedIds
from workbench.live.explanation.standings import group_standings
from workbench.live.paging import PageSource, first_page
from workbench.live.rows import TAIL, detail_of
from workbench.model import TopicPartition
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import At, Offset
from workbench.text import counted, duration_text, parse_position, visible

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.live.explanation.standings import GroupStanding
    from workbench.live.paging import Page
    from workbench.live.search.result import SearchResult
    from workbench.live.search.search import Search
    from workbench.model import Isolation
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.selecting.window import Bound

MOST_ROUNDS = 4
"""Searches of one explanation: each looks for the ids that the one before found."""


class MakesSearch(Protocol):
    """Makes a search of the topics around the record, by a condition."""

    def __call__(self, where: str, *, start: Bound, end: Bound) -> Search: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a record.

    Attributes:
        position: ``topic/partition@offset``.
        around_ms: How far from its time causes and effects are looked for.
        most_s: Longest time of reading.
        isolation: Isolation level of the reads.
    """

    position: str
    around_ms: int
    most_s: float
    isolation: Isolation = "read_committed"


async def record_page(log: RecordLog, decoder: BulkDecoder, position: str, isolation: Isolation) -> Page:
    """Read the page that holds one record, and nothing else.

    Raises:
        UnknownEventError: There is no record at this position.
        UnknownTopicError: There is no such topic or partition.
        PositionError: It is no position.
    """
    topic, partition, offset = parse_position(position)
    source = PageSource(log, decoder, isolation, 1)
    page = await first_page(source, parse_topics(topic), Offset(offset), backwards=False, partition=partition)
    if page.table["offset"].to_pylist() != [offset]:
        held = page.table["offset"].to_pylist()
        more = f" the next record is {held[0]}" if held else " the log ends before it"
        raise UnknownEventError(
            f"There is no record {visible(position, 200)}:{more}. It may have been deleted or compacted, be a marker, "
            'or belong to a transaction that did not commit (isolation="read_uncommitted" shows those).',
            wanted=position,
        )
    return page


async def explain(log: RecordLog, decoder: BulkDecoder, question: Question, search: MakesSearch) -> Explanation:
    """Read what explains a record. It joins no group and commits nothing.

    Raises:
        UnknownEventError: There is no record at this position.
        UnknownTopicError: There is no such topic or partition.
    """
    page = await record_page(log, decoder, question.position, question.isolation)
    detail = detail_of(page.table.select(list(TAIL.names)))
    (record,) = page
    if detail is None:
        raise UnknownEventError(f"There is no record {question.position}.", wanted=question.position)
    place = TopicPartition(record.topic, record.partition)
    groups, trouble = await _groups(log, place, record.offset)
    found, notes = await _related(page, question, search)
    return Explanation(record, detail, found=found, groups=groups, notes=[*notes, *trouble])


async def _groups(log: RecordLog, place: TopicPartition, offset: int) -> tuple[list[GroupStanding], list[str]]:
    try:
        return await group_standings(log, place, offset), []
    except WorkbenchError as error:
        return [], [f"consumer groups are not known: {error}"]


async def _related(page: Page, question: Question, search: MakesSearch) -> tuple[SearchResult | None, list[str]]:
    row = page.table.to_pylist()[0]
    ids = RelatedIds(row)
    if not ids.any:
        return None, ["the record names no ids, so nothing tells what led to it or came of it"]
    if row["timestamp"] is None:
        return None, ["the record has no time, so nobody knows where its causes and effects are to be looked for"]
    middle, around = row["timestamp_ms"], question.around_ms
    loop, found, rounds = asyncio.get_running_loop(), None, 0
    ends_at = loop.time() + question.most_s
    while rounds < MOST_ROUNDS and loop.time() < ends_at and (where := ids.condition()) is not None:
        asked = search(where, start=At(max(middle - around, 0)), end=At(middle + around + 1))
        timer = loop.call_at(ends_at, asked.cancel)
        try:
            found = await asked
            found.scope = replace(found.scope, query=f"related to {visible(question.position, 100)}")
        finally:
            timer.cancel()
        rounds += 1
        ids.learn(found.table)
    around_text = duration_text(around, "ms")
    notes = [f"{around_text} before and after the record were searched, by the time of records"]
    if ids.condition() is not None:
        late = loop.time() >= ends_at
        why = (
            f"{duration_text(question.most_s, 's')} had passed"
            if late
            else f"{counted(rounds, 'search', 'searches')} were made"
        )
        notes.append(f"there may be more relatives: it ended when {why}")
    if ids.cut:
        notes.append(f"only the first {MOST_IDS} ids were looked for")
    return found, notes
