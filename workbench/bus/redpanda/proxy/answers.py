"""Reads the answers of an HTTP proxy. It is a foreign server, so nothing of an answer is taken on trust."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from workbench.bus.redpanda.proxy.records import FetchedRecord, PartitionResult
from workbench.errors import HttpProxyError
from workbench.model.records.record import TopicPartition
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.bus.redpanda.proxy.records import Format

_LARGEST_OFFSET = 2**63 - 1
_SHOWN = 80


def names(answer: Any) -> list[str]:
    """Read a list of names."""
    return [_text(one, "a name") for one in _list(answer, "a list of names")]


def brokers(answer: Any) -> list[int]:
    """Read the node ids of the brokers."""
    return [_number(one, "a node id") for one in _list(_member(answer, "brokers"), "a list of node ids")]


def partition_results(answer: Any) -> tuple[PartitionResult, ...]:
    """Read the entries of a request that wrote records, by partition; each partition has one."""
    found = sorted(map(_result, _list(_member(answer, "offsets"), "a list of offsets")), key=lambda one: one.partition)
    numbers = [one.partition for one in found]
    if len(set(numbers)) != len(numbers):
        raise _unexpected("two entries for one partition")
    return tuple(found)


def fetched(answer: Any, form: Format) -> list[FetchedRecord]:
    """Read records."""
    read = _bytes if form == "binary" else _as_it_is
    return [
        FetchedRecord(
            _text(_member(one, "topic"), "a topic"),
            _number(_member(one, "partition"), "a partition"),
            _number(_member(one, "offset"), "an offset"),
            read(one.get("key")),
            read(one.get("value")),
        )
        for one in _list(answer, "a list of records")
    ]


def columns(answer: Any, topic: str, partition: int, start: int) -> tuple[list[int], list[Any], list[Any]]:
    """Read records of one partition in binary format as offsets, keys and values; offsets ascend from ``start``."""
    offsets: list[int] = []
    keys: list[Any] = []
    values: list[Any] = []
    before = start - 1
    for one in _list(answer, "a list of records"):
        offset = _number(_member(one, "offset"), "an offset")
        if one.get("topic") != topic or one.get("partition") != partition or offset <= before:
            raise _unexpected(f"a record at {offset}, which is none that was asked for")
        before = offset
        offsets.append(offset)
        keys.append(_bytes(one.get("key")))
        values.append(_bytes(one.get("value")))
    return offsets, keys, values


def instance(answer: Any) -> tuple[str, str]:
    """Read the name of a consumer instance and its base URL."""
    return (
        _text(_member(answer, "instance_id"), "a name"),
        _text(_member(answer, "base_uri"), "a URL").rstrip("/"),
    )


def committed(answer: Any) -> dict[TopicPartition, int | None]:
    """Read committed offsets; None stands for a partition without one."""
    found: dict[TopicPartition, int | None] = {}
    for one in _list(_member(answer, "offsets"), "a list of offsets"):
        place = TopicPartition(_text(_member(one, "topic"), "a topic"), _number(_member(one, "partition"), "a number"))
        offset = _member(one, "offset")
        found[place] = None if offset == -1 else _number(offset, "an offset")
    return found


def _result(one: Any) -> PartitionResult:
    partition = _number(_member(one, "partition"), "a partition")
    code = one.get("error_code") or 0
    if isinstance(code, bool) or not isinstance(code, int):
        raise _unexpected(f"{visible(str(code), _SHOWN)!r} where an error code belongs")
    if not code:
        return PartitionResult(partition, _number(_member(one, "offset"), "an offset"))
    # Here, because most answers hold no error, and the client library takes long to import.
    from workbench.bus.kafka.wire.codes import name_of

    return PartitionResult(partition, None, code, name_of(code))


def _bytes(part: Any) -> bytes | None:
    if part is None:
        return None
    try:
        return binascii.a2b_base64(part, strict_mode=True)
    except (TypeError, ValueError):
        raise _unexpected(f"{visible(str(part), _SHOWN)!r} where base64 belongs") from None


_as_it_is: Callable[[Any], Any] = lambda part: part  # noqa: E731 - the twin of _bytes


def _number(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_OFFSET:
        raise _unexpected(f"{visible(str(value), _SHOWN)!r} where {what} belongs")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise _unexpected(f"{visible(str(value), _SHOWN)!r} where {what} belongs")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _unexpected(f"{visible(str(value), _SHOWN)!r} where {what} belongs")
    return value


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise _unexpected(f"{visible(str(value), _SHOWN)!r} where an object belongs")
    if name not in value:
        raise _unexpected(f"an object without {name!r}")
    return value[name]


def _unexpected(what: str) -> HttpProxyError:
    return HttpProxyError(
        f"The HTTP proxy answers with {what}. Check that http_proxy_url is that of Redpanda's HTTP proxy.",
        status=200,
    )
