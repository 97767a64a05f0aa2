"""Operators of structural queries (docs/tracing.md 7.1): examples, both evaluations, what an answer says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from decoded_events import cause, event_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_graphs import graphs, naive_reach

from workbench.errors import ConfigurationError, QueryError
from workbench.tracing.graph import build_graph
from workbench.tracing.query import fields, query
from workbench.tracing.query.nested import NestedSets
from workbench.tracing.trace import Trace

EDGES = ["r1→a", "a→b", "b→c", "b→d", "r1→e", "e→f", "r2→g", "x→y", "c→j", "f→j"]
TIMES = {name: place for place, name in enumerate(["r1", "a", "b", "c", "j", "d", "e", "f", "r2", "g", "x", "y"])}
NUMBERS = {
    "r1": [1, 16, -1], "a": [2, 11, 1], "b": [3, 10, 2], "c": [4, 7, 3], "j": [5, 6, 4], "d": [8, 9, 3],
    "e": [12, 15, 1], "f": [13, 14, 12], "r2": [17, 20, -1], "g": [18, 19, 17], "x": [21, 24, -1], "y": [22, 23, 21],
}  # fmt: skip
VECTORS = [
    (["a"], ">>", ["c", "d", "f", "j"], ["c", "d", "j"]),
    (["e"], ">>", ["j"], ["j"]),
    (["b"], ">", None, ["c", "d"]),
    (["j"], "<<", None, ["a", "b", "c", "e", "f", "r1"]),
    (["c"], "~", None, ["d"]),
    (["j"], "<", None, ["c", "f"]),
    (["b"], "!>>", ["c", "f", "y"], ["f", "y"]),
    (["a"], "!>", ["b", "c", "y"], ["c", "y"]),
    (["a", "e"], "&>>", ["j", "y"], ["a", "e", "j"]),
    (["r1"], ">>", ["r1"], []),
    (["r1"], "~", ["r2"], []),
]


@pytest.fixture(scope="module")
def forest():
    causes: dict[str, list[str]] = {name: [] for name in TIMES}
    for edge in EDGES:
        before, after = edge.split("→")
        causes[after].append(before)
    causes["x"] = ["lost"]
    # The primary cause of j is the least by type: that of c.
    rows = [
        {
            "event_id": name,
            "t": place,
            "causes": causes[name],
            "cause_state": "declared" if causes[name] else "root",
            "event_type": "B" if name == "f" else "A",
            "correlation_id": "k2" if name in "r2g" else "k1" if name not in "xy" else None,
            "source": "shop",
        }
        for name, place in TIMES.items()
    ]
    return build_graph(event_table(rows))


def named(names):
    return "{}" if names is None else "{" + " || ".join(f'id = "{name}"' for name in names) + "}"


def ids(result):
    return sorted(result.graph.column("event_id").to_pylist())


@pytest.mark.parametrize(("left", "operator", "right", "expected"), VECTORS)
def test_the_operators_of_the_vector(forest, left, operator, right, expected):
    assert ids(query(forest, f"{named(left)} {operator} {named(right)}")) == expected


def test_nested_sets_number_the_primary_forest(forest):
    sets = NestedSets.of(forest)
    numbers = dict(
        zip(forest.column("event_id").to_pylist(), zip(sets.left, sets.right, sets.parent, strict=True), strict=True)
    )
    assert {name: [int(n) for n in numbers[name]] for name in NUMBERS} == NUMBERS
    sets = NestedSets.of(forest, "exclude")
    numbers = dict(
        zip(forest.column("event_id").to_pylist(), zip(sets.left, sets.right, sets.parent, strict=True), strict=True)
    )
    excluded = {name: [int(n) for n in numbers[name]] for name in ("r2", "x", "y")}
    assert excluded == {"r2": [17, 20, -1], "x": [0, 0, 0], "y": [0, 0, 0]}


def test_nested_sets_know_one_cause_only(forest):
    joins = {">>": (["e"], ["j"]), "<": (["j"], None)}
    assert ids(query(forest, f"{named(['e'])} >> {named(['j'])}", evaluation="nested")) == []
    assert ids(query(forest, f"{named(joins['<'][0])} < {{}}", evaluation="nested")) == ["c"]
    for left, operator, right, expected in VECTORS[2:3] + VECTORS[4:5] + VECTORS[6:8] + VECTORS[9:]:
        assert ids(query(forest, f"{named(left)} {operator} {named(right)}", evaluation="nested")) == expected


def test_orphans_that_are_left_out_match_no_positive_operator_and_every_negated_one(forest):
    def excluded(text):
        return ids(query(forest, text, evaluation="nested", orphans="exclude"))

    assert excluded('{id = "x"} > {}') == []
    assert excluded('{id = "x"} !> {id = "y"}') == ["y"]
    assert ids(query(forest, '{id = "x"} > {}', evaluation="nested")) == ["y"]


def graph_of(edges, count, **more):
    rows = [
        {
            "event_id": f"e{n}",
            "t": n,
            "causes": [f"e{c}" for c, e in edges if e == n],
            "event_type": f"T{n % 3}",
            **more,
        }
        for n in range(count)
    ]
    return build_graph(event_table(rows))


def by_definition(edges, count, left, right, operator):
    reached = {node: naive_reach(edges, node) for node in range(count)}
    causes = {node: {c for c, e in edges if e == node} for node in range(count)}
    tests = {
        ">>": lambda a, b: b in reached[a],
        "<<": lambda a, b: a in reached[b],
        ">": lambda a, b: a in causes[b],
        "<": lambda a, b: b in causes[a],
        "~": lambda a, b: bool(causes[a] & causes[b]),
    }
    return {b for b in right if any(a != b and tests[operator](a, b) for a in left)}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs, st.sampled_from([">>", "<<", ">", "<", "~"]), st.data())
def test_the_recursive_evaluation_equals_the_definition_on_any_graph(case, operator, data):
    count, edges = case
    graph = graph_of(edges, count)
    sets = [data.draw(st.lists(st.integers(0, count - 1), unique=True)) for _ in range(2)]
    left, right = (named([f"e{n}" for n in some]) if some else '{id = ""}' for some in sets)
    expected = by_definition(edges, count, *sets, operator)
    found = {int(name[1:]) for name in ids(query(graph, f"{left} {operator} {right}"))}
    assert found == expected
    negated = {int(name[1:]) for name in ids(query(graph, f"{left} !{operator} {right}"))}
    assert negated == set(sets[1]) - expected
    inverse = {">>": "<<", "<<": ">>", ">": "<", "<": ">", "~": "~"}[operator]
    both = {int(name[1:]) for name in ids(query(graph, f"{left} &{operator} {right}"))}
    assert both == expected | by_definition(edges, count, sets[1], sets[0], inverse)


trees = st.integers(1, 12).flatmap(
    lambda n: st.tuples(st.just(n), st.tuples(*(st.integers(-1, max(place - 1, -1)) for place in range(n))))
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees, st.sampled_from([">>", "<<", ">", "<", "~", "!>>", "&>>", "&~"]), st.data())
def test_both_evaluations_agree_where_each_event_has_one_cause(case, operator, data):
    count, parents = case
    graph = graph_of([(parent, node) for node, parent in enumerate(parents) if parent >= 0], count)
    sets = [data.draw(st.lists(st.integers(0, count - 1), unique=True)) for _ in range(2)]
    text = f" {operator} ".join(named([f"e{n}" for n in some]) if some else '{id = ""}' for some in sets)
    assert ids(query(graph, text)) == ids(query(graph, text, evaluation="nested"))


def test_a_cause_outside_the_snapshot_makes_siblings(forest):
    graph = build_graph(
        event_table([{"event_id": name, "causes": ["out"], "t": 1} for name in ("p", "q")] + [{"event_id": "s"}])
    )
    for evaluation in ("recursive", "nested"):
        assert ids(query(graph, '{id = "p"} ~ {}', evaluation=evaluation)) == ["q"]
    sets = NestedSets.of(graph)
    assert sorted(zip(sets.left.tolist(), sets.right.tolist(), sets.parent.tolist(), strict=True)) == [
        (1, 2, -1), (4, 5, 3), (6, 7, 3),
    ]  # fmt: skip
    excluded = NestedSets.of(graph, "exclude")
    assert (excluded.left.tolist(), excluded.parent.tolist()) == (sets.left.tolist(), sets.parent.tolist())


def test_links_are_followed_when_asked_for():
    rows = [
        {"event_id": "a", "t": 0},
        {"event_id": "b", "t": 1, "causes": [cause("t/0/0", target="position")]},
        {"event_id": "c", "t": 2, "causes": ["b"]},
        {"event_id": "h", "t": 3, "root_id": "a"},
    ]
    graph = build_graph(event_table(rows))
    assert ids(query(graph, '{id = "a"} >> {}')) == []
    assert ids(query(graph, '{id = "a"} ->> {}')) == ["b", "c", "h"]
    assert ids(query(graph, '{id = "c"} <<- {}')) == ["a", "b"]


def test_everything_one_cycle():
    graph = graph_of([(0, 1), (1, 2), (2, 0)], 3)
    assert ids(query(graph, '{id = "e0"} >> {}')) == ["e1", "e2"]
    assert ids(query(graph, "{} >> {}")) == ["e0", "e1", "e2"]
    assert len(query(graph, "{} ~ {}")) == 0


def test_a_search_for_a_failed_payment_reads_like_one():
    rows = [
        {"event_id": "a1", "t": 0, "event_type": "OrderPlaced", "correlation_id": "k1", "source": "shop"},
        {"event_id": "a2", "t": 90_000, "causes": ["a1"], "event_type": "PaymentFailed", "correlation_id": "k1"},
        {"event_id": "b1", "t": 5, "event_type": "OrderPlaced", "correlation_id": "k2", "source": "shop"},
        {"event_id": "b2", "t": 30, "causes": ["b1"], "event_type": "PaymentAccepted", "correlation_id": "k2"},
        {"event_id": "c1", "t": 40, "event_type": "PaymentFailed"},
    ]
    graph = build_graph(event_table(rows))
    failed = query(graph, '{type = "OrderPlaced"} >> {type = "PaymentFailed"}')
    assert ids(failed) == ["a2"]
    assert failed.frame[["type", "depth", "hop_us"]].to_dict("list") == {
        "type": ["PaymentFailed"], "depth": [1], "hop_us": [90_000],
    }  # fmt: skip
    assert [str(place) for place in failed.positions()] == ["t/0@1"]
    assert [str(place) for place in failed.root_positions()] == ["t/0@1"]
    assert failed.boundary() == (1, 0)
    assert "PaymentFailed" in repr(failed)
    assert "query {type" in failed.summary
    assert '"OrderPlaced"' not in failed.sql
    assert "OrderPlaced" in failed.parameters.values()
    assert ids(query(graph, '{type = "OrderPlaced"} !>> {type = "PaymentFailed"}')) == ["c1"]
    assert ids(query(graph, '{type = "OrderPlaced"} && {type =~ "Payment.*"} && {hop > 1ms}')) == ["a1", "a2"]
    assert ids(
        query(graph, '{kind = "inner" && since_root >= 90ms || root.type = "OrderPlaced" && t < "1970-01-01"}')
    ) == ["a2"]
    assert ids(query(graph, "{correlation = nil}")) == ["c1"]
    lacking = query(graph, '{correlation != "k1"}')
    assert (ids(lacking), lacking.missing) == (["b1", "b2"], {"correlation": 1})
    assert "1 event without correlation" in repr(lacking)


FIELDS = [
    ('type = "PA"', ["a2"]), ('id = "a2"', ["a2"]), ('source =~ "pa."', ["a2"]), ('topic = "t"', ["a1", "a2", "x"]),
    ("partition = 3", ["a2"]), ("offset >= 1", ["x"]), ('key = "o-17"', ["a2"]), ('tenant = "acme"', ["a2"]),
    ('environment = "dev"', ["a2"]), ('principal = "ann"', ["a2"]), ('correlation = "k1"', ["a1", "a2"]),
    (f'trace_id = "{"7" * 32}"', ["a2"]), ('t = "1970-01-01T00:00:00.005Z"', ["a2"]), ("hop = 5ms", ["a2"]),
    ("since_root >= 5ms", ["a2"]), ("depth = 1", ["a2"]), ("children = 1", ["a1"]), ('kind = "inner"', ["a2"]),
    ('kind = "origin"', ["a1"]), ('kind = "orphan"', ["x"]), ('root.type = "OP"', ["a1", "a2"]),
    ('root.source != "shop"', ["x"]), (".amount > 4", ["a2"]), ('.lines.state = "new"', ["a2"]),
    (".amount = nil", ["a1", "x"]), (".paid = true", ["a2"]), ("key != nil", ["a2"]),
    ('link_id = "other"', ["a2", "x"]),
]  # fmt: skip
"""The fields of section 7.3, each with a condition that tells events apart."""


@pytest.mark.parametrize(("condition", "expected"), FIELDS)
def test_each_field_of_the_language(condition, expected):
    context = {"trace_id": "7" * 32, "span_id": "1" * 16, "parent_span_id": None, "sampled": True, "via": "traceparent"}
    said = {"tenant": "acme", "environment": "dev", "principal": "ann", "trace": context, "partition": 3}
    said["link_ids"] = ["other"]
    rows = [
        {"event_id": "a1", "t": 0, "event_type": "OP", "source": "shop", "correlation_id": "k1", "cause_state": "root"},
        {"event_id": "a2", "t": 5_000, "causes": ["a1"], "event_type": "PA", "source": "pay", "correlation_id": "k1",
         **said},
        {"event_id": "x", "t": 9_000, "causes": ["gone"], "source": "bill", "link_ids": ["one", "other"]},
    ]  # fmt: skip
    payload = {".amount": "5", ".lines.state": '"new"', ".paid": "true"}

    def stored(graph, fields):
        texts = ["o-17" if field.name == "key" else payload[field.name] for field in fields]
        values = {
            str(at): [text if one == "a2" else None for one in graph.column("event_id").to_pylist()]
            for at, text in enumerate(texts)
        }
        return pa.table({name: pa.array(column, pa.string()) for name, column in values.items()})

    assert ids(query(build_graph(event_table(rows)), "{" + condition + "}", stored=stored)) == expected


LINKED = [
    ('link_id = "one"', ["b"]), ('link_id != "one"', ["a"]), ('link_id =~ "o.*r"', ["a", "b"]),
    ('link_id !~ "o.e"', ["a"]), ('link_id < "onf"', ["b"]), ("link_id = nil", ["c"]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), LINKED)
def test_an_event_can_have_several_link_ids_and_one_that_fits_is_enough(condition, expected):
    rows = [
        {"event_id": "a", "t": 0, "link_ids": ["other"]},
        {"event_id": "b", "t": 1, "link_ids": ["one", "other"]},
        {"event_id": "c", "t": 2},
    ]
    found = query(build_graph(event_table(rows)), f"{{{condition}}} | select(id, link_id)")
    assert ids(found) == expected
    assert ("one, other" in repr(found)) == ("b" in expected)


def test_every_field_of_the_language_is_tested():
    tested = {condition.split()[0] for condition, _ in FIELDS}
    assert {name for name in tested if not name.startswith(".")} == set(fields.FIELDS)


STAGES = [
    ("{} | count() >= 2", ["a", "b", "c", "d"]),
    ("{} | count() = 1", ["e"]),
    ("{} | by(type) | count() > 1", ["a", "b"]),
    ("{} | max(hop) >= 2ms", ["c", "d"]),
    ("{} | sum(children) > 1 | count() < 9", []),
    ('{} | min(t) > "1970-01-01T00:00:00.000002Z"', ["e"]),
]


@pytest.mark.parametrize(("text", "expected"), STAGES)
def test_stages_filter_traces_and_their_groups(text, expected):
    rows = [
        {"event_id": "a", "t": 0, "event_type": "A", "correlation_id": "k1"},
        {"event_id": "b", "t": 1_000, "causes": ["a"], "event_type": "A", "correlation_id": "k1"},
        {"event_id": "c", "t": 2, "event_type": "A", "correlation_id": "k2"},
        {"event_id": "d", "t": 2_002, "causes": ["c"], "event_type": "B", "correlation_id": "k2"},
        {"event_id": "e", "t": 9, "event_type": "B"},
    ]
    assert ids(query(build_graph(event_table(rows)), text)) == expected


def test_columns_are_selected(forest):
    result = query(forest, "{depth > 1} | select(type, root.type, hop, depth)")
    assert list(result.frame.columns) == ["type", "root.type", "hop_us", "depth"]
    assert len(result.frame) == len(result) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{hop > 5}", "hop is a duration"),
        ('{depth = "5"}', "depth is a number"),
        ("{type = 5}", "type is a text"),
        ("{type = 5ms}", "type is no duration"),
        ('{t > "yesterday"}', "t is a time"),
        ('{depth =~ "5"}', "depth is no text"),
        ('{type =~ "("}', "The query failed"),
        ('{key = "a"}', "ask the snapshot"),
        ("{.amount > 3}", "ask the snapshot"),
        ("{} | avg(type) > 3", "does not fit type"),
        ("{} | max(link_id) > 3", "does not fit link_id"),
        ("{link_id > 3}", "link_id is a text"),
        ("{} | sum(t) > 3", "does not fit t"),
        ("{} | count() > 3ms", "compared with a number"),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused(forest, text, message):
    with pytest.raises(QueryError, match=message):
        query(forest, text)


def test_options_are_checked(forest):
    with pytest.raises(QueryError, match="evaluation="):
        query(forest, "{}", evaluation="quick")
    with pytest.raises(QueryError, match="nested"):
        query(forest, "{}", orphans="exclude")


def test_an_empty_graph_has_an_empty_answer():
    result = query(build_graph(event_table([])), '{type = "A"} >> {} | count() > 0')
    assert len(result) == len(result.frame) == 0
    assert np.array_equal(result.positions(), ())
    assert "0 events" in repr(result)


def test_a_query_of_thousands_of_terms_is_answered_and_its_text_is_cut(forest):
    many = "{" + " || ".join(f'id = "{n}"' for n in range(5_000)) + ' || id = "j"}'
    found = query(forest, many)
    assert ids(found) == ["j"]
    assert len(repr(found).splitlines()[0]) < 400
    assert ids(query(forest, f"{{}} >> {many}")) == ["j"]


def test_a_regular_expression_ends_whatever_it_is(forest):
    assert len(query(forest, '{id =~ "(a+)+$"}')) == 1
    assert len(query(forest, '{id =~ "(.*a){30}b"}')) == 0


def test_hostile_texts_are_shown_as_texts():
    graph = build_graph(event_table([{"event_id": "<b>\x1b[31m", "event_type": "<script>"}]))
    result = query(graph, '{type = "<script>"}')
    assert "\x1b" not in repr(result)
    assert "<script>" not in result._repr_html_()


def test_a_graph_alone_gives_no_trace_and_a_trace_gives_one_that_can_be_asked_again(forest):
    with pytest.raises(ConfigurationError, match="Only a graph was asked"):
        _ = query(forest, "{}").trace
    found = Trace(forest).query('{id = "a"} >> {}')
    assert sorted(found.trace.frame["key"]) == ["b", "c", "d", "j"]
    assert list(found.trace.query("{depth = 0}").trace.frame["key"]) == ["b"]
    assert Trace(forest).flows().frame["events"].tolist() == [8, 2]
