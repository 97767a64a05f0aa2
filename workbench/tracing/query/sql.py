"""Writes conditions and stages as SQL of DuckDB: values are bound, names are ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.errors import QueryError
from workbench.tracing.query.fields import FIELDS
from workbench.tracing.query.syntax import Comparison, Duration, Terms

if TYPE_CHECKING:
    from workbench.tracing.query.fields import Kind
    from workbench.tracing.query.syntax import Condition, Field, Value

_JOINS = {"&&": " AND ", "||": " OR "}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JSON_NUMBERS = "('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')"


def kind_of(field: Field) -> Kind:
    """Return the kind of a field."""
    return "json" if field.path else FIELDS[field.name]


class Names:
    """Gives columns and parameters their names; a field has one name in a query, whatever is in it."""

    def __init__(self) -> None:
        self.columns: dict[Field, str] = {}
        self.values: dict[str, Any] = {}

    def column(self, field: Field) -> str:
        """Return the name of a field's column."""
        return self.columns.setdefault(field, f"f{len(self.columns)}")

    def value(self, value: object) -> str:
        """Bind a value and return its place in the statement."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def condition_sql(condition: Condition, names: Names) -> str:
    """Write a condition; a comparison with a missing field is false, but for those with nil.

    Raises:
        QueryError: A value is of another kind than the field.
    """
    if isinstance(condition, Terms):
        return f"({_JOINS[condition.joining].join(condition_sql(term, names) for term in condition.terms)})"
    return f"coalesce({_comparison(condition, names)}, false)"


def _comparison(term: Comparison, names: Names) -> str:
    name, kind = names.column(term.field), kind_of(term.field)
    if term.value is None:
        missing = f"({name} IS NULL OR json_type({name}) = 'NULL')" if kind == "json" else f"{name} IS NULL"
        return missing if term.operator == "=" else f"NOT ({missing})"
    if kind == "texts":
        return _any_of(name, term, names)
    if term.operator in ("=~", "!~"):
        matched = f"regexp_full_match({_text_of(name, kind, term)}, {names.value(term.value)})"
        return matched if term.operator == "=~" else f"NOT {matched}"
    return f"{_operand(name, kind, term)} {term.operator} {names.value(plain(term.field, kind, term.value))}"


_NEGATED = {"!=": "=", "!~": "=~"}


def _any_of(name: str, term: Comparison, names: Names) -> str:
    """Compare each of several texts: one that fits is enough, and a negated comparison wants none."""
    operator = _NEGATED.get(term.operator, term.operator)
    value = names.value(plain(term.field, "text", term.value))
    fits = f"regexp_full_match(x, {value})" if operator == "=~" else f"x {operator} {value}"
    return f"len(list_filter({name}, lambda x: {fits})) {'= 0' if term.operator in _NEGATED else '> 0'}"


def _text_of(name: str, kind: Kind, term: Comparison) -> str:
    if kind == "json":
        return _json_text(name)
    if kind != "text":
        raise QueryError(f"{term.field.name} is no text, so {term.operator} does not fit it.")
    return name


def _operand(name: str, kind: Kind, term: Comparison) -> str:
    if kind != "json":
        return name
    if isinstance(term.value, bool):
        return f"CASE WHEN json_type({name}) = 'BOOLEAN' THEN CAST({name} AS BOOLEAN) END"
    if isinstance(term.value, str):
        return _json_text(name)
    return json_number(name)


def _json_text(name: str) -> str:
    return f"CASE WHEN json_type({name}) = 'VARCHAR' THEN {name} ->> '$' END"


def json_number(name: str) -> str:
    """Write the number that a JSON value is, null for any other value."""
    return f"CASE WHEN json_type({name}) IN {_JSON_NUMBERS} THEN CAST({name} AS DOUBLE) END"


def plain(field: Field, kind: Kind, value: Value) -> object:
    """Return a value as it is compared: microseconds for durations and times.

    Raises:
        QueryError: It is of another kind than the field.
    """
    if kind == "duration":
        if isinstance(value, Duration):
            return value.us
        if value == 0 and not isinstance(value, bool):
            return 0
        raise QueryError(f"{field.name} is a duration; give one with its unit, such as 5ms, 2s or 1m, not {value!r}.")
    if kind == "time":
        return _moment(field, value)
    if isinstance(value, Duration):
        raise QueryError(f"{field.name} is no duration, so it cannot be compared with one.")
    fits = {"text": isinstance(value, str), "number": isinstance(value, int | float) and not isinstance(value, bool)}
    if not fits.get(kind, True):
        raise QueryError(f"{field.name} is a {kind}; {value!r} is none.")
    return value


def _moment(field: Field, value: Value) -> int:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise QueryError(f'{field.name} is a time; write it as "2026-11-23T10:00:00Z".') from None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
