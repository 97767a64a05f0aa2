"""The rules of Redpanda's HTTP proxy without its HTTP: records and consumer instances over the memory bus."""

from __future__ import annotations

import base64
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import OffsetOutOfRangeError, UnknownTopicError
from workbench.model.records.chunk import Span
from workbench.model.records.record import NewRecord, TopicPartition

if TYPE_CHECKING:
    from workbench.bus.kafka import KafkaLog
    from workbench.bus.memory import MemoryLog

IDLE_S = 300.0
CODES = {"UNKNOWN_TOPIC_OR_PARTITION": 3, "MESSAGE_TOO_LARGE": 10}
_CONSUMER_KEYS = {
    "name",
    "format",
    "auto.offset.reset",
    "auto.commit.enable",
    "fetch.min.bytes",
    "consumer.request.timeout.ms",
}


class RuleError(Exception):
    """A request that the proxy refuses."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass
class Instance:
    form: str
    used: float
    topics: list[str] = field(default_factory=list)
    positions: dict[TopicPartition, int] = field(default_factory=dict)


@dataclass
class Proxy:
    """The state behind a server; its coroutines run in the loop that the log belongs to."""

    log: MemoryLog | KafkaLog
    partition_faults: dict[int, int] = field(default_factory=dict)
    """Kafka codes with which partitions refuse records."""
    passed_s: float = 0.0
    """Seconds by which the clock of idle instances is ahead."""
    instances: dict[tuple[str, str], Instance] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    async def topics(self) -> list[str]:
        return [name for name in await self.log.topic_names() if not name.startswith("__")]

    async def produce(self, topic: str, body: Any, form: str) -> dict[str, Any]:
        records = [new_record(topic, one, form) for one in member(body, {"records"}, "records", list)]
        by_partition: dict[int, list[dict[str, Any]]] = {}
        entry: dict[str, Any]
        async with self.log.writer() as writer:
            for record in records:
                if (code := self.partition_faults.get(record.partition or 0)) is not None:
                    entry = {"partition": record.partition or 0, "error_code": code, "offset": -1}
                else:
                    (outcome,) = await writer.send([record])
                    code = CODES.get(str(getattr(outcome.error, "cause_code", "")), 0)
                    number = record.partition or 0 if outcome.partition is None else outcome.partition
                    entry = {"partition": number, "offset": -1 if code else outcome.offset}
                    if code:
                        entry["error_code"] = code
                by_partition.setdefault(entry["partition"], []).append(entry)
        # In no order: the highest partition first.
        return {"offsets": [by_partition[number][0] for number in sorted(by_partition, reverse=True)]}

    async def fetch(self, topic: str, partition: int, offset: int, max_bytes: int, form: str) -> list[dict[str, Any]]:
        place = TopicPartition(topic, partition)
        try:
            low = (await self.log.offsets([place], "earliest"))[place] or 0
            high = (await self.log.offsets([place], "latest", isolation="read_uncommitted"))[place] or 0
        except UnknownTopicError as error:
            raise RuleError(404, 40402, "unknown_topic_or_partition") from error
        if not low <= offset <= high:
            raise RuleError(400, 40002, "offset_out_of_range")
        if offset == high:
            return []
        found: list[dict[str, Any]] = []
        size = 0
        async with self.log.reader([Span(topic, partition, offset, high)], isolation="read_uncommitted") as reader:
            while not reader.done:
                for chunk in await reader.read():
                    for record in chunk.rows():
                        size += len(record.key or b"") + len(record.value or b"") + 1
                        if size > max_bytes:
                            return found
                        found.append(shown(record, form))
        return found

    def create(self, group: str, body: Any, base: str) -> dict[str, str]:
        if not isinstance(body, dict) or body.keys() - _CONSUMER_KEYS:
            raise RuleError(422, 422, "unknown key of a consumer")
        if not all(isinstance(value, str) for value in body.values()):
            raise RuleError(422, 422, "the values of a consumer are strings")
        if (
            body.get("auto.offset.reset", "earliest") != "earliest"
            or body.get("auto.commit.enable", "false") != "false"
        ):
            raise RuleError(422, 422, "auto.offset.reset is earliest and auto.commit.enable is false")
        if body.get("format") not in {"json", "binary"}:
            raise RuleError(422, 422, "format is json or binary")
        name = body.get("name") or f"instance-{next(self.numbers)}"
        self._forget_idle()
        if (group, name) in self.instances:
            raise RuleError(409, 40902, "consumer already exists")
        self.instances[group, name] = Instance(body["format"], self._now())
        return {"instance_id": name, "base_uri": f"{base}/consumers/{group}/instances/{name}"}

    def instance(self, group: str, name: str) -> Instance:
        self._forget_idle()
        if (group, name) not in self.instances:
            raise RuleError(404, 40403, "unknown_member_id")
        found = self.instances[group, name]
        found.used = self._now()
        return found

    async def subscribe(self, group: str, name: str, body: Any) -> None:
        instance = self.instance(group, name)
        instance.topics = member(body, {"topics"}, "topics", list)
        committed = await self.log.committed(group)
        instance.positions = {}
        for info in await self.log.describe(instance.topics):
            for part in info.partitions:
                place = TopicPartition(info.name, part.partition)
                stored = committed.get(place)
                instance.positions[place] = part.begin or 0 if stored is None else stored.offset

    async def consume(self, group: str, name: str, max_bytes: int, form: str) -> list[dict[str, Any]]:
        instance = self.instance(group, name)
        if form != instance.form:
            raise RuleError(406, 406, "the format of the consumer is another one")
        found = []
        for place, position in instance.positions.items():
            try:
                records = await self.fetch(place.topic, place.partition, position, max_bytes, form)
            except OffsetOutOfRangeError as error:
                raise RuleError(400, 40002, "offset_out_of_range") from error
            if records:
                instance.positions[place] = records[-1]["offset"] + 1
            found += records
        return found

    async def commit(self, group: str, name: str, body: Any) -> None:
        instance = self.instance(group, name)
        offsets = dict(instance.positions)
        if body is not None:
            given = member(body, {"partitions"}, "partitions", list)
            offsets = {place_of(one): member(one, {"topic", "partition", "offset"}, "offset", int) for one in given}
        await self.log.commit_offsets(group, offsets)

    async def committed(self, group: str, name: str, body: Any) -> dict[str, Any]:
        self.instance(group, name)
        stored = await self.log.committed(group)
        places = [place_of(one) for one in member(body, {"partitions"}, "partitions", list)]
        return {
            "offsets": [
                {
                    "topic": place.topic,
                    "partition": place.partition,
                    "offset": -1 if (found := stored.get(place)) is None else found.offset,
                    "metadata": "",
                }
                for place in places
            ]
        }

    def delete(self, group: str, name: str) -> None:
        self.instance(group, name)
        del self.instances[group, name]

    def _now(self) -> float:
        return time.monotonic() + self.passed_s

    def _forget_idle(self) -> None:
        self.instances = {key: one for key, one in self.instances.items() if self._now() - one.used < IDLE_S}


def member(body: Any, keys: set[str], name: str, kind: type) -> Any:
    """One member of an object that has no others."""
    if not isinstance(body, dict) or body.keys() - keys:
        raise RuleError(422, 422, "unknown key, or no object")
    value = body.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RuleError(422, 422, f"{name} is missing or of another type")
    return value


def place_of(one: Any) -> TopicPartition:
    keys = {"topic", "partition", "offset"}
    return TopicPartition(member(one, keys, "topic", str), member(one, keys, "partition", int))


def new_record(topic: str, one: Any, form: str) -> NewRecord:
    """A record of a request: a missing key is empty, a missing value null; binary refuses null, JSON keeps its text."""
    if not isinstance(one, dict) or one.keys() - {"key", "value", "partition"}:
        raise RuleError(422, 422, "unknown key of a record")
    partition = one.get("partition")
    if partition is not None and (not isinstance(partition, int) or isinstance(partition, bool)):
        raise RuleError(422, 422, "partition is a number")
    parts = {name: _part(one[name], form) for name in ("key", "value") if name in one}
    return NewRecord(topic, parts.get("key", b""), parts.get("value"), partition=partition)


def _part(part: Any, form: str) -> bytes:
    if form == "json":
        return json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()
    if not isinstance(part, str):
        raise RuleError(422, 422, "binary wants base64")
    try:
        return base64.b64decode(part, validate=True)
    except ValueError as error:
        raise RuleError(422, 422, "binary wants base64") from error


def shown(record: Any, form: str) -> dict[str, Any]:
    """A record of an answer: null and empty look alike, and there are no headers and no times."""
    return {
        "topic": record.topic,
        "key": _shown(record.key, form),
        "value": _shown(record.value, form),
        "partition": record.partition,
        "offset": record.offset,
    }


def _shown(part: bytes | None, form: str) -> Any:
    if not part:
        return None
    if form == "binary":
        return base64.b64encode(part).decode()
    try:
        return json.loads(part)
    except ValueError as error:
        raise RuleError(408, 40801, "Unable to serialize value of record") from error
