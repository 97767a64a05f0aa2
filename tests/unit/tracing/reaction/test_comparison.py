"""The pairing and the checks of a reaction, on the flow of the specification and on small changes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from traces import graph_of

from workbench.tracing.order.profile import timing_profile
from workbench.tracing.reaction.comparison import ReactionInput, compare_reaction, is_complete
from workbench.tracing.reaction.expectation import expected_wait
from workbench.tracing.reaction.pairing import pair_events
from workbench.tracing.reaction.reaction import ReactionCheck

ORIGINAL = [
    ("a1", 0, [], "OP"), ("a3", 80, ["a1"], "SR"), ("a2", 120, ["a1"], "PA"), ("a5", 200, ["a2"], "IS"),
    ("a4", 300, ["a2", "a3"], "SC"),
]  # fmt: skip
REPLAYED = [
    ("r1", 0, [], "OP"), ("r2", 150, ["r1"], "PA"), ("r3", 155, ["r1"], "PA"), ("r4", 240, ["r2"], "IS"),
    ("r5", 70, ["r1"], "SR"),
]  # fmt: skip


def graph(events, correlation="k1", **changes):
    rows = [
        {"event_id": name, "t": at, "causes": causes, "event_type": kind, "correlation_id": correlation,
         **({"cause_state": "root"} if not causes else {}), **changes.get(name, {})}
        for name, at, causes, kind in events
    ]  # fmt: skip
    return graph_of(*rows).data


def number(found, key):
    return found.column("event_id").to_pylist().index(key)


def reaction(original, replayed, sent=("a1", "r1"), **options):
    pair = {number(original, sent[0]): number(replayed, sent[1])}
    given = ReactionInput(original, replayed, pair, lambda _: "n1", timing_profile(original), **options)
    return given, compare_reaction(given)


def results(found):
    return {check.name: check.status for check in found.checks}


def test_the_flow_of_the_specification():
    original, replayed = graph(ORIGINAL), graph(REPLAYED, "n1")
    pairing = pair_events(original, replayed, {number(original, "a1"): number(replayed, "r1")})
    names = [one.column("event_id").to_pylist() for one in (original, replayed)]
    assert sorted((names[0][a], names[1][b]) for a, b in pairing.pairs) == [
        ("a1", "r1"), ("a2", "r2"), ("a3", "r5"), ("a5", "r4"),
    ]  # fmt: skip
    assert [names[0][node] for node in pairing.missing] == ["a4"]
    assert [names[1][node] for node in pairing.extra] == ["r3"]
    given, found = reaction(original, replayed)
    frame = found.pairs.set_index("original")
    delta = (frame["replayed_hop_us"] - frame["hop_us"]).dropna()
    assert delta.to_dict() == {"a2": 30, "a3": -10, "a5": 10}
    assert results(found) == {
        "shape": "fail", "causes": "pass", "correlation": "pass", "latency": "pass", "payload": "not checked",
        "errors": "pass", "completeness": "fail",
    }  # fmt: skip
    assert found.checks[0].detail == "missing SC (1 time); extra PA (1 time)"
    assert not is_complete(given)
    assert found.exit_status == 1
    _, allowed = reaction(original, replayed, optional=("SC", "PA"))
    assert results(allowed)["shape"] == results(allowed)["completeness"] == "pass"
    assert allowed.status == "not checked"
    assert allowed.exit_status == 3


SAME = [("b1", 0, [], "OP"), ("b3", 80, ["b1"], "SR"), ("b2", 120, ["b1"], "PA"), ("b5", 200, ["b2"], "IS"),
        ("b4", 300, ["b2", "b3"], "SC")]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (lambda events: events, []),
        (lambda events: [*events[:4], ("b4", 300, ["b2"], "SC")], ["completeness", "shape"]),
        (lambda events: [*events[:4], ("b4", 3_000_000, ["b2", "b3"], "SC")], ["latency"]),
        (lambda events: [*events, ("b6", 400, ["b4"], "XX")], ["shape"]),
        (lambda events: [*events[:3], ("b5", 200, ["gone"], "IS"), events[4]], ["causes", "completeness", "shape"]),
    ],
    ids=["same", "a cause less", "late", "more", "orphan"],
)
def test_each_check_fails_by_what_it_is_for(change, failed):
    _, found = reaction(graph(ORIGINAL), graph(change(SAME), "n1"), sent=("a1", "b1"))
    wrong = sorted(name for name, status in results(found).items() if status == "fail")
    assert wrong == sorted(failed)
    assert not failed or found.status == "fail"


def test_another_correlation_and_a_dead_letter():
    _, found = reaction(graph(ORIGINAL), graph(SAME, "other"), sent=("a1", "b1"))
    assert results(found)["correlation"] == "fail"
    dead = graph([*SAME, ("b7", 400, ["b4"], "SC")], "n1", b7={"topic": "orders.dlq"})
    _, found = reaction(graph(ORIGINAL), dead, sent=("a1", "b1"))
    assert results(found)["errors"] == "fail"
    assert "1 dead letter or failure" in repr(found)


def test_the_wait_follows_the_longest_hop_and_the_depth():
    slow = graph([(name, at * 50_000, causes, kind) for name, at, causes, kind in ORIGINAL])
    wait = expected_wait(slow, timing_profile(slow), 60)
    assert (wait.most_s, wait.quiet_s) == (22.0, 11.0)
    assert expected_wait(slow, timing_profile(slow), 8).most_s == 8
    quick = expected_wait(graph(ORIGINAL), timing_profile(slow), 60)
    assert (quick.most_s, quick.quiet_s) == (5.0, 0.5)


def test_nothing_came():
    _, found = reaction(graph(ORIGINAL), graph(SAME[:1], "n1"), sent=("a1", "b1"), cut_off="too many records came")
    assert results(found)["completeness"] == "not checked"
    assert results(found)["latency"] == "not checked"
    assert found.level == 3
    unseen = [replace(check, status="not checked") for check in found.checks]
    assert replace(found, checks=tuple(unseen)).level == 1
    assert replace(found, checks=(*unseen, ReactionCheck("consumption", "pass"))).level == 2
    assert np.isfinite(found.pairs["hop_us"].to_numpy(float, na_value=0)).all()
