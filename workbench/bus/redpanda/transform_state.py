"""What a broker says about deployed transforms, read strictly from its JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.errors import TransformError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

Status: TypeAlias = Literal["running", "inactive", "errored", "unknown"]
_STATUSES: tuple[Status, ...] = ("running", "inactive", "errored", "unknown")


@dataclass(frozen=True, slots=True)
class PartitionState:
    """The state of a transform on one input partition."""

    partition: int
    status: Status
    """``inactive`` is paused; ``unknown`` also stands for a word that this version does not know."""
    lag: int
    """Records of the partition that it has not transformed yet."""
    node_id: int


@dataclass(frozen=True, slots=True)
class DeployedTransform:
    """A deployed transform."""

    name: str
    input_topic: str
    output_topics: tuple[str, ...]
    partitions: tuple[PartitionState, ...] = ()
    """Ordered by partition."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables; kept out of ``repr``, because people keep secrets in them."""
    compression: str = ""

    @property
    def running(self) -> bool:
        """Whether it runs on every partition that the broker names; false where it names none."""
        return bool(self.partitions) and all(one.status == "running" for one in self.partitions)


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """How far a transform has committed on one partition."""

    transform: str
    partition: int
    offset: int


def read_transforms(answer: Any) -> list[DeployedTransform]:
    """Read the list of transforms.

    Raises:
        TransformError: The answer does not have this form; the message says where.
    """
    return [_transform(one, f"[{index}]") for index, one in enumerate(_list(answer, "the answer"))]


def read_committed_offsets(answer: Any) -> list[CommittedOffset]:
    """Read committed offsets.

    Raises:
        TransformError: The answer does not have this form.
    """
    return [
        CommittedOffset(
            _text(one, "transform_name", f"[{index}]"),
            _number(one, "partition", f"[{index}]"),
            _number(one, "offset", f"[{index}]"),
        )
        for index, one in enumerate(_list(answer, "the answer"))
    ]


def _transform(one: Any, where: str) -> DeployedTransform:
    outputs = _list(_member(one, "output_topics", where), f"{where}.output_topics")
    if not all(isinstance(topic, str) for topic in outputs):
        raise _fault(f"{where}.output_topics", "texts", outputs)
    states = _list(one.get("status", []), f"{where}.status")
    variables = _list(one.get("environment", []), f"{where}.environment")
    compression = one.get("compression", "")
    return DeployedTransform(
        _text(one, "name", where),
        _text(one, "input_topic", where),
        tuple(outputs),
        tuple(
            sorted(
                (_state(state, f"{where}.status[{index}]") for index, state in enumerate(states)),
                key=lambda state: (state.partition, state.node_id),
            )
        ),
        {
            _text(variable, "key", f"{where}.environment[{index}]"): _text(
                variable, "value", f"{where}.environment[{index}]"
            )
            for index, variable in enumerate(variables)
        },
        compression if isinstance(compression, str) else "",
    )


def _state(one: Any, where: str) -> PartitionState:
    word = _text(one, "status", where)
    status: Status = next((known for known in _STATUSES if known == word), "unknown")
    return PartitionState(
        _number(one, "partition", where), status, _number(one, "lag", where), _number(one, "node_id", where)
    )


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _fault(where, "a list", value)
    return value


def _member(value: Any, name: str, where: str) -> Any:
    if not isinstance(value, dict):
        raise _fault(where, "an object", value)
    if name not in value:
        raise _fault(where, f"an object with {name!r}", sorted(value))
    return value[name]


def _text(value: Any, name: str, where: str) -> str:
    found = _member(value, name, where)
    if not isinstance(found, str):
        raise _fault(f"{where}.{name}", "a text", found)
    return found


def _number(value: Any, name: str, where: str) -> int:
    found = _member(value, name, where)
    if isinstance(found, bool) or not isinstance(found, int):
        raise _fault(f"{where}.{name}", "a whole number", found)
    return found


def _fault(where: str, wanted: str, found: Any) -> TransformError:
    return TransformError(
        f"The answer of the Admin API cannot be read: {where} should be {wanted}, and is {visible(repr(found), 80)}. "
        "Check that admin_url leads to a Redpanda broker.",
        name="",
        stage="list",
    )
