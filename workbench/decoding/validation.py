"""Validates a value against a JSON schema or an Avro schema: every fault with its place."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from workbench.decoding.schema_patterns import Patterns, refuse_unbounded, with_bounded_patterns
from workbench.errors import ConfigurationError, MissingExtraError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbench.model.schemas import Schema

Fault = tuple[str, str]
"""Where in the value, as ``$.a[0].b``, and what is wrong there."""
FAULTS_LIMIT = 100
_MESSAGE_CHARACTERS = 300


def validate(value: Any, schema: Schema, referenced: Mapping[tuple[str, int], Schema] | None = None) -> list[Fault]:
    """Return the faults of a value, at most `FAULTS_LIMIT`; none when it is valid.

    Args:
        value: A value as JSON or Avro have it: mappings, lists, texts, numbers.
        schema: What it should be.
        referenced: Schemas that this one refers to, by subject and version.

    Raises:
        ConfigurationError: The schema cannot be used, or is of a type against which nothing is validated.
        MissingExtraError: It is an Avro schema, and the package that reads Avro is not installed.
    """
    validators = {"JSON": _json_faults, "AVRO": _avro_faults}
    if schema.type not in validators:
        raise ConfigurationError(
            f"Values are validated against JSON and AVRO schemas; schema {schema.id} is {schema.type}."
        )
    try:
        return [
            (place, visible(text, _MESSAGE_CHARACTERS))
            for place, text in validators[schema.type](value, schema, referenced or {})
        ]
    except RecursionError:
        return [("$", "the value or its schema is too deep to be validated")]


def _json_faults(value: Any, schema: Schema, referenced: Mapping[tuple[str, int], Schema]) -> Iterable[Fault]:
    return json_checker(schema, referenced)(value)


def json_checker(schema: Schema, referenced: Mapping[tuple[str, int], Schema]) -> Callable[[Any], list[Fault]]:
    """Return what finds the faults of values by a JSON schema, for many values.

    Raises:
        ConfigurationError: The schema cannot be used; the function may raise it, too.
    """
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry, Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    definition = _parsed(schema)
    named = [
        (one.name, Resource.from_contents(_parsed(other), default_specification=DRAFT202012))
        for holder in (schema, *referenced.values())
        for one in holder.references
        if (other := referenced.get((one.subject, one.version))) is not None
    ]
    # A registry of our own: without one, a reference to a URL would be fetched.
    checker = validator_for(definition)
    refuse_unbounded([definition, *(one.contents for _, one in named)], f"Schema {schema.id}")
    try:
        checker.check_schema(definition)
        searching = with_bounded_patterns(checker, Patterns(f"Schema {schema.id}"))
        validator = searching(definition, registry=Registry().with_resources(named))
    except SchemaError as error:
        raise ConfigurationError(
            f"Schema {schema.id} is no JSON schema: {visible(error.message, _MESSAGE_CHARACTERS)}."
        ) from None

    def faults(value: Any) -> list[Fault]:
        try:
            found = list(islice(validator.iter_errors(value), FAULTS_LIMIT))
        except Unresolvable as error:
            raise ConfigurationError(
                f"Schema {schema.id} refers to {visible(str(error.ref), 200)!r}, which is not there."
            ) from None
        return [(error.json_path, error.message) for error in found]

    return faults


def _avro_faults(value: Any, schema: Schema, referenced: Mapping[tuple[str, int], Schema]) -> Iterable[Fault]:
    try:
        from fastavro.schema import parse_schema
        from fastavro.validation import ValidationError as AvroError
        from fastavro.validation import validate as check
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("fastavro"):
            raise
        raise MissingExtraError("Validating against an Avro schema", package="fastavro", extra="avro") from error
    named: dict[str, Any] = {}
    try:
        # What is referred to comes before what refers to it, so that each name is known.
        for one in _in_order(schema, referenced):
            parse_schema(_parsed(one), named_schemas=named)
        parsed = parse_schema(_parsed(schema), named_schemas=named)
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - the schema is a stranger's, and fastavro raises of many kinds
        raise ConfigurationError(
            f"Schema {schema.id} is no Avro schema: {visible(str(error) or type(error).__name__, _MESSAGE_CHARACTERS)}."
        ) from None
    try:
        check(value, parsed, raise_errors=True, strict=True)
    except AvroError as error:
        return [_avro_fault(one, named) for one in error.errors[:FAULTS_LIMIT]]
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        return [("$", str(error) or type(error).__name__)]
    return []


def _avro_fault(error: Any, named: Iterable[str]) -> Fault:
    place = f".{getattr(error, 'field', '') or ''}."
    # fastavro also writes the name of each record on the way to a field.
    for name in sorted(named, key=len, reverse=True):
        place = place.replace(f".{name}.", ".")
    inside = place.strip(".")
    datum, kind = visible(repr(getattr(error, "datum", None)), 80), visible(str(getattr(error, "schema", "")), 120)
    return f"$.{inside}" if inside else "$", f"{datum} is no {kind}"


def _in_order(schema: Schema, referenced: Mapping[tuple[str, int], Schema]) -> list[Schema]:
    """Return what a schema needs, deepest first; a circle is followed once."""
    found: dict[tuple[str, int], Schema] = {}
    open_places: set[tuple[str, int]] = set()

    def visit(one: Schema) -> None:
        for reference in one.references:
            place = (reference.subject, reference.version)
            if place in open_places or place not in referenced:
                continue
            open_places.add(place)
            visit(referenced[place])
            found[place] = referenced[place]

    visit(schema)
    return list(found.values())


def _parsed(schema: Schema) -> Any:
    try:
        return json.loads(schema.text)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"Schema {schema.id} is no JSON, so nothing can be validated against it.") from None
