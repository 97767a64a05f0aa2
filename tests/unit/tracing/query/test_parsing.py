"""The language of structural queries: what is read, and what is said of what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import QueryError
from workbench.tracing.query.parsing import MOST_CHARACTERS, parse
from workbench.tracing.query.syntax import (
    Aggregate,
    Combined,
    Comparison,
    Duration,
    EventSet,
    Field,
    GroupBy,
    Relation,
    Select,
    Terms,
)


def equal(name, value):
    return Comparison(Field(name), "=", value)


A, B, C = (EventSet(equal("id", name)) for name in "abc")
SHORT = {"A": '{id = "a"}', "B": '{id="b"}', "C": '{ id = "c" }'}


def read(text):
    for short, whole in SHORT.items():
        text = text.replace(short, whole)
    return parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", EventSet()),
        ("A >> B", Relation(A, B, ">>")),
        ("A>>B<<C", Relation(Relation(A, B, ">>"), C, "<<")),
        ("A > (B ~ C)", Relation(A, Relation(B, C, "~"), ">")),
        ("A !>> B", Relation(A, B, ">>", negated=True)),
        ("A &< B", Relation(A, B, "<", both=True)),
        ("A ->> B <<- C", Relation(Relation(A, B, ">>", links=True), C, "<<", links=True)),
        ("A && B || C", Combined("||", (Combined("&&", (A, B)), C))),
        ("A > B && C", Combined("&&", (Relation(A, B, ">"), C))),
        ("(A || B) && C", Combined("&&", (Combined("||", (A, B)), C))),
    ],
)
def test_expressions(text, expected):
    assert read(text).expression == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("depth=5", equal("depth", 5)),
        ("depth = -5.5", equal("depth", -5.5)),
        ("hop > 5ms", Comparison(Field("hop"), ">", Duration(5_000))),
        ("hop <= 1.5s", Comparison(Field("hop"), "<=", Duration(1_500_000))),
        ("hop != 2m", Comparison(Field("hop"), "!=", Duration(120_000_000))),
        ('type =~ "a.*\\""', Comparison(Field("type"), "=~", 'a.*"')),
        ('type !~ "ü\\u00fc"', Comparison(Field("type"), "!~", "üü")),
        ("root.type = nil", equal("root.type", None)),
        ('.a.b-c."d e" = true', Comparison(Field('.a.b-c."d e"', ("a", "b-c", "d e")), "=", True)),
        (
            'type="a" && id="b" || id="c"',
            Terms("||", (Terms("&&", (equal("type", "a"), equal("id", "b"))), equal("id", "c"))),
        ),
        (
            '(type="a" || id="b") && id="c"',
            Terms("&&", (Terms("||", (equal("type", "a"), equal("id", "b"))), equal("id", "c"))),
        ),
    ],
)
def test_conditions(condition, expected):
    assert parse("{" + condition + "}").expression == EventSet(expected)


def test_stages():
    found = parse("{} | by(type) | count() > 2 | avg(hop) >= 5ms | select(type, .a.b)").stages
    assert found == (
        GroupBy(Field("type")),
        Aggregate("count", None, ">", 2),
        Aggregate("avg", Field("hop"), ">=", Duration(5_000)),
        Select((Field("type"), Field(".a.b", ("a", "b")))),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at the end: expected a set of events"),
        ("{", "at the end: expected a field"),
        ("{typ = 1}", "at character 2: expected a field: type, id"),
        ("{type}", "at character 6: expected a comparison"),
        ("{type = }", "at character 9: expected a value"),
        ("{type = abc}", "expected a value"),
        ("{type = 5x}", "expected a value"),
        ('{type = "a}', "expected a value"),
        ('{type = "\\q"}', "JSON's escapes"),
        ("{type =~ 5}", "regular expression in quotes"),
        ("{type > nil}", "a number, a text or a duration"),
        ("{} >>", "at the end: expected a set"),
        ("{} !&>> {}", "either ! or & before a relation"),
        ("{} {}", "at character 4: expected an operator"),
        ("({}", r"expected '\)'"),
        ("{} | median(hop) > 3", "expected a stage"),
        ("{} | count(hop) > 3", r"expected count\(\)"),
        ("{} | avg() > 3ms", r"expected avg\(field\)"),
        ("{} | select()", r"expected select\(field\)"),
        ("{} | count() =~ 3", "a comparison of numbers"),
        (" >> ".join(["{}"] * 200), "at most 100 relations in a row"),
        ("(" * 200 + "{}" + ")" * 200, "at most 100 nested"),
        ("{" + "(" * 200 + "depth=1" + ")" * 200 + "}", "at most 100 nested"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, message):
    with pytest.raises(QueryError, match=message):
        parse(text)


def test_very_long_queries_are_refused():
    with pytest.raises(QueryError, match="characters"):
        parse("{}" + " " * MOST_CHARACTERS)


@given(st.one_of(st.text(), st.text(alphabet='{}()|&><~!-=".abtype 5msnil,\\', max_size=40)))
def test_any_text_is_a_query_or_an_error(text):
    try:
        parse(text)
    except QueryError as error:
        assert error.query == text  # noqa: PT017 - an error is only one of two outcomes
