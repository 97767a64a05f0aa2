"""Names the rights (ACLs) that an act takes, in plans and in the errors of brokers that refuse it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.errors import AuthenticationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.acts.act import ActName
    from workbench.model.topics import TopicInfo

Operation: TypeAlias = Literal["Read", "Write", "Create", "Delete", "Alter", "AlterConfigs", "Describe"]
Resource: TypeAlias = Literal["topic", "group"]

_TAKES: Mapping[ActName, tuple[Operation, Resource]] = {
    "create_topic": ("Create", "topic"),
    "add_partitions": ("Alter", "topic"),
    "change_config": ("AlterConfigs", "topic"),
    "delete_records": ("Delete", "topic"),
    "delete_topic": ("Delete", "topic"),
    "produce": ("Write", "topic"),
    "reset_offsets": ("Read", "group"),
    "delete_group": ("Delete", "group"),
}


def missing_right(info: TopicInfo, action: ActName) -> list[str]:
    """Return why an act on a topic will be refused, where the broker says which rights this user has."""
    operation, _ = _TAKES[action]
    return [] if info.rights is None or operation in info.rights else [_missing(operation, "topic", info.name)]


def no_right_to_read(info: TopicInfo) -> list[str]:
    """Return why a group's offsets in a topic cannot be changed: that takes the right to read it, too."""
    return [] if info.readable else [_missing("Read", "topic", info.name)]


@contextmanager
def planning_rights(given: Mapping[str, Any]) -> Iterator[None]:
    """Name the right that is missing where a broker does not even show what an act would change."""
    resource: Resource = "group" if "group" in given else "topic"
    with _named("Describe", resource, str(given.get(resource, "")), "Nothing was planned"):
        yield


@contextmanager
def acting_rights(action: ActName, target: str) -> Iterator[None]:
    """Name the right that is missing where a broker refuses an act."""
    operation, resource = _TAKES[action]
    with _named(operation, resource, target, "Nothing was changed"):
        yield


@contextmanager
def _named(operation: Operation, resource: Resource, name: str, outcome: str) -> Iterator[None]:
    try:
        yield
    except AuthenticationError as error:
        why = visible(str(error.__cause__ or error), 400).rstrip(".")
        raise AuthenticationError(
            f"The broker refused it ({why}): {_missing(operation, resource, name)}. {outcome}.",
            mechanism=error.mechanism,
        ) from error


def _missing(operation: Operation, resource: Resource, name: str) -> str:
    shown = visible(name, 200)
    return (
        f"this user lacks the ACL {operation} on {resource} {shown}; ask for it "
        f"(kafka-acls --add --allow-principal User:… --operation {operation} --{resource} {shown}), "
        "or use another profile"
    )
