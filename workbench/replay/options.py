"""The options of a replay, parsed once from a user's keywords, and their form in the plan."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, Literal, TypeAlias

from workbench.errors import ConfigurationError

Ratio: TypeAlias = "int | list[int]"
"""A rate in canonical JSON: an integer, or numerator and denominator."""

MAX_HOPS_LIMIT = 5
_SCHEMA_IDS = 1 << 31

_CHOICES: dict[str, tuple[str, ...]] = {
    "mode": ("recording", "stimulus", "redrive"),
    "ids": ("same", "new"),
    "boundary": ("detach", "keep", "map"),
    "trace": ("auto", "keep", "strip", "renew"),
    "timestamps": ("keep", "now", "shift"),
    "headers": ("provenance", "exact", "clean"),
    "order": ("offset", "timestamp", "global"),
    "writer": ("transactional", "idempotent"),
    "compression": ("none", "gzip", "snappy", "lz4", "zstd"),
}
_PARTITION_WORDS = ("keep", "detected", "murmur2", "crc32", "fnv1a", "round_robin")
_FIXED = re.compile(r"fixed\((\d{1,9})\)\Z")
_RETRY = re.compile(r"retry\(([1-9]\d?)\)\Z")


@dataclass(frozen=True, slots=True)
class Partitions:
    """The policy that chooses target partitions."""

    policy: Literal["keep", "detected", "murmur2", "crc32", "fnv1a", "round_robin", "fixed", "map"] = "keep"
    """``detected`` is the partitioner that explains where the selected records of a source lie."""
    number: int | None = None
    """Target partition of ``fixed``."""
    mapping: tuple[tuple[int, int], ...] = ()
    """Source and target partition of ``map``, ascending."""

    @classmethod
    def parse(cls, value: object) -> Partitions:
        """Read ``"keep"``, a partitioner's name, ``"round_robin"``, ``"fixed(n)"`` or ``{source: target}``."""
        if isinstance(value, Partitions):
            return value
        if isinstance(value, Mapping):
            return cls("map", mapping=tuple(sorted((_partition(k), _partition(v)) for k, v in value.items())))
        if isinstance(value, str):
            if value in _PARTITION_WORDS:
                return cls(value)  # type: ignore[arg-type]  # one of the words just checked
            if match := _FIXED.match(value):
                return cls("fixed", number=int(match[1]))
        raise ConfigurationError(
            f"partitions={value!r} is no partition policy. Use one of {', '.join(_PARTITION_WORDS)}, 'fixed(3)', "
            "or a mapping of source partition to target partition.",
        )

    def __str__(self) -> str:
        """Write it for people: ``murmur2``, ``fixed(3)``, ``map 0→2, 1→0``."""
        if self.policy == "map":
            return f"map {', '.join(f'{source}→{target}' for source, target in self.mapping)}"
        return f"fixed({self.number})" if self.policy == "fixed" else self.policy

    def to_json(self) -> str | dict[str, Any]:
        """Return the form that enters the plan and its hash."""
        if self.policy == "fixed":
            return {"fixed": self.number}
        if self.policy == "map":
            return {"map": {str(source): target for source, target in self.mapping}}
        return self.policy

    @classmethod
    def from_json(cls, value: str | Mapping[str, Any]) -> Partitions:
        """Read what `to_json` wrote."""
        if isinstance(value, str):
            return cls.parse(value)
        if "fixed" in value:
            return cls("fixed", number=int(value["fixed"]))
        return cls.parse(value["map"])


