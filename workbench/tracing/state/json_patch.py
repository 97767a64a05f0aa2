"""Difference of two JSON values as a JSON Patch (RFC 6902): members one by one, arrays as a whole."""

from __future__ import annotations

from typing import Any

from workbench.tracing.tables import json_text


def json_patch(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return the operations that make one value of another, sorted by path."""
    found: list[dict[str, Any]] = []
    try:
        _compare(before, after, "", found)
    except RecursionError:
        # No JSON: an object that holds itself, or is nested without end.
        return [{"op": "replace", "path": "", "value": after}]
    return sorted(found, key=lambda operation: str(operation["path"]))


def differs(before: Any, after: Any) -> bool:
    """Tell whether two states differ; those that cannot be compared, such as arrays of numpy, by their texts."""
    try:
        return bool(before != after)
    except (ValueError, TypeError, RecursionError):
        return json_text(before) != json_text(after)


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
    elif differs(before, after) or isinstance(before, bool) != isinstance(after, bool):
        found.append({"op": "replace", "path": path, "value": after})
