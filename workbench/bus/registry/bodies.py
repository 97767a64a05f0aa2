"""Writes a schema as a registry takes it, after checks that need no registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from workbench.errors import ValidationError
from workbench.model.schemas import SchemaType
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.schemas import SchemaReference

_PROTOBUF_KEYS = {"proto", "references"}


def schema_body(
    definition: str | Mapping[str, Any] | Sequence[Any], schema_type: SchemaType, references: Sequence[SchemaReference]
) -> dict[str, Any]:
    """Write the body of a request that brings a schema.

    Args:
        definition: The schema's text, or for JSON and AVRO its JSON value; for PROTOBUF also ``{"proto": text}``.
        schema_type: ``JSON``, ``AVRO`` or ``PROTOBUF``.
        references: Schemas that it imports.

    Raises:
        ValidationError: The type is unknown, or the definition is no schema of it.
    """
    if schema_type not in get_args(SchemaType):
        kinds = ", ".join(get_args(SchemaType))
        raise ValidationError(f"{visible(str(schema_type), 40)!r} is no type of schemas; there are {kinds}.")
    text = _proto_text(definition) if schema_type == "PROTOBUF" else _json_text(definition, schema_type, references)
    body: dict[str, Any] = {"schema": text, "schemaType": schema_type}
    named = [{"name": one.name, "subject": one.subject, "version": one.version} for one in references]
    if schema_type == "PROTOBUF" and not named and not isinstance(definition, str):
        named = list(dict(definition).get("references") or [])  # type: ignore[arg-type]  # checked by _proto_text
    if named:
        body["references"] = named
    return body


def _proto_text(definition: Any) -> str:
    if isinstance(definition, str):
        return definition
    if not isinstance(definition, dict) or not isinstance(definition.get("proto"), str):
        raise ValidationError('A PROTOBUF schema is the text of a .proto file, or {"proto": "that text"}.')
    if others := definition.keys() - _PROTOBUF_KEYS:
        raise ValidationError(f'A PROTOBUF schema has "proto" and "references", and not {min(map(str, others))!r}.')
    return str(definition["proto"])


def _json_text(definition: Any, schema_type: SchemaType, references: Sequence[SchemaReference]) -> str:
    """Return the text as given, or JSON without blanks in the order of the keys: registries compare texts."""
    if isinstance(definition, str):
        try:
            value = json.loads(definition)
        except (ValueError, RecursionError) as error:
            if schema_type == "AVRO" and definition.isidentifier():
                return json.dumps(definition)
            raise ValidationError(f"The {schema_type} schema is no JSON: {error}.") from None
        text = definition
    else:
        value = definition
        try:
            text = json.dumps(definition, sort_keys=False, separators=(",", ":"), ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValidationError(f"The {schema_type} schema cannot be written as JSON: {error}.") from None
    if schema_type == "JSON":
        _check_json_schema(value)
    elif not references:
        _check_avro_schema(value)
    return text


def _check_avro_schema(value: Any) -> None:
    """Refuse what is no Avro schema, where the package that reads Avro is installed; else the registry decides."""
    try:
        from fastavro.schema import SchemaParseException, UnknownType, parse_schema
    except ImportError:
        return
    try:
        parse_schema(value)
    except UnknownType as error:
        raise ValidationError(
            f"It is no Avro schema: the type {visible(str(error.name), 100)!r} is unknown. A schema that another "
            "subject holds is named in references."
        ) from None
    except (SchemaParseException, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValidationError(f"It is no Avro schema: {visible(str(error) or type(error).__name__, 200)}.") from None


def _check_json_schema(value: Any) -> None:
    """Refuse what is no schema of the draft that it declares."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    if not isinstance(value, dict | bool):
        raise ValidationError("A JSON schema is a JSON object, or true or false.")
    try:
        # A schema of an unknown draft is checked as one of the newest.
        validator_for(value).check_schema(value)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "the schema"
        raise ValidationError(
            f"It is no JSON schema: at {visible(place, 100)}: {visible(error.message, 200)}."
        ) from None
    except RecursionError:
        raise ValidationError("The JSON schema is too deep to be checked.") from None