def _partition(value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if number < 0 or isinstance(value, (bool, float)):
        raise ConfigurationError(f"{value!r} in a partition map is no partition number. Use integers from 0.")
    return number


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a user about a replay, besides selection and target. They are part of the plan's hash."""

    mode: str = "recording"
    """``stimulus`` sends the causal roots of a selection only: live consumers are expected to make the rest."""
    ids: str = "same"
    """``new`` gives every event and correlation an id that follows from the run, and rewrites causes alike."""
    boundary: str = "detach"
    """With new ids, what becomes of a cause that is not selected: ``detach`` removes it and keeps it in a header,
    ``keep`` leaves it, ``map`` gives it an id that no event carries."""
    also: tuple[str, ...] = ()
    """With new ids, further paths of the value that hold ids, such as ``payload.parent_id``."""
    trace: str = "auto"
    """Trace context in headers: ``keep``, ``strip`` or ``renew``; ``auto`` renews it where ids are new."""
    schema_ids: str | tuple[tuple[int, int], ...] | None = None
    """Schema ids in front of values, where the registry of the target is another: ``keep``, or new ids by old ones."""
    partitions: Partitions = field(default_factory=Partitions)
    timestamps: str = "keep"
    headers: str = "provenance"
    """``clean`` removes the families of ``clean_headers`` and adds provenance headers; ``exact`` changes nothing."""
    clean_headers: tuple[str, ...] = ("dead_letter", "replay", "trace")
    """Families ``dead_letter``, ``replay`` and ``trace``, or names of headers, with * for any text."""
    order: str = "offset"
    """``offset``: by topic, partition, offset. ``timestamp``: source partitions merged by time, each in its own offset
    order. ``global``: the same order, with one lane in flight at a time."""
    records_per_s: Fraction | None = None
    bytes_per_s: Fraction | None = None
    ramp_s: int | None = None
    """Seconds at the beginning in which a tenth of these rates is sent, so that trouble shows early."""
    speed: Fraction | None = None
    """Original distances between records, divided by this; None sends as fast as the rates allow."""
    max_gap_ms: int | None = None
    """Longest wait between two records at the original pace."""
    brake_groups: tuple[str, ...] = ()
    """Consumer groups whose lag on the targets is watched: a run waits while one falls behind."""
    brake_lag: int | None = None
    """Records by which such a group may fall behind; by default ten seconds of the planned rate, or 10,000."""
    brake_topics: tuple[str, ...] = ()
    """Topics of errors that are watched, such as dead-letter topics: a run waits when they grow."""
    brake_growth: int = 5
    """Records that they may gain before the run waits."""
    max_records: int = 10_000
    max_bytes: int = 1 << 30
    max_hops: int = 2
    """Records that were replayed this many times are refused (docs/replay-rules.md G-9)."""
    writer: str = "transactional"
    compression: str = "none"
    """How the batches are compressed that the run sends: ``gzip``, ``snappy``, ``lz4`` or ``zstd``. A topic with a
    ``compression.type`` of its own stores them as that says."""
    on_error: str = "stop"
    """``skip_record`` leaves out a record that the broker refuses; ``retry(3)`` resumes the run up to three times after
    a failure that may pass, such as a broker that does not answer."""
    skip_refused: bool = False
    allow_same_topic: bool = False
    create_target: bool = False
    accept_groups: tuple[str, ...] = ()
    accept_uncommitted: bool = False
    accept_expiry: bool = False
    accept_repeats: bool = False
    accept_cycle: bool = False

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Options:
        """Read a user's keywords.

        Raises:
            TypeError: An unknown keyword; the message names the likely one.
            ConfigurationError: A value that its option does not allow.
        """
        known = [item.name for item in fields(cls)]
        for name in given:
            if name not in known:
                raise TypeError(_unknown_keyword(name, known))
        options = cls(**{name: _PARSERS[name](name, value) for name, value in given.items()})
        default = cls()
        for name, (needed, why) in _NEEDS.items():
            if getattr(options, name) != getattr(default, name) and not needed(options):
                raise ConfigurationError(f"{name}={given[name]!r} has no effect here: {why}.")
        if options.on_error == "skip_record" and options.writer == "idempotent":
            raise ConfigurationError(
                "on_error='skip_record' needs writer='transactional': without transactions a record that follows the "
                "skipped one may have been written before it is known.",
            )
        if options.retries and options.writer == "idempotent":
            raise ConfigurationError(
                f"on_error={options.on_error!r} needs writer='transactional': without transactions the broker may "
                "still write a batch that was given up, and the next try would send it again.",
            )
        if options.ids == "new" and options.headers == "exact":
            raise ConfigurationError(
                "ids='new' needs provenance headers, which keep the original ids; headers='exact' adds none.",
            )
        return options

    @property
    def retries(self) -> int:
        """How often a run is resumed by itself."""
        match = _RETRY.match(self.on_error)
        return int(match[1]) if match else 0

    @property
    def trace_policy(self) -> str:
        """What becomes of trace context: ``keep``, ``strip`` or ``renew``."""
        if self.trace == "auto":
            return "renew" if self.ids == "new" else "keep"
        return self.trace

    @property
    def rewrites(self) -> bool:
        """Whether bodies are rewritten besides the edits of the draft."""
        rewritten = self.ids == "new" or self.trace_policy != "keep" or isinstance(self.schema_ids, tuple)
        return rewritten or self.headers == "clean"

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """Return these options with some of them changed."""
        current = {item.name: getattr(self, item.name) for item in fields(self)}
        return Options.parse({**current, **changes})

    def to_json(self) -> dict[str, Any]:
        """Return all options in canonical form: integers, strings and ratios."""
        result = {item.name: getattr(self, item.name) for item in fields(self)}
        result["partitions"] = self.partitions.to_json()
        result["records_per_s"] = ratio(self.records_per_s)
        result["bytes_per_s"] = ratio(self.bytes_per_s)
        result["speed"] = ratio(self.speed)
        for name in ("accept_groups", "brake_groups", "brake_topics", "also", "clean_headers"):
            result[name] = list(result[name])
        if isinstance(self.schema_ids, tuple):
            result["schema_ids"] = {str(old): new for old, new in self.schema_ids}
        return result

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Options:
        """Read what `to_json` wrote."""
        # Earlier versions took options that had no effect.
        unused = [
            name for name, (needed, _) in _NEEDS.items() if not needed(SimpleNamespace(**{**cls().to_json(), **value}))
        ]
        given = {name: one for name, one in value.items() if name not in unused}
        return cls.parse({**given, "partitions": Partitions.from_json(value["partitions"])})


_NEEDS: dict[str, tuple[Callable[[Any], object], str]] = {
    "also": (lambda all_: all_.ids == "new", "it names paths that new ids rewrite, and needs ids='new'"),
    "boundary": (lambda all_: all_.ids == "new", "it is about causes when ids are rewritten, and needs ids='new'"),
    "clean_headers": (lambda all_: all_.headers == "clean", "it names what headers='clean' removes"),
    "max_gap_ms": (lambda all_: all_.speed is not None, "it limits waits at the original pace, and needs speed="),
    "brake_lag": (lambda all_: all_.brake_groups, "it is the lag at which brake_groups= makes the run wait"),
    "brake_growth": (lambda all_: all_.brake_topics, "it is the growth at which brake_topics= makes the run wait"),
}
"""Options that have an effect only beside others: which are needed, and why. What does nothing is a mistake."""


def ratio(rate: Fraction | None) -> Ratio | None:
    """Write a rate as the plan has it: an integer, or numerator and denominator."""
    if rate is None or rate.denominator == 1:
        return None if rate is None else rate.numerator
    return [rate.numerator, rate.denominator]


def _unknown_keyword(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]!r}?" if close else f"The options are: {', '.join(sorted(known))}."
    return f"A replay has no option {name!r}; check the spelling. {hint}"


