"""JSON patches (RFC 6902) of records: checked when they are given, applied to bodies when records are planned."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonpatch
import jsonpointer

from workbench.errors import ConfigurationError
from workbench.replay.rewriting.header_patches import HEADERS, check_header_operation, is_header_path
from workbench.replay.rewriting.json_body import NotRewritable

if TYPE_CHECKING:
    from collections.abc import Sequence

Operations: TypeAlias = "Sequence[dict[str, Any]]"
"""The operations of one patch, as RFC 6902 writes them."""

_PYTHON_TYPE = re.compile(r" \(<class '[^']*'>\)")
"""What jsonpatch says about values in addition."""
_FAULTS = (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueError, RecursionError)


def check_patch(operations: Any) -> list[dict[str, Any]]:
    """Return the operations of a patch.

    Raises:
        ConfigurationError: It is no JSON patch.
    """
    if not isinstance(operations, (list, tuple)) or not all(isinstance(one, dict) for one in operations):
        raise ConfigurationError("A JSON patch is a list of operations: [{'op': 'replace', 'path': '/a', 'value': 1}].")
    try:
        # Parsing checks each operation and its pointer, without a document.
        plain = json.loads(json.dumps(list(operations), allow_nan=False))
        jsonpatch.JsonPatch(plain)
    except _FAULTS as error:
        raise ConfigurationError(f"It is no JSON patch (RFC 6902): {error}") from error
    found: list[dict[str, Any]] = plain
    for operation in found:
        check_header_operation(operation)
    return found


def apply_patch(tree: Any, operations: Operations) -> Any:
    """Return a body with a patch applied; the one given stays as it is.

    Raises:
        NotRewritable: An operation names what the body does not have, or a test fails.
    """
    try:
        return jsonpatch.JsonPatch(list(operations)).apply(tree)
    except _FAULTS as error:
        raise NotRewritable(f"the patch does not apply: {_PYTHON_TYPE.sub('', str(error))}") from error


def patch_between(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return the operations that make one body of another; none where they are equal.

    Raises:
        NotRewritable: The second one holds what JSON cannot hold.
    """
    try:
        plain = json.loads(json.dumps(after, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise NotRewritable(f"it cannot be written as JSON: {error}") from error
    if type(before) is not type(plain) or not isinstance(plain, (dict, list)):
        same = type(before) is type(plain) and before == plain
        return [] if same else [{"op": "replace", "path": "", "value": plain}]
    found: list[dict[str, Any]] = jsonpatch.make_patch(before, plain).patch
    if any(is_header_path(one["path"]) or is_header_path(one.get("from")) for one in found):
        raise NotRewritable(f"its body has a member {HEADERS[1:]}, the name by which a patch means headers")
    return found
