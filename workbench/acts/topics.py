"""Plans acts on topics: what is there now, what would be, and what speaks against it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from workbench.acts.act import Change, Planned, Undo
from workbench.acts.rights import missing_right
from workbench.bus.topic_rows import groups_of_topics
from workbench.errors import AuthenticationError, UnknownTopicError
from workbench.model import NewRecord, TopicPartition
from workbench.model.records.columns import MASKED_HEADER
from workbench.text import counted, number_text, partition_text, time_text, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.topics import TopicInfo

_NEVER = "records that are gone cannot be brought back; capture the topic first"
_SHOWN_BYTES = 200
_LOSING = frozenset({"retention.ms", "retention.bytes", "cleanup.policy", "delete.retention.ms"})
"""Settings by which the broker deletes records."""


async def plan_create_topic(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to make a topic."""
    name, config = given["topic"], given["config"]
    found = await log.describe([name])
    # A name that this user may not describe is answered, too, whether it exists or not.
    exists = any(info.partitions for info in found)
    unseen = [f"whether it exists cannot be seen: {'; '.join(info.unavailable)}" for info in found if not exists]
    rows = [
        Change("partitions", "", str(given["partitions"])),
        Change("replicas", "", str(given["replication_factor"])),
        *(Change(setting, "", value) for setting, value in sorted(config.items())),
    ]
    refusals = (f"topic {name} exists",) if exists else ()
    undo = Undo("delete_topic", {"topic": name, "accept_groups": False})
    return Planned(name, tuple(rows), tuple(unseen), refusals, undo=undo)


