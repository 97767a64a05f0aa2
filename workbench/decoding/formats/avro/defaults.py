"""Writes the default of a reader's field, which stands in the schema as JSON, as such a value is written when read."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.schema_error import SchemaError

if TYPE_CHECKING:
    from workbench.decoding.formats.avro.place import Place


def default_text(place: Place, default: Any) -> bytes:
    """Return the JSON of a default. Of a union it is a value of the first branch that takes it.

    Raises:
        SchemaError: The default is none of this type.
    """
    return json.dumps(_value(place, default)).encode()


def _value(place: Place, default: Any) -> Any:
    match place.kind:
        case "union":
            return _of_union(place, default)
        case "record":
            fields = place.definition["fields"]
            return {one["name"]: _value(place.below(one["type"]), _of_field(one, default)) for one in fields}
        case "array":
            return [_value(place.below(place.definition["items"]), item) for item in default]
        case "map":
            return {key: _value(place.below(place.definition["values"]), item) for key, item in default.items()}
        case "bytes" | "fixed":
            return base64.b64encode(default.encode("latin-1")).decode()
    return default


def _of_field(field: dict[str, Any], default: Any) -> Any:
    if field["name"] in default:
        return default[field["name"]]
    if "default" not in field:
        raise SchemaError(f"the default of a record has no {field['name']}")
    return field["default"]


def _of_union(place: Place, default: Any) -> Any:
    branches = [place.below(branch) for branch in place.definition]
    if default is None and any(branch.kind == "null" for branch in branches):
        return None
    return _value(next(branch for branch in branches if branch.kind != "null"), default)
