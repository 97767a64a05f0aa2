"""JSON nested deeper than the interpreter's stack, read without recursion and refused in Python's own words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in typeshed, part of the module since 2.6
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_CLOSING = {"{": "}", "[": "]"}


@dataclass(slots=True)
class _Container:
    """An object or array whose end was not read yet."""

    opening: str
    members: Any
    read_to: int
    """Where its last whole member ends; behind its bracket, while it has none."""
    key: str = ""

    def add(self, value: Any, end: int) -> None:
        if self.opening == "{":
            self.members[self.key] = value
        else:
            self.members.append(value)
        self.read_to = end


def parse_deep(text: str, decoder: json.JSONDecoder) -> Any:
    """Read JSON of any depth as a decoder reads it, and refuse as it does: how deep its caller stands changes nothing.

    Raises:
        ValueError: It is no JSON; the message says where.
    """
    value, end = _read(text, decoder)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _read(text: str, decoder: json.JSONDecoder) -> tuple[Any, int]:
    containers: list[_Container] = []
    at = _skip(text, 0)
    while True:
        opening = text[at : at + 1]
        if opening in _CLOSING and not text.startswith(_CLOSING[opening], inside := _skip(text, at + 1)):
            containers.append(_Container(opening, {} if opening == "{" else [], at + 1))
            at = _member(text, inside, containers[-1], decoder)
            continue
        value, at = decoder.raw_decode(text, at)  # a scalar or an empty container: no recursion
        while containers:
            innermost = containers[-1]
            innermost.add(value, at)
            at = _skip(text, at)
            if text[at : at + 1] == ",":
                at = _member(text, _skip(text, at + 1), innermost, decoder)
                break
            if text[at : at + 1] != _CLOSING[innermost.opening]:
                raise _fault(text, innermost, decoder)
            value, at = containers.pop().members, at + 1
        else:
            return value, _skip(text, at)


def _member(text: str, at: int, container: _Container, decoder: json.JSONDecoder) -> int:
    """Read what stands before the value of a member; return where the value begins."""
    if container.opening == "[":
        return at
    if text[at : at + 1] != '"':
        raise _fault(text, container, decoder)
    container.key, at = scanstring(text, at + 1, True)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise _fault(text, container, decoder)
    return _skip(text, at + 1)


def _fault(text: str, container: _Container, decoder: json.JSONDecoder) -> json.JSONDecodeError:
    """Return what the decoder says of a container, given one member in place of those that were read.

    The words are not written here, because they differ between versions of Python.
    """
    before = container.opening
    if container.members:
        before += '"":""' if container.opening == "{" else '""'
    try:
        decoder.raw_decode(before + text[container.read_to :])
    except json.JSONDecodeError as error:
        words, place = error.msg, container.read_to + error.pos - len(before)
    return json.JSONDecodeError(words, text, place)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
