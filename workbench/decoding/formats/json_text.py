"""JSON read exactly: numbers keep their text, of duplicate keys the last counts, depth does not matter."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in typeshed, part of the module since 2.6
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding.conventions.selectors import PathStep

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REGISTRY_PREFIX_BYTES = 5
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_SPACE = re.compile(r"[ \t\n\r]*")
_WORDS = {"true": True, "false": False, "null": None}


class JsonNumber(str):
    """The literal of a JSON number, never through a float."""

    __slots__ = ()


class _Missing:
    """What was not there; not null, which is a value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def read_body(data: bytes | None) -> Any:
    """Read a record's value; `MISSING` where it is no JSON.

    A byte order mark and a schema-registry prefix are stripped, and a Kafka Connect wrapper is opened.
    """
    if not data:
        return MISSING
    if data[0] == 0 and data[_REGISTRY_PREFIX_BYTES : _REGISTRY_PREFIX_BYTES + 1] == b"{":
        data = data[_REGISTRY_PREFIX_BYTES:]
    body = read_json(data.removeprefix(BYTE_ORDER_MARK))
    if isinstance(body, dict) and body.keys() == {"schema", "payload"}:
        return body["payload"]
    return body


def read_json(data: bytes | str) -> Any:
    """Read RFC 8259 text; `MISSING` for anything else."""
    try:
        text = data if isinstance(data, str) else data.decode()
        return json.loads(text, parse_float=JsonNumber, parse_int=JsonNumber, parse_constant=_refuse)
    except RecursionError:
        return _read_deep(text)
    except ValueError:
        return MISSING


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def walk(body: Any, steps: Sequence[PathStep]) -> list[Any]:
    """Values at a path: one or none, several where a step goes through an array."""
    found = [body]
    for step in steps:
        if isinstance(step, str):
            found = [item[step] for item in found if isinstance(item, dict) and step in item]
            continue
        items = [item for array in found if isinstance(array, list) for item in array]
        if step.member is not None:
            items = [item for item in items if isinstance(item, dict) and item.get(step.member) == step.equals]
        found = items
    return found


def scalar_text(value: Any) -> str | None:
    """Text of a JSON scalar; None for null, an empty text, an object or an array."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return None


def _read_deep(text: str) -> Any:
    """Read JSON without recursion, for values nested deeper than the interpreter's stack."""
    try:
        value, end = _parse(text, _skip(text, 0))
    except (ValueError, IndexError):
        return MISSING
    return value if end == len(text) else MISSING


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _parse(text: str, at: int) -> tuple[Any, int]:
    stack: list[tuple[Any, str]] = []
    while True:
        opened = text[at]
        if opened in "{[" and text[after := _skip(text, at + 1)] != ("}" if opened == "{" else "]"):
            container: Any = {} if opened == "{" else []
            key, at = _key(text, after) if opened == "{" else ("", after)
            stack.append((container, key))
            continue
        value, at = _leaf(text, at)
        while True:
            at = _skip(text, at)
            if not stack:
                return value, at
            container, key = stack.pop()
            if isinstance(container, dict):
                container[key] = value
            else:
                container.append(value)
            if text[at] == ",":
                key, at = _key(text, _skip(text, at + 1)) if isinstance(container, dict) else ("", _skip(text, at + 1))
                stack.append((container, key))
                break
            if text[at] != ("}" if isinstance(container, dict) else "]"):
                raise ValueError(f"neither a comma nor an end at {at}")
            value, at = container, at + 1


def _key(text: str, at: int) -> tuple[str, int]:
    if text[at] != '"':
        raise ValueError(f"no key at {at}")
    key, at = scanstring(text, at + 1, True)
    at = _skip(text, at)
    if text[at] != ":":
        raise ValueError(f"no colon at {at}")
    return key, _skip(text, at + 1)


def _leaf(text: str, at: int) -> tuple[Any, int]:
    """Read a scalar or an empty container."""
    if text[at] == '"':
        value, end = scanstring(text, at + 1, True)
        return value, end
    if text[at] in "{[":
        return ({} if text[at] == "{" else []), _skip(text, at + 1) + 1
    for word, value in _WORDS.items():
        if text.startswith(word, at):
            return value, at + len(word)
    number = _NUMBER.match(text, at)
    if number is None:
        raise ValueError(f"no value at {at}")
    return JsonNumber(number[0]), number.end()
