"""Body shapes of ONEX as conventions, and what its topic names say.

Two generations are read side by side. A body shape is recognised by marker members, tested in the order of
`onex_conventions`; each field comes from the body if it has one, else from the header.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.decoding.conventions.convention import Convention
from workbench.decoding.conventions.selectors import (
    CauseSelector,
    Condition,
    RootRule,
    Selector,
    parse_condition,
    parse_selector,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "onex"
VERSION = "2"
"""Changes whenever the meaning of a decoded row does."""

_PREFIX = r"(?:[a-z][a-z0-9-]{0,31}\.)?"
_ALIAS = rf"topic:{_PREFIX}onex\.(?:evt|cmd|intent|dlq|snapshot)\.([a-z0-9-]+\.[a-z0-9._-]+)\.v[1-9]\d*"
_ENVIRONMENTS = "dev|staging|prod|test|local"
_ENVIRONMENT = (rf"topic:({_ENVIRONMENTS})\.(?:onex\..+|[a-z0-9_-]+\.(?:events|commands|intents)\.v\d+)",)
_OLD_TOPIC = rf"topic:({_PREFIX}onex\.[a-z0-9_-]+\.(?:events|commands|intents|snapshots|[a-z0-9_-]+\.[a-z0-9_-]+\.v1))"
_TOPICS = (_ALIAS, _OLD_TOPIC)
_HEADERS = ("header:message_id", "header:event_type", "header:schema_version")
_CAUSE_HEADER = "header:parent_message_id"


@dataclass(frozen=True, slots=True)
class _Shape:
    """One row of the table of body shapes; an empty text means that the body has no such field."""

    dialect: str
    markers: tuple[str, ...]
    """Members that must have a value; ``?`` after a name lets it be null, ``{}`` asks for an object."""
    event_id: str = ""
    correlation_id: str = "correlation_id"
    causes: tuple[str, ...] = ()
    event_type: tuple[str, ...] = ("header:event_type",)
    source: tuple[str, ...] = ("header:source",)
    event_time: str = ""
    environment: str = ""
    tenant: str = ""
    principal: str = ""
    none: tuple[str, ...] = ()
    marked: bool = True
    """False: the members alone prove nothing; ONEX headers or an ONEX topic must be there too."""
    root: bool = False
    extra: tuple[str, ...] = ()
    """Further conditions."""


_EVENT_ENVELOPE = _Shape(
    "event_envelope",
    ("envelope_id", "payload?"),
    event_id="envelope_id",
    causes=("parent_envelope_id", "causation_id", "metadata.tags.causation_id", "payload.causation_id"),
    event_type=("value:event_type", "value:metadata.tags.event_type", "header:event_type"),
    source=("value:source_tool", "value:producer", "header:source"),
    event_time="envelope_timestamp",
    tenant="tenant_id",
    principal="security_context.user_id",
)
_WITH_PARENTS = replace(
    _EVENT_ENVELOPE,
    markers=(*_EVENT_ENVELOPE.markers, "parent_envelope_id?"),
    root=True,
)
"""From version 2.2 on an envelope names its parent, so that one without a parent starts a flow."""
_SHAPES = (
    _Shape("dlq", ("original_topic", "original_message{}"), event_time="failure_timestamp"),
    _Shape(
        "dlq_mirror",
        ("original_topic", "error_type", "message_key?"),
        none=("original_message",),
        event_type=("const:dlq-message",),
        event_time="timestamp",
    ),
    _Shape(
        "quarantine",
        ("quarantine_correlation_id",),
        correlation_id="original_correlation_id",
        event_type=("const:quarantine",),
        source=("value:quarantined_by", "header:source"),
        event_time="quarantined_at",
    ),
    _Shape(
        "gateway",
        ("wire_topic", "canonical_topic"),
        event_id="envelope_id",
        causes=("causation_id",),
        event_type=("value:event_type", "header:event_type"),
        tenant="tenant_id",
    ),
    _Shape(
        "onex_envelope",
        ("envelope_id", "source_node", "operation"),
        event_id="envelope_id",
        causes=("causation_id",),
        event_type=("value:operation", "header:event_type"),
        source=("value:source_node", "header:source"),
        event_time="timestamp",
    ),
    replace(_WITH_PARENTS, extra=("value:envelope_version.major ~ [3-9]|[1-9][0-9]+",)),
    replace(
        _WITH_PARENTS,
        extra=("value:envelope_version.major ~ 2", "value:envelope_version.minor ~ [2-9]|[1-9][0-9]+"),
    ),
    _EVENT_ENVELOPE,
    _Shape(
        "message_envelope",
        ("realm", "runtime_id", "bus_id"),
        correlation_id="",
        causes=("causality_id",),
        source=("value:emitter_identity.service", "value:runtime_id", "header:source"),
        event_time="emitted_at",
        environment="realm",
        tenant="tenant_id",
    ),
    _Shape(
        "model_envelope",
        ("message_id", "entity_id", "emitted_at"),
        event_id="message_id",
        causes=("causation_id",),
        event_time="emitted_at",
        root=True,
    ),
    _Shape(
        "minimal_v1",
        ("event_id", "data_provenance?"),
        event_id="event_id",
        causes=("causation_id",),
        event_type=("value:event_type", "header:event_type"),
        event_time="timestamp",
    ),
    _Shape("control", ("command", "payload?"), correlation_id=""),
    _Shape(
        "cli",
        ("requested_by", "correlation_id", "timestamp"),
        source=("value:requested_by", "header:source"),
        event_time="timestamp",
        marked=False,
    ),
    _Shape(
        "spec",
        ("event_id", "event_type", "source", "timestamp", "payload?"),
        event_id="event_id",
        causes=("causation_id",),
        event_type=("value:event_type", "header:event_type"),
        source=("value:source", "header:source"),
        event_time="timestamp",
        marked=False,
    ),
    _Shape("hook", ("emitted_at",), causes=("causation_id",), event_time="emitted_at", marked=False),
    _Shape("headers_only", (), correlation_id=""),
)
_EXTRA_CONDITIONS = {
    "control": ("header:event_type ~ broadcast|group_command",),
    "hook": (("value:correlation_id", "value:causation_id"),),
    "headers_only": _HEADERS,
}
_NO_HEADERS = frozenset({"dlq_mirror"})


def onex_conventions() -> tuple[Convention, ...]:
    """One convention per body shape, in the order in which they are tested.

    A shape that needs ONEX headers or an ONEX topic stands here twice, once with each of the two conditions.
    """
    conventions: list[Convention] = []
    for shape in _SHAPES:
        if shape.marked:
            conventions.append(_convention(shape, ()))
        else:
            conventions += [_convention(shape, tuple((text,) for text in _HEADERS)), _convention(shape, (_TOPICS,))]
    return tuple(conventions)


def _convention(shape: _Shape, proof: tuple[tuple[str, ...], ...]) -> Convention:
    extra = [(text,) if isinstance(text, str) else text for text in _EXTRA_CONDITIONS.get(shape.dialect, ())]
    conditions: list[tuple[Condition, ...]] = [(_marker(name),) for name in shape.markers]
    conditions += [(parse_condition(text),) for text in shape.extra]
    conditions += [tuple(parse_condition(text) for text in group) for group in (*extra, *proof)]
    headers = shape.dialect not in _NO_HEADERS
    fields = {
        "event_id": _places(shape.event_id, "header:message_id" if headers else ""),
        "correlation_id": _places(shape.correlation_id, "header:correlation_id" if headers else ""),
        "event_type": _selectors((*shape.event_type, _ALIAS)),
        "source": _selectors(shape.source if headers else ()),
        "event_time": _places(shape.event_time, "header:timestamp" if headers else ""),
        "environment": _selectors((f"value:{shape.environment}",) if shape.environment else _ENVIRONMENT),
        "tenant": _places(shape.tenant),
        "principal": _places(shape.principal),
    }
    causes = (*((_CAUSE_HEADER,) if headers else ()), *(f"value:{path}" for path in shape.causes))
    return Convention(
        name=NAME,
        strength=3,
        all=tuple(conditions),
        none=tuple(parse_condition(f"value:{name}") for name in shape.none),
        fields={name: selectors for name, selectors in fields.items() if selectors},
        causes=tuple((CauseSelector(parse_selector(text)),) for text in causes),
        root=RootRule("null_cause") if shape.root else RootRule(),
        time="rfc3339_or_utc",
        dialect=shape.dialect,
        version=VERSION,
    )


def _marker(name: str) -> Condition:
    if name.endswith("?"):
        return Condition(parse_selector(f"value:{name[:-1]}"), test="exists")
    if name.endswith("{}"):
        return Condition(parse_selector(f"value:{name[:-2]}"), test="object")
    return Condition(parse_selector(f"value:{name}"))


def _places(path: str, header: str = "") -> tuple[Selector, ...]:
    return _selectors((f"value:{path}" if path else "", header))


def _selectors(texts: Iterable[str]) -> tuple[Selector, ...]:
    return tuple(parse_selector(text) for text in texts if text)
