"""Difference of two JSON values as a JSON Patch (RFC 6902): members one by one, arrays as a whole."""

from __future__ import annotations

from typing import Any


def json_patch(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return the operations that make one value of another, sorted by path."""
    found: list[dict[str, Any]] = []
    _compare(before, after, "", found)
    return sorted(found, key=lambda operation: str(operation["path"]))


def _compare(before: Any, after: Any, path: str, found: list[dict[str, Any]]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            inner = f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"
            if name not in after:
                found.append({"op": "remove", "path": inner})
            elif name not in before:
                found.append({"op": "add", "path": inner, "value": after[name]})
            else:
                _compare(before[name], after[name], inner, found)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        found.append({"op": "replace", "path": path, "value": after})
