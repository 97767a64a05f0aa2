"""Dead letters that say in their body what they are copies of: where they say it, and how one is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.provenance import Found, integer, position_number
from workbench.decoding.formats.json import read_json
from workbench.decoding.ids import canonical_id
from workbench.decoding.value_tree import MISSING, scalar_text
from workbench.model.events.envelope import Cause, EventError, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LAYERS = 16
"""Layers that are opened; a body nested deeper is read as if its innermost layer were the original."""
MARKERS = ("<no_value>", "<decode_failed>", "<non-serializable>", "<unreadable_value>")
"""What stands in the place of a value that could not be copied."""
_REDACTION_NOTE = re.compile(r"redacted[\])}>.]*\s*\Z", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class LetterShape:
    """Where in its body a dead letter names its original record.

    Paths are member names with dots; empty ones are absent.

    Attributes:
        via: Names the writer in results.
        dialect: Dialect that is written so; None for all.
        inside: An object without which the body is no dead letter.
        topic, partition, offset: The position of the original.
        type, message, attempts, stage: The error.
        content: The copied value, which may be a marker.
        reason: A text that ends with a note where the value was redacted.
        redacted: A member that is not empty where the value was redacted.
        message_id: The id of the original, which is a cause.
        lossy: Whether the copy is not exact, so that it cannot be replayed as it was.
        position_first: Whether the original is the first cause; otherwise the declared causes come before it.
        nested: Whether the copied value may be a dead letter of the same shape: a text of JSON or an object.
    """

    via: str
    dialect: str | None = None
    inside: str = ""
    topic: str = ""
    partition: str = ""
    offset: str = ""
    type: str = ""
    message: str = ""
    attempts: str = ""
    stage: str = ""
    content: str = ""
    reason: str = ""
    redacted: str = ""
    message_id: str = ""
    lossy: bool = False
    position_first: bool = False
    nested: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths, the empty ones included."""
        position = (self.inside, self.topic, self.partition, self.offset)
        error = (self.type, self.message, self.attempts, self.stage)
        return (*position, *error, self.content, self.container, self.reason, self.redacted, self.message_id)

    @property
    def container(self) -> str:
        """The object that holds the copied value; empty where that is the body."""
        return self.content.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The parts of a dead letter that its body names."""

    found: Found
    depth: int | None = None
    """Layers of a dead letter that was dead-lettered again."""
    root: str | None = None
    """Position of the innermost original, from the second layer on."""
    original: Cause | None = None
    """The original message as a cause by id, where the body names it."""
    inner_correlation: str | None = None
    """Correlation id inside the copied value."""
    position_first: bool = False


@dataclass(slots=True)
class _Layers:
    """Layers that were opened."""

    innermost: Mapping[str, Any]
    depth: int = 1
    problems: set[str] = field(default_factory=set)


def read_letter(shape: LetterShape, body: Mapping[str, Any]) -> DeadLetter | None:
    """Read the body of a dead letter; None where it names nothing."""
    if shape.inside and not isinstance(_at(body, shape.inside), dict):
        return None
    problems: set[str] = {"lossy_copy"} if shape.lossy else set()
    origin = _origin(shape, body, problems)
    error = _error(shape, body)
    layers = _open_layers(shape, body)
    problems |= layers.problems
    if not shape.position_first and not (origin or error or problems):
        return None
    found = Found(origin, error, frozenset(problems))
    if not shape.nested:
        return DeadLetter(found, position_first=shape.position_first)
    root = _origin(shape, layers.innermost, set()) if layers.depth > 1 else None
    content = read_json(_text(layers.innermost, shape.content) or "")
    correlation = _text(content, "correlation_id") if isinstance(content, dict) else None
    message_id = _text(body, shape.message_id)
    return DeadLetter(
        found,
        layers.depth,
        None if root is None else root.position,
        None if message_id is None else Cause("event_id", canonical_id(message_id), f"value:{shape.message_id}"),
        None if correlation is None else canonical_id(correlation),
        shape.position_first,
    )


def _open_layers(shape: LetterShape, body: Mapping[str, Any]) -> _Layers:
    layers = _Layers(body)
    layers.problems |= _content_problems(shape, body)
    while shape.nested and layers.depth < MAX_LAYERS and (inner := _inner(shape, layers.innermost)) is not None:
        layers.innermost, layers.depth = inner, layers.depth + 1
        layers.problems |= _content_problems(shape, inner)
    return layers


def _inner(shape: LetterShape, layer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    value = _at(layer, shape.content)
    inner = read_json(value) if isinstance(value, str) else value
    if not isinstance(inner, dict) or _at(inner, shape.topic) is MISSING:
        return None
    return inner if isinstance(_at(inner, shape.container), dict) else None


def _origin(shape: LetterShape, body: Mapping[str, Any], problems: set[str]) -> Origin | None:
    """Read a position; unreadable numbers go to ``problems``."""
    values: dict[str, Any] = {"topic": _text(body, shape.topic)}
    for name, path in (("partition", shape.partition), ("offset", shape.offset)):
        text = _text(body, path)
        values[name] = None if text is None else position_number(name, text, problems)
    return Origin(**values, via=shape.via) if any(value is not None for value in values.values()) else None


def _error(shape: LetterShape, body: Mapping[str, Any]) -> EventError | None:
    kind, message, stage = (_text(body, path) for path in (shape.type, shape.message, shape.stage))
    attempts = integer("attempts", _text(body, shape.attempts))
    if kind is None and message is None and stage is None and attempts is None:
        return None
    return EventError(kind, message, stage, attempts)


def _content_problems(shape: LetterShape, body: Mapping[str, Any]) -> set[str]:
    problems: set[str] = set()
    content, reason, redacted = (_at(body, path) for path in (shape.content, shape.reason, shape.redacted))
    if isinstance(content, str) and content in MARKERS:
        problems.add("marker_body")
    if (redacted is not MISSING and redacted) or (isinstance(reason, str) and _REDACTION_NOTE.search(reason)):
        problems.add("redacted")
    return problems


def _at(tree: Any, path: str) -> Any:
    """Return the value at a path; `MISSING` where there is none."""
    if not path:
        return MISSING
    for name in path.split("."):
        if not isinstance(tree, dict) or name not in tree:
            return MISSING
        tree = tree[name]
    return tree


def _text(tree: Any, path: str) -> str | None:
    """Return the text of a scalar; lone surrogates, which UTF-8 cannot hold, are escaped."""
    text = scalar_text(_at(tree, path))
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()
