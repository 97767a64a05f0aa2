"""Reads and writes JSON bodies that are rewritten, so that nothing changes in them besides what is meant to."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

_REASON = "its value is no JSON text in UTF-8"


class NotRewritable(Exception):  # noqa: N818 - a finding about a record, and no fault
    """A record cannot be rewritten; the text says why."""


def read_body(value: bytes | None) -> Any:
    """Parse a body that is to be rewritten.

    Raises:
        NotRewritable: It is no JSON, or writing it again would change a number or lose a repeated member.
    """
    if value is None:
        raise NotRewritable("its value is null")
    try:
        return _READER.decode(value.decode())
    except (ValueError, RecursionError):
        raise NotRewritable(_REASON) from None


def write_body(tree: Any) -> bytes:
    """Write a body: UTF-8, no blanks, members in their order.

    Raises:
        NotRewritable: It holds what JSON cannot hold.
    """
    try:
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotRewritable(f"it cannot be written as JSON: {error}") from error


def _exact(text: str) -> float:
    number = float(text)
    if Decimal(text) != Decimal(repr(number)):
        raise NotRewritable("it holds a number that would not be written again exactly")
    return number


def _no_json(name: str) -> float:
    raise ValueError(name)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotRewritable("it has a member twice, which a new encoding would lose")
    return members


_READER = json.JSONDecoder(object_pairs_hook=_members, parse_float=_exact, parse_constant=_no_json)
"""Python's own limit on digits holds for integers, which are read whole; a fraction is one that a float gives back."""