async def plan_add_partitions(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to add partitions."""
    info, total = await _described(log, given["topic"]), given["total"]
    now = len(info.partitions)
    refusals = missing_right(info, "add_partitions")
    if total <= now:
        refusals.append(f"it has {counted(now, 'partition')}; there can only be more, not {total}")
    warning = f"most keys lie in another one of {total} partitions than of {now}: records of a key lose their one order"
    return Planned(
        info.name,
        (Change("partitions", str(now), str(total)),),
        (warning,),
        tuple(refusals),
        no_undo="partitions cannot be removed",
    )


async def plan_change_config(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to change settings; None takes one back to its default."""
    info, wanted = await _described(log, given["topic"]), given["settings"]
    if not info.config:
        why = "; ".join(info.unavailable) or "they could not be read"
        return Planned(info.name, (), (), (f"its settings are not known: {why}",), no_undo="nothing is changed")
    changes, former, warnings = [], {}, []
    refusals = missing_right(info, "change_config")
    for setting, value in sorted(wanted.items()):
        known = info.config.get(setting)
        if known is None:
            refusals.append(f"there is no setting {setting}")
            continue
        former[setting] = None if known.default else known.value
        mark = " (default)" if known.default else ""
        changes.append(Change(setting, f"{known.value}{mark}", "its default" if value is None else value))
        if setting in _LOSING:
            warnings.append(f"{setting} decides which records are deleted; those that are deleted are gone")
    return Planned(
        info.name,
        tuple(changes),
        tuple(warnings),
        tuple(refusals),
        undo=Undo("change_config", {"topic": info.name, "settings": former}),
    )


async def plan_delete_records(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to move log starts up."""
    info = await _described(log, given["topic"])
    before = {partition: offset for _, partition, offset in given["before"]}
    changes, refusals, gone = [], missing_right(info, "delete_records"), 0
    for part in info.partitions:
        wanted = before.get(part.partition)
        if wanted is None:
            continue
        if part.begin is None or part.end is None:
            refusals.append(f"the bounds of {partition_text(info.name, part.partition)} could not be read")
            continue
        if wanted > part.end:
            refusals.append(f"{partition_text(info.name, part.partition)} ends at {part.end}, before {wanted}")
        if wanted > part.begin:
            gone += wanted - part.begin
            name = f"log start of {partition_text(info.name, part.partition)}"
            changes.append(Change(name, str(part.begin), str(wanted)))
    if not changes and not refusals:
        refusals.append("no partition has records before these offsets")
    groups, trouble = await groups_of_topics(log, {info.name})
    warnings = [f"at most {counted(gone, 'record')} are deleted", *_group_warnings(groups.get(info.name, []), trouble)]
    return Planned(info.name, tuple(changes), tuple(warnings), tuple(refusals), no_undo=_NEVER)


async def plan_delete_topic(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to delete a topic with its records."""
    info = await _described(log, given["topic"])
    bounds = [(part.begin, part.end) for part in info.partitions]
    known = [end - begin for begin, end in bounds if begin is not None and end is not None]
    records = number_text(sum(known)) if len(known) == len(bounds) else "unknown"
    groups, trouble = await groups_of_topics(log, {info.name})
    reading = groups.get(info.name, [])
    active = [one.group_id for one in await log.describe_groups(reading) if one.members or one.state == "unknown"]
    refusals = ["an internal topic is the cluster's own"] if info.internal else missing_right(info, "delete_topic")
    if active and not given["accept_groups"]:
        names = ", ".join(active)
        refusals.append(f"groups that are active read it: {names}; stop them, or say accept_groups=True")
    changes = [Change("topic", counted(len(bounds), "partition"), "deleted")]
    warnings = [f"at most {records} records are deleted", *_group_warnings(reading, trouble)]
    return Planned(info.name, tuple(changes), tuple(warnings), tuple(refusals), no_undo=_NEVER)


async def plan_produce(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to write one record; beside an existing one, its edits are the changes."""
    info, record = await _described(log, given["topic"]), new_record(given)
    like = None if given["like"] is None else new_record({**given["like"], "topic": given["topic"], "partition": None})
    rows = [
        Change("key", _bytes(None if like is None else like.key, there=like is not None), _bytes(record.key)),
        Change("value", _bytes(None if like is None else like.value, there=like is not None), _bytes(record.value)),
        Change("headers", "" if like is None else _headers(like), _headers(record)),
        Change("partition", "", "by the key" if record.partition is None else str(record.partition)),
        Change("time", "", "now" if record.timestamp_ms is None else time_text(record.timestamp_ms)),
    ]
    refusals = missing_right(info, "produce")
    if record.partition is not None and record.partition >= len(info.partitions):
        refusals.append(f"it has {counted(len(info.partitions), 'partition')}, and no partition {record.partition}")
    policy = info.config.get("cleanup.policy")
    compacted = policy is not None and "compact" in (policy.value or "")
    if compacted and record.key is None:
        refusals.append("it is compacted: a record without a key is not accepted")
    warnings = ["it becomes the newest value of its key"] if compacted else []
    names = {name for name, _ in (*record.headers, *(() if like is None else like.headers))}
    if MASKED_HEADER.encode() in names:
        refusals.append(
            "it was masked when it was read, so what it held is not known here; give all of it, without like="
        )
    if record.value is None:
        warnings.append("a record without a value is a tombstone: it deletes its key from a compacted topic")
    groups, trouble = await groups_of_topics(log, {info.name})
    warnings += _group_warnings(groups.get(info.name, []), trouble)
    return Planned(
        info.name, tuple(rows), tuple(warnings), tuple(refusals), no_undo="a record that was written stays in the log"
    )


def record_parameters(record: NewRecord) -> dict[str, Any]:
    """Write a record as values of JSON."""
    return {
        "key": _base64(record.key),
        "value": _base64(record.value),
        "headers": [[_base64(name), _base64(value)] for name, value in record.headers],
        "partition": record.partition,
        "timestamp_ms": record.timestamp_ms,
    }


def new_record(given: Mapping[str, Any]) -> NewRecord:
    """Read a record from values of JSON."""
    return NewRecord(
        given["topic"],
        _raw(given["key"]),
        _raw(given["value"]),
        tuple((_raw(name) or b"", _raw(value)) for name, value in given["headers"]),
        given["partition"],
        given["timestamp_ms"],
    )


async def _described(log: RecordLog, name: str) -> TopicInfo:
    found = await log.describe([name])
    if not found:
        raise UnknownTopicError(f"The topic {name!r} does not exist.", topic=name)
    if not found[0].partitions:
        raise AuthenticationError(f"Topic {name}: {'; '.join(found[0].unavailable)}.")
    return found[0]


def _group_warnings(groups: Sequence[str], trouble: str) -> list[str]:
    read = [f"{counted(len(groups), 'group')} read it: {', '.join(groups)}"] if groups else []
    return [*read, *([f"who reads it could not be seen: {trouble}"] if trouble else [])]


def _bytes(value: bytes | None, *, there: bool = True) -> str:
    if not there:
        return ""
    return "null" if value is None else visible_bytes(value, _SHOWN_BYTES)


def _headers(record: NewRecord) -> str:
    return ", ".join(f"{_bytes(name)}={_bytes(value)}" for name, value in record.headers) or "none"


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _raw(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def partitions_of(rows: Sequence[Sequence[Any]]) -> dict[TopicPartition, int]:
    """Read offsets from rows of topic, partition and offset."""
    return {TopicPartition(topic, partition): offset for topic, partition, offset in rows}
