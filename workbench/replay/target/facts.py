"""Facts about a target at one moment. A plan keeps them; before its run they are fetched and compared again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.model.topics import ClockOffset

if TYPE_CHECKING:
    from collections.abc import Mapping

PresentSpan: TypeAlias = tuple[str, int, int]
"""``{cluster}/{topic}/{partition}`` of selected records, and the first and last of offsets that follow each other."""

APPEND_TIME = "LogAppendTime"
FOREVER = -1
_PRODUCTION = frozenset({"prod", "production"})


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A transform or connector that reads one topic and writes others."""

    name: str
    source: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """Properties of the connection; the session knows them, a record log does not."""

    read_only: bool = True
    protected: bool = False
    """The profile says that this is production."""
    development: bool = False
    environment: str | None = None
    """The profile's environment label."""
    schema_registry: str | None = None
    """Name of the schema registry of the cluster; None where the profile has none."""
    via_http: bool = False
    """The cluster is reached through an HTTP proxy only."""
    pipelines: tuple[Pipeline, ...] = ()
    """Transforms of the cluster that are known."""

    @property
    def needs_typed_name(self) -> bool:
        """Whether the physical name of a target must be typed before it is written to."""
        return self.protected or (self.environment or "").lower() in _PRODUCTION


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """Facts about one topic of the target cluster."""

    name: str
    exists: bool
    topic_id: str | None = None
    begin: Mapping[int, int | None] = field(default_factory=dict)
    """Log start offset of each partition."""
    end: Mapping[int, int | None] = field(default_factory=dict)
    """High watermark of each partition."""
    config: Mapping[str, str | None] = field(default_factory=dict)
    config_known: bool = True
    replication_factor: int = 1

    @property
    def partitions(self) -> int:
        """Number of partitions; 0 when the topic does not exist."""
        return len(self.end)

    @property
    def timestamp_type(self) -> str | None:
        """``CreateTime`` or ``LogAppendTime``; None when the setting could not be read."""
        return self.config.get("message.timestamp.type")

    @property
    def compacted(self) -> bool:
        """Whether the topic is compacted: only the newest value of each key is kept."""
        return "compact" in (self.config.get("cleanup.policy") or "")

    @property
    def retention_ms(self) -> int | None:
        """Milliseconds after which segments are deleted; -1 never, None unknown."""
        if "cleanup.policy" in self.config and "delete" not in (self.config["cleanup.policy"] or ""):
            return FOREVER
        return self.number("retention.ms")

    @property
    def appends_time(self) -> bool:
        """Whether the broker overwrites the timestamps of this topic."""
        return self.timestamp_type == APPEND_TIME

    @property
    def accepted_range(self) -> tuple[int | None, int | None]:
        """Milliseconds before and after now that timestamps may lie; None without a limit, or where it is not known."""
        # Brokers before 3.6 know only the symmetric setting (KIP-937); its successors win where both are there.
        both = self.number("message.timestamp.difference.max.ms")
        before = self.number("message.timestamp.before.max.ms")
        after = self.number("message.timestamp.after.max.ms")
        return both if before is None else before, both if after is None else after

    def number(self, name: str) -> int | None:
        """Return a numeric setting; None when it could not be read."""
        text = self.config.get(name)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A consumer group that has members or committed offsets on a target topic."""

    group_id: str
    state: str
    members: int
    """Members assigned to a target topic."""
    committed: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """Committed offsets by topic and partition."""

    def lag(self, topics: Mapping[str, TopicFacts]) -> int:
        """Return the records behind the high watermark, on the partitions where the group committed."""
        return sum(
            max((topics[topic].end.get(partition) or 0) - offset, 0)
            for topic, offsets in self.committed.items()
            for partition, offset in offsets.items()
        )


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """All that a plan depends on besides its selection; `fetch_facts` reads it from the cluster."""

    run_id: str
    """UUID drawn for the plan that is made from these facts; names of default targets contain it."""
    asked_at_ms: int
    """This machine's clock, UTC milliseconds."""
    cluster_id: str
    address: str
    connection: Connection
    targets: Mapping[str, str]
    """Source topic to target topic."""
    named: bool
    """The user named the targets; otherwise the run creates them."""
    topics: Mapping[str, TopicFacts]
    """Facts of each target topic, of each source topic on the same cluster, and of topics that brakes watch."""
    groups: tuple[GroupFacts, ...] = ()
    """Groups on the target topics, by id."""
    unclear_groups: tuple[str, ...] = ()
    """Groups that could not be described, or that are rebalancing: they may be on a target too."""
    in_doubt: tuple[str, ...] = ()
    """Earlier runs on these targets whose result is not known."""
    producer_expiry: tuple[str, int] | None = None
    """The setting after which the brokers forget a producer, and its smallest value, ms; None where it is not known."""
    clock_offset: ClockOffset | None = None
    """How far the cluster's clock is ahead of this machine's; None where it does not tell."""
    present: tuple[PresentSpan, ...] = ()
    """Where the selected records lie that an earlier replay sent to these targets."""

    @property
    def target_topics(self) -> list[str]:
        """Physical names of the targets, sorted, each once."""
        return sorted(set(self.targets.values()))

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the journal."""
        return {
            "run_id": self.run_id,
            "asked_at_ms": self.asked_at_ms,
            "cluster_id": self.cluster_id,
            "address": self.address,
            "connection": {
                **_plain(self.connection),
                "pipelines": [[one.name, one.source, list(one.outputs)] for one in self.connection.pipelines],
            },
            "targets": dict(self.targets),
            "named": self.named,
            "topics": [_plain(topic) for topic in self.topics.values()],
            "groups": [_plain(group) for group in self.groups],
            "unclear_groups": list(self.unclear_groups),
            "in_doubt": list(self.in_doubt),
            "producer_expiry": None if self.producer_expiry is None else list(self.producer_expiry),
            "clock_offset": None if self.clock_offset is None else _plain(self.clock_offset),
            "present": [list(span) for span in self.present],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TargetFacts:
        """Read what `to_json` wrote."""
        topics = [
            TopicFacts(**{**topic, "begin": _by_number(topic["begin"]), "end": _by_number(topic["end"])})
            for topic in value["topics"]
        ]
        groups = [
            GroupFacts(**{**group, "committed": {name: _by_number(at) for name, at in group["committed"].items()}})
            for group in value["groups"]
        ]
        return cls(
            **{
                **value,
                "connection": _connection(value["connection"]),
                "topics": {topic.name: topic for topic in topics},
                "groups": tuple(groups),
                "unclear_groups": tuple(value["unclear_groups"]),
                "in_doubt": tuple(value["in_doubt"]),
                "producer_expiry": None if (expiry := value.get("producer_expiry")) is None else tuple(expiry),
                "clock_offset": None if (clock := value.get("clock_offset")) is None else ClockOffset(**clock),
                "present": tuple(map(_span, value.get("present", ()))),
            },
        )


def differences(planned: TargetFacts, found: TargetFacts) -> list[str]:
    """List the differences between planned and present facts: cluster, topic ids, partitions, timestamp types."""
    if planned.cluster_id != found.cluster_id:
        # Topics of another cluster are others, whatever they have in common.
        return [f"the cluster is {found.cluster_id}, planned was {planned.cluster_id}"]
    changes = []
    for name in planned.target_topics:
        before, after = planned.topics[name], found.topics.get(name)
        if after is None:
            changes.append(f"{name} was not looked up again")
            continue
        pairs = (
            ("exists", before.exists, after.exists),
            ("topic id", before.topic_id, after.topic_id),
            ("partitions", before.partitions, after.partitions),
            ("timestamp type", before.timestamp_type, after.timestamp_type),
        )
        changes += [f"{what} of {name}: planned {old}, now {new}" for what, old, new in pairs if old != new]
    return changes


def _connection(value: Mapping[str, Any]) -> Connection:
    pipelines = tuple(Pipeline(name, source, tuple(outputs)) for name, source, outputs in value.get("pipelines", ()))
    return Connection(**{**value, "pipelines": pipelines})


def _span(stored: str | list[Any]) -> PresentSpan:
    """Read one entry of ``present``; earlier versions stored the ``x-replay-of`` of each record."""
    if isinstance(stored, str):
        prefix, _, offset = stored.rpartition("/")
        return prefix, int(offset), int(offset)
    prefix, first, last = stored
    return prefix, first, last


def _plain(value: Any) -> dict[str, Any]:
    plain = {}
    for name in value.__slots__:
        item = getattr(value, name)
        plain[name] = _text_keys(item) if isinstance(item, dict) else item
    return plain


def _text_keys(mapping: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): _text_keys(item) if isinstance(item, dict) else item for key, item in mapping.items()}


def _by_number(mapping: Mapping[str, Any]) -> dict[int, Any]:
    return {int(key): item for key, item in mapping.items()}
