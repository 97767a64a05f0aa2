"""Reads the language of structural queries (`docs/tracing.md` 7.3).

```
query  = expr { "|" stage }              expr = and { "||" and }              and = rel { "&&" rel }
rel    = set { relop set }               set  = "{" [ cond ] "}" | "(" expr ")"
cond   = all { "||" all }                all  = term { "&&" term }            term = "(" cond ")" | field op value
stage  = count() op n | min|max|avg|sum(field) op value | by(field) | select(field, …)
```
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn, TypeVar

from workbench.errors import QueryError
from workbench.text import counted, number_text, visible
from workbench.tracing.query.fields import FIELDS
from workbench.tracing.query.syntax import (
    AGGREGATES,
    COMPARISONS,
    Aggregate,
    Combined,
    Comparison,
    Condition,
    Duration,
    EventSet,
    Expression,
    Field,
    GroupBy,
    Query,
    Relation,
    Select,
    Stage,
    Terms,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.query.syntax import Joining

_Part = TypeVar("_Part")

MOST_CHARACTERS = 100_000
_DEEPEST = 100

_RELATION = re.compile(r"(?P<links>->>|<<-)|(?P<negated>!)?(?P<both>&)?(?P<operator>>>|<<|>|<|~)")
_NUMBER = re.compile(r"(?P<digits>-?\d+(?:\.\d+)?)(?P<unit>us|µs|ms|s|m|h|d)?(?![\w.])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_][A-Za-z_0-9]*)?")
_PATH = re.compile(r'\.(?:[A-Za-z_0-9@$:-]+|"(?:[^"\\]|\\.)*")')
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPACE = re.compile(r"\s*")
_UNIT_US = {"us": 1, "µs": 1, "ms": 1_000, "s": 10**6, "m": 60 * 10**6, "h": 3_600 * 10**6, "d": 86_400 * 10**6}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "nil": None}
_ORDERED = ("<", "<=", ">", ">=")


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        QueryError: It is no query; the message says where, and what was expected there.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(
            f"The query has {counted(len(text), 'character')}; at most {number_text(MOST_CHARACTERS)} are read.",
            query="",
        )
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        expression = self._expression()
        stages = []
        while self._take("|"):
            stages.append(self._stage())
        if self._rest():
            self._fail("an operator (>>, <<, >, <, ~, &&, ||), a stage (| count() > 1) or the end")
        return Query(expression, tuple(stages))

    def _expression(self) -> Expression:
        return self._joined("||", lambda: self._joined("&&", self._relations, Combined), Combined)

    def _joined(
        self, joining: Joining, part: Callable[[], _Part], combine: Callable[[Joining, tuple[_Part, ...]], _Part]
    ) -> _Part:
        parts = [part()]
        while self._take(joining):
            parts.append(part())
        return parts[0] if len(parts) == 1 else combine(joining, tuple(parts))

    def _relations(self) -> Expression:
        left = self._set()
        relations = 0
        while (found := self._match(_RELATION, unless=("&&",))) is not None:
            relations += 1
            if relations > _DEEPEST:
                self._fail(f"at most {_DEEPEST} relations in a row", found.start())
            links = found["links"]
            operator = {"->>": ">>", "<<-": "<<"}[links] if links else found["operator"]
            if found["negated"] and found["both"]:
                self._fail("either ! or & before a relation, not both", found.start())
            left = Relation(left, self._set(), operator, bool(found["negated"]), bool(found["both"]), bool(links))
        return left

    def _set(self) -> Expression:
        if self._take("("):
            with_in = self._nested(self._expression)
            self._need(")")
            return with_in
        if not self._take("{"):
            self._fail('a set of events, such as {type = "OrderPlaced"}')
        if self._take("}"):
            return EventSet()
        condition = self._condition()
        self._need("}")
        return EventSet(condition)

    def _condition(self) -> Condition:
        return self._joined("||", lambda: self._joined("&&", self._term, Terms), Terms)

    def _term(self) -> Condition:
        if self._take("("):
            condition = self._nested(self._condition)
            self._need(")")
            return condition
        field = self._field()
        operator = self._operator()
        return Comparison(field, operator, self._value(operator))

    def _nested(self, part: Callable[[], _Part]) -> _Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"at most {_DEEPEST} nested parentheses")
        result = part()
        self._depth -= 1
        return result

    def _field(self) -> Field:
        self._rest()
        start = self._at
        steps = []
        while (step := _PATH.match(self._text, self._at)) is not None:
            name = step.group()[1:]
            steps.append(self._decoded(name) if name.startswith('"') else name)
            self._at = step.end()
        if steps:
            return Field(self._text[start : self._at], tuple(steps))
        found = self._match(_NAME)
        if found is None:
            self._fail("a field, such as type, or a path into the payload, such as .amount")
        if found.group() not in FIELDS:
            self._at = found.start()
            self._fail(f"a field: {', '.join(FIELDS)}, or .path.into.payload")
        return Field(found.group())

    def _operator(self) -> str:
        for operator in COMPARISONS:
            if self._take(operator):
                return operator
        return self._fail(f"a comparison: {' '.join(COMPARISONS)}")

    def _value(self, operator: str) -> Value:
        self._rest()
        start = self._at
        value = self._any_value()
        if operator in ("=~", "!~") and not isinstance(value, str):
            self._fail("a regular expression in quotes", start)
        if operator in _ORDERED and (value is None or isinstance(value, bool)):
            self._fail("a number, a text or a duration", start)
        return value

    def _any_value(self) -> Value:
        if (text := self._match(_TEXT)) is not None:
            return self._decoded(text.group())
        if (number := self._match(_NUMBER)) is not None:
            digits = number["digits"]
            amount = float(digits) if "." in digits else int(digits)
            return Duration(round(amount * _UNIT_US[number["unit"]])) if number["unit"] else amount
        if (word := self._match(_NAME)) is not None:
            if word.group() in _WORDS:
                return _WORDS[word.group()]
            self._at = word.start()
        return self._fail('a value: "text", 5, 5ms (us ms s m h d), true, false or nil')

    def _decoded(self, quoted: str) -> str:
        try:
            return str(json.loads(quoted, strict=False))
        except ValueError:
            return self._fail("a text with JSON's escapes")

    def _stage(self) -> Stage:
        word = self._match(_NAME)
        name = word.group() if word is not None else ""
        if name not in (*AGGREGATES, "by", "select"):
            self._fail("a stage: count() > 1, min(hop), max, avg, sum, by(type) or select(type, hop)")
        self._need("(")
        fields = []
        if not self._take(")"):
            fields.append(self._field())
            while self._take(","):
                fields.append(self._field())
            self._need(")")
        if name == "select" and fields:
            return Select(tuple(fields))
        if len(fields) != (0 if name == "count" else 1):
            self._fail(f"{name}({'' if name == 'count' else 'field'})")
        if name == "by":
            return GroupBy(fields[0])
        operator = self._operator()
        if operator in ("=~", "!~"):
            self._fail("a comparison of numbers")
        return Aggregate(name, fields[0] if fields else None, operator, self._value(operator))

    def _rest(self) -> str:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space is not None else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, word: str) -> bool:
        self._rest()
        here = self._text.startswith(word, self._at)
        if here and not (word == "|" and self._text.startswith("||", self._at)):
            self._at += len(word)
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            self._fail(repr(word))

    def _match(self, pattern: re.Pattern[str], unless: tuple[str, ...] = ()) -> re.Match[str] | None:
        self._rest()
        if self._text.startswith(unless, self._at) if unless else False:
            return None
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _fail(self, expected: str, at: int | None = None) -> NoReturn:
        place = self._at if at is None else at
        before, after = self._text[max(place - 30, 0) : place], self._text[place : place + 30]
        where = "at the end" if not after else f"at character {place + 1}"
        raise QueryError(
            f"The query cannot be read {where}: expected {expected}. {visible(before)} ⟨here⟩ {visible(after)}",
            query=self._text,
        )