def _choice(name: str, value: object) -> str:
    if isinstance(value, str) and value in _CHOICES[name]:
        return value
    allowed = " or ".join(repr(choice) for choice in _CHOICES[name])
    raise ConfigurationError(f"{name}={value!r} is not possible; use {allowed}.")


def _on_error(name: str, value: object) -> str:
    if isinstance(value, str) and (value in ("stop", "skip_record") or _RETRY.match(value)):
        return value
    raise ConfigurationError(
        f"{name}={value!r} is not possible; use 'stop', 'skip_record', or 'retry(3)' with 1 to 99 tries."
    )


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigurationError(f"{name}={value!r} is not possible; use True or False.")


def _count(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ConfigurationError(f"{name}={value!r} is not possible; use an integer of at least 1.")


def _hops(name: str, value: object) -> int:
    hops = _count(name, value)
    if hops > MAX_HOPS_LIMIT:
        raise ConfigurationError(f"{name}={hops} is not possible; {MAX_HOPS_LIMIT} is the most that can be allowed.")
    return hops


def _rate(name: str, value: object) -> Fraction | None:
    if value is None:
        return None
    try:
        rate = Fraction(*value) if isinstance(value, (list, tuple)) else Fraction(str(value))
    except (ValueError, TypeError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0 or isinstance(value, bool):
        raise ConfigurationError(f"{name}={value!r} is no rate; use a number above 0, or None for no limit.")
    return rate


def _groups(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, Collection) and not isinstance(value, (str, bytes)) and all(isinstance(g, str) for g in value):
        return tuple(sorted(set(value)))
    what = "topics" if name == "brake_topics" else "consumer group ids"
    raise ConfigurationError(f"{name}={value!r} is not possible; give a list of {what}.")


def _names(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, Collection) and not isinstance(value, (str, bytes)) and all(isinstance(g, str) for g in value):
        return tuple(sorted(set(value)))
    raise ConfigurationError(f"{name}={value!r} is not possible; give a list of texts.")


def _schema_ids(name: str, value: object) -> str | tuple[tuple[int, int], ...] | None:
    if value is None or value == "keep":
        return None if value is None else "keep"
    if isinstance(value, Mapping):
        try:
            pairs = tuple(sorted((int(str(old)), int(str(new))) for old, new in value.items()))
        except ValueError:
            pairs = ((-1, -1),)
        if all(0 <= number < _SCHEMA_IDS for pair in pairs for number in pair):
            return pairs
    if isinstance(value, tuple):
        return _schema_ids(name, dict(value))
    raise ConfigurationError(f"{name}={value!r} is not possible; use 'keep', or new ids by old ones: {{17: 4}}.")


def _count_or_none(name: str, value: object) -> int | None:
    return None if value is None else _count(name, value)


_PARSERS: dict[str, Any] = {
    **dict.fromkeys(_CHOICES, _choice),
    "partitions": lambda _name, value: Partitions.parse(value),
    "records_per_s": _rate,
    "bytes_per_s": _rate,
    "on_error": _on_error,
    "max_records": _count,
    "max_bytes": _count,
    "max_hops": _hops,
    "accept_groups": _groups,
    "speed": _rate,
    "max_gap_ms": _count_or_none,
    "ramp_s": _count_or_none,
    "brake_groups": _groups,
    "brake_lag": _count_or_none,
    "brake_topics": _groups,
    "brake_growth": _count,
    "also": _names,
    "clean_headers": _names,
    "schema_ids": _schema_ids,
    **dict.fromkeys(
        (
            "skip_refused",
            "allow_same_topic",
            "create_target",
            "accept_uncommitted",
            "accept_expiry",
            "accept_repeats",
            "accept_cycle",
        ),
        _flag,
    ),
}


def choices() -> dict[str, tuple[str, ...]]:
    """Return the options that take one of some words, with the usual one first."""
    return {**_CHOICES, "partitions": _PARTITION_WORDS}
