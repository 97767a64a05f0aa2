"""Searches with the regular expressions of JSON schemas in bounded time: schema and value may be those of strangers.

RE2 needs a time that grows with the text only. What it has not, look-around and back references, is left to Python's
engine in a process of its own, which is ended when it takes too long.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.text import duration_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError

SECONDS = 2.0
"""Longest time that all searches of Python's engine for one value take together."""
_FOUND, _NOT_FOUND = 0, 1
_SEARCH = f"""
import json, re, sys
pattern, text = json.load(sys.stdin)
sys.exit({_FOUND} if re.search(pattern, text) else {_NOT_FOUND})
"""


class Patterns:
    """Searches for one validation.

    Args:
        name: How errors call the schema.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._left_s = SECONDS
        self._known: dict[tuple[str, str], bool] = {}

    def found(self, pattern: str, text: str) -> bool:
        """Tell whether a pattern occurs in a text.

        Raises:
            ConfigurationError: It is no pattern, or takes too long.
        """
        compiled = _compiled(pattern)
        if compiled is not None:
            return compiled.search(text.encode("utf-8", "replace").decode()) is not None
        if (pattern, text) not in self._known:
            self._known[pattern, text] = self._by_python(pattern, text)
        return self._known[pattern, text]

    def _by_python(self, pattern: str, text: str) -> bool:
        began = time.monotonic()
        try:
            done = subprocess.run(  # noqa: S603 - our own words; pattern and text are its input
                [sys.executable, "-I", "-S", "-c", _SEARCH],
                input=json.dumps([pattern, text]),
                capture_output=True,
                text=True,
                timeout=max(self._left_s, 0.0),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ConfigurationError(
                f"{self._name} has patterns such as {visible(pattern, 100)!r}, which take longer than "
                f"{duration_text(SECONDS, 's')} for this value. Without look-around and back references a pattern "
                "takes no time worth mentioning."
            ) from None
        finally:
            self._left_s -= time.monotonic() - began
        if done.returncode not in (_FOUND, _NOT_FOUND) or done.stderr:
            raise ConfigurationError(f"{self._name} has {visible(pattern, 100)!r}, which is no regular expression.")
        return done.returncode == _FOUND


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> Any:
    """Compile RE2 syntax; None for what is none."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError):
        return None


def with_bounded_patterns(checker: Any, patterns: Patterns) -> Any:
    """Return a validator class like this one of jsonschema, whose keywords search by `Patterns`.

    ``unevaluatedProperties`` of jsonschema searches by itself; see `refuse_unbounded`.
    """
    from jsonschema.validators import extend

    keywords = _Keywords(patterns)
    own = {
        "pattern": keywords.pattern,
        "patternProperties": keywords.pattern_properties,
        "additionalProperties": keywords.additional_properties,
    }
    bounded = extend(checker, {name: one for name, one in own.items() if name in checker.VALIDATORS})
    plain_evolve = bounded.evolve

    def evolve(self: Any, **changes: Any) -> Any:
        # A part of a schema may name another draft, and the class of that one searches by itself.
        made = plain_evolve(self, **changes)
        if type(made) is bounded:
            return made
        values = {one.alias: getattr(made, one.name) for one in type(made).__attrs_attrs__ if one.init}
        return with_bounded_patterns(type(made), patterns)(**values)

    bounded.evolve = evolve
    return bounded


class _Keywords:
    """Keywords as jsonschema calls them: with validator, value of the keyword, instance and schema."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns

    def pattern(self, validator: Any, wanted: str, instance: Any, _: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "string") and not self._patterns.found(wanted, instance):
            yield _error(f"{instance!r} does not match {wanted!r}")

    def pattern_properties(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "object"):
            for text, below in wanted.items():
                for name in [name for name in instance if self._patterns.found(text, name)]:
                    yield from validator.descend(instance[name], below, path=name, schema_path=text)

    def additional_properties(
        self, validator: Any, wanted: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if not validator.is_type(instance, "object"):
            return
        extras = self._extras(instance, schema.get("properties", {}), schema.get("patternProperties", {}))
        if validator.is_type(wanted, "object"):
            for name in extras:
                yield from validator.descend(instance[name], wanted, path=name)
        elif not wanted and extras:
            listed, verb = ", ".join(repr(name) for name in sorted(extras)), "was" if len(extras) == 1 else "were"
            yield _error(f"Additional properties are not allowed ({listed} {verb} unexpected)")

    def _extras(self, instance: Any, named: Any, texts: Any) -> list[str]:
        return [
            name for name in instance if name not in named and not any(self._patterns.found(one, name) for one in texts)
        ]


def _error(message: str) -> ValidationError:
    from jsonschema.exceptions import ValidationError

    return ValidationError(message)


def refuse_unbounded(definition: Any, name: str) -> None:
    """Refuse a schema in which ``unevaluatedProperties`` would search with patterns of its own.

    Raises:
        ConfigurationError: It has both keywords.
    """
    waiting, found = [definition], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found |= {"patternProperties", "unevaluatedProperties"} & one.keys()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    if len(found) > 1:
        raise ConfigurationError(
            f"{name} has patternProperties and unevaluatedProperties; values are validated against schemas that have "
            "one of them, because both together cannot be searched in bounded time."
        )
