"""Each refusal: that it holds, that what it does not concern passes, and what its override allows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from replay_samples import NOW_MS, ORDERS, RUN_ID, draft, facts, group, row, topic

from workbench.replay import Connection, Pipeline, TargetFacts, make_plan
from workbench.replay.records.sizes import batch_bytes
from workbench.replay.rules.guard import RULES, refusals
from workbench.replay.rules.planning_input import PlanningInput


def rules(plan) -> list[str]:
    return [refusal.rule for refusal in plan.refusals]


def left_out(plan) -> dict[int, str]:
    return dict(zip(plan.left_out.seqs.tolist(), plan.left_out.rules.to_pylist(), strict=True))


SAME = {"cluster_id": "source-cluster", "targets": {"orders": "orders"}, "topics": {"orders": topic("orders")}}


def test_a_plain_plan_is_not_refused():
    assert rules(make_plan(draft(), facts())) == []


def test_every_rule_has_a_number_of_its_own_in_order():
    numbers = [rule.number for rule in RULES]
    assert len(set(numbers)) == len(numbers)
    refused = [int(number[2:]) for number in numbers if number.startswith("G-")]
    assert refused == list(range(1, 28))
    assert numbers[len(refused) :] == [f"W-{number}" for number in range(1, 25)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_a_rule_says_what_it_does(rule):
    verb = "Warn " if rule.kind == "warning" else "Refuse "
    assert rule.number.startswith("W-" if rule.kind == "warning" else "G-")
    assert rule.check.__doc__.startswith(verb)


def test_g1_same_topic_of_the_same_cluster():
    same = facts(**SAME)
    assert rules(make_plan(draft(), same)) == ["G-1"]
    assert rules(make_plan(draft(allow_same_topic=True), same)) == []
    assert rules(make_plan(draft(allow_same_topic=True, headers="exact"), same)) == ["G-1"]
    assert rules(make_plan(draft(), replace(same, cluster_id="another"))) == []
    imported = replace(ORDERS, cluster_id="")
    assert rules(make_plan(draft(source=imported), same)) == ["G-1"]
    assert rules(make_plan(draft(source=imported), facts())) == []


@pytest.mark.parametrize(
    "dead", ["orders.dlq", "orders-dlt", "orders.DLT", "onex.dev.dead_letter_queue", "onex.dlq.x.v1"]
)
def test_g2_dead_letters_to_a_dead_letter_topic(dead):
    target = facts(topic(dead), targets={"orders": dead})
    origin = {"origin": [{"topic": "billing.dlq"}, {"topic": "orders"}, None]}
    assert rules(make_plan(draft(columns=origin), target)) == ["G-2"]
    assert rules(make_plan(draft(), target)) == []
    source = replace(ORDERS, topic=dead)
    rows = [row(1, topic=dead)]
    assert rules(make_plan(draft(*rows, source=source), replace(target, targets={dead: dead}))) == ["G-2"]
    assert rules(make_plan(draft(*rows, source=source), facts(targets={dead: "copy"}))) == []
    sandbox = f"{dead}.replay.{RUN_ID[:8]}"
    own = facts(topic(sandbox, exists=False), targets={dead: sandbox}, named=False)
    assert rules(make_plan(draft(*rows, source=source), own)) == []


def test_g3_read_only_connection_is_left_to_the_one_that_runs():
    plan = make_plan(draft(), facts(connection=Connection()))
    assert rules(plan) == ["G-3"]
    assert plan.blocking == ()


@pytest.mark.parametrize("connection", [{"protected": True}, {"environment": "prod"}, {"environment": "Production"}])
def test_g4_protected_target_wants_its_name(connection):
    plan = make_plan(draft(), facts(connection=Connection(read_only=False, **connection)))
    assert rules(plan) == ["G-4"]
    assert plan.view().protected
    assert "on the command line --confirm-target copy." in str(plan.refusals[0])
    for typed, expected in [({"copy"}, []), ({"Copy"}, ["G-4"]), ({"copy", "orders"}, ["G-4"])]:
        planning = PlanningInput(plan.records, plan.facts, frozenset(typed))
        assert [refusal.rule for refusal in refusals(planning)] == expected


def test_g5_missing_target_and_its_creation():
    absent = facts(topic(exists=False))
    assert rules(make_plan(draft(), absent)) == ["G-5"]
    plan = make_plan(draft(create_target=True), absent)
    assert rules(plan) == []
    (made,) = plan.records.new_topics
    assert made.partitions == 3
    assert made.config["retention.ms"] == str(60_000 - 10 + 7 * 86_400_000)
    assert made.config["message.timestamp.type"] == "CreateTime"
    assert plan.document["target"]["create"]["copy"]["partitions"] == 3


def test_g5_default_target_is_created_and_said_so():
    plan = make_plan(draft(), facts(to=None))
    assert rules(plan) == []
    assert plan.facts.target_topics == ["orders.replay.6f1d2c3b"]
    assert any(text.startswith("the run creates orders.replay.6f1d2c3b with 3 partitions") for text in plan.warnings)
    taken = facts(topic("orders.replay.6f1d2c3b"), to=None)
    assert rules(make_plan(draft(), taken)) == ["G-5"]


def test_g6_live_groups_must_be_accepted_exactly():
    live = facts(groups=(group("billing"), group("mail", members=0)))
    assert rules(make_plan(draft(), live)) == ["G-6"]
    assert rules(make_plan(draft(accept_groups=["billing"]), live)) == ["G-6"]
    assert rules(make_plan(draft(accept_groups=["mail", "billing"]), live)) == []
    assert rules(make_plan(draft(accept_groups=["mail"]), facts())) == ["G-6"]


CHANGES = {
    "cluster": {"cluster_id": "another"},
    "partitions": {"topics": {"copy": topic(partitions=4)}},
    "topic id": {"topics": {"copy": replace(topic(), topic_id="t-2")}},
    "timestamp type": {"topics": {"copy": topic(message__timestamp__type="LogAppendTime")}},
}


@pytest.mark.parametrize("what", CHANGES)
def test_g7_target_that_changed_since_the_plan_was_made(what):
    plan = make_plan(draft(), facts())
    now = replace(plan.records, facts=replace(plan.facts, **CHANGES[what]))
    (refusal,) = [r for r in refusals(PlanningInput(now, plan.facts)) if r.rule == "G-7"]
    elsewhere = plan.records.with_facts(replace(plan.facts, cluster_id="c-9", topics={"copy": topic(exists=False)}))
    moved = [r.message for r in refusals(PlanningInput(elsewhere, plan.facts)) if r.rule == "G-7"]
    assert moved == [f"the cluster is c-9, planned was {plan.facts.cluster_id}; plan again."]
    assert what in refusal.message
    assert str(refusal).endswith("plan again.")


def test_g8_record_of_this_run():
    rows = [row(1), row(2, headers=[(b"x-replay-id", RUN_ID.encode())]), row(3, headers=[(b"x-replay-id", b"other")])]
    plan = make_plan(draft(*rows), facts())
    assert [(r.rule, r.seqs.tolist()) for r in plan.refusals] == [("G-8", [1])]


HOPS = [
    ([b"1"], False, 2),
    ([b"2"], True, 3),
    ([b"4"], True, 5),
    ([b"5"], True, None),
    ([b"two"], True, None),
    ([None], True, None),
    ([b""], True, None),
    ([b"-1"], True, None),
    ([b"1.0"], True, None),
    ([b"0", b"3"], True, 4),
]


@pytest.mark.parametrize(("counts", "refused", "allowed_by"), HOPS)
def test_g9_hops(counts, refused, allowed_by):
    marked = row(1, headers=[(b"x-replay-count", count) for count in counts])
    assert rules(make_plan(draft(marked), facts())) == (["G-9"] if refused else [])
    most = make_plan(draft(marked, max_hops=allowed_by or 5), facts())
    assert rules(most) == ([] if allowed_by else ["G-9"])


def test_g10_uncommitted_records_of_a_partition_with_transactions():
    loose = replace(ORDERS, isolation="read_uncommitted", transactional=frozenset({1}))
    concerned = [row(1, partition=1), row(1)]
    assert rules(make_plan(draft(*concerned, source=loose), facts())) == ["G-10"]
    assert rules(make_plan(draft(*concerned, source=loose, accept_uncommitted=True), facts())) == []
    assert rules(make_plan(draft(row(1), source=loose), facts())) == []
    strict = replace(loose, isolation="read_committed")
    assert rules(make_plan(draft(*concerned, source=strict), facts())) == []


def test_g11_older_than_retention():
    short = facts(topic(retention__ms="59000"))
    assert rules(make_plan(draft(), short)) == ["G-11"]
    assert rules(make_plan(draft(timestamps="now"), short)) == rules(make_plan(draft(timestamps="shift"), short)) == []
    assert rules(make_plan(draft(accept_expiry=True), short)) == []
    compacted = facts(topic(retention__ms="59000", cleanup__policy="compact"))
    assert "G-11" not in rules(make_plan(draft(), compacted))
    append = facts(topic(retention__ms="59000", message__timestamp__type="LogAppendTime"))
    assert rules(make_plan(draft(), append)) == []
    assert rules(make_plan(draft(), facts(topic(retention__ms="60000")))) == []


@pytest.mark.parametrize("setting", ["message.timestamp.before.max.ms", "message.timestamp.difference.max.ms"])
def test_g12_too_far_in_the_past(setting):
    settings = {"message__timestamp__before__max__ms": None, setting.replace(".", "__"): "59000"}
    narrow = facts(topic(**settings))
    assert rules(make_plan(draft(), narrow)) == ["G-12"]
    assert (
        rules(make_plan(draft(timestamps="now"), narrow)) == rules(make_plan(draft(timestamps="shift"), narrow)) == []
    )


def test_g12_too_far_in_the_future():
    ahead = row(1, timestamp_ms=NOW_MS + 3_600_001)
    assert rules(make_plan(draft(ahead), facts())) == ["G-12"]
    assert rules(make_plan(draft(ahead), facts(to=None))) == ["G-12"]
    assert rules(make_plan(draft(row(1, timestamp_ms=NOW_MS + 3_600_000)), facts())) == []


def test_g13_exactly_at_the_limit():
    big = row(1, value=b"x" * 5_000, headers=[(b"a", None), (b"b", b"")])
    exact = batch_bytes(b"k", b"x" * 5_000, ((b"a", None), (b"b", b"")))
    at_limit = make_plan(draft(big, headers="exact"), facts(topic(max__message__bytes=str(exact))))
    assert rules(at_limit) == []
    over = facts(topic(max__message__bytes=str(exact - 1)))
    assert rules(make_plan(draft(big, headers="exact"), over)) == ["G-13"]
    assert rules(make_plan(draft(big), facts(topic(max__message__bytes=str(exact))))) == ["G-13"]
    skipped = make_plan(draft(big, row(2), skip_refused=True), over)
    assert (rules(skipped), left_out(skipped), skipped.sent.tolist()) == ([], {0: "G-13"}, [1])


def test_g14_no_key_to_a_compacted_topic():
    rows = [row(1, key=None), row(2, key=b"")]
    plan = make_plan(draft(*rows), facts(topic(cleanup__policy="compact,delete")))
    assert [(r.rule, r.seqs.tolist()) for r in plan.refusals] == [("G-14", [0])]
    assert rules(make_plan(draft(*rows), facts())) == []


def test_g15_partition_that_the_target_lacks():
    rows = [row(1, partition=0), row(1, partition=2)]
    small = facts(topic(partitions=2))
    assert rules(make_plan(draft(*rows), small)) == ["G-15"]
    assert rules(make_plan(draft(*rows, partitions="murmur2"), small)) == []
    assert rules(make_plan(draft(*rows, partitions={0: 1, 2: 0}), small)) == []
    assert rules(make_plan(draft(*rows, partitions={0: 1}), small)) == ["G-15"]
    assert rules(make_plan(draft(*rows, partitions="fixed(2)"), small)) == ["G-15"]


def test_g17_raw_bytes_that_are_not_there():
    rows = [row(1), row(2), row(3, headers=[(b"ok", b""), (b"\xff", b"x")])]
    plan = make_plan(draft(*rows, columns={"missing": [None, "masked at capture", None]}), facts())
    assert [(r.rule, r.seqs.tolist()) for r in plan.refusals] == [("G-17", [1, 2])]
    assert "masked at capture" in str(plan.refusals[0])


def test_g19_amounts():
    assert rules(make_plan(draft(max_records=2), facts())) == ["G-19"]
    assert rules(make_plan(draft(max_records=3), facts())) == []
    assert rules(make_plan(draft(max_bytes=11), facts())) == ["G-19"]
    assert rules(make_plan(draft(max_bytes=12), facts())) == []


def test_g21_earlier_run_in_doubt():
    assert rules(make_plan(draft(), facts(in_doubt=("run-1",)))) == ["G-21"]


def test_g23_a_plan_is_good_for_one_hour():
    plan = make_plan(draft(), facts())
    for age_ms, expected in [(3_600_000, []), (3_600_001, ["G-23"])]:
        later = replace(plan.records, facts=replace(plan.facts, asked_at_ms=NOW_MS + age_ms))
        assert [r.rule for r in refusals(PlanningInput(later, plan.facts))] == expected


FRAMED = row(1, value=b"\x00\x00\x00\x00\x11body")


def test_g16_schema_ids_of_another_registry():
    assert rules(make_plan(draft(FRAMED, row(2)), facts())) == ["G-16"]
    assert "begins with schema id 17" in str(make_plan(draft(FRAMED), facts()).refusals[0])
    assert rules(make_plan(draft(FRAMED, schema_ids="keep"), facts())) == []
    assert rules(make_plan(draft(FRAMED, schema_ids={17: 4}), facts())) == []
    assert rules(make_plan(draft(row(1, value=b"\x00\x00")), facts())) == []
    assert rules(make_plan(draft(FRAMED), facts(cluster_id="source-cluster"))) == []
    registry = replace(ORDERS, registry="https://registry")
    for url, expected in [("https://registry", []), ("https://other", ["G-16"]), (None, ["G-16"])]:
        connection = Connection(read_only=False, schema_registry=url)
        assert rules(make_plan(draft(FRAMED, source=registry), facts(connection=connection))) == expected


def test_g18_a_dead_letter_is_not_sent_as_it_is():
    assert rules(make_plan(draft(mode="redrive"), facts())) == ["G-18"]
    half = draft(row(1), row(2), mode="redrive", columns={"restored": [True, False]})
    assert make_plan(half, facts()).refusals[0].seqs.tolist() == [1]


def test_g20_no_writing_by_http():
    by_http = Connection(read_only=False, via_http=True)
    assert rules(make_plan(draft(), facts(connection=by_http))) == ["G-20"]


def test_g22_effects_of_live_consumers():
    live = facts(groups=(group("billing"),))
    chain = {"columns": {"caused": [False, True]}}
    assert rules(make_plan(draft(row(1), row(2), **chain), live)) == ["G-6", "G-22"]
    assert rules(make_plan(draft(row(1), row(2), columns={"caused": [False, False]}), live)) == ["G-6"]
    assert rules(make_plan(draft(row(1), row(2), **chain, mode="stimulus"), live)) == ["G-6"]
    assert rules(make_plan(draft(row(1), row(2), **chain, accept_groups=["billing"]), live)) == []
    assert rules(make_plan(draft(row(1), row(2), **chain), facts())) == []


BODY = (
    b'{"event_id":"e1","event_type":"t","timestamp":"2026-01-01T00:00:00Z",'
    b'"metadata":{"source":"shop","correlation_id":"k1","causation_id":null},"payload":{"n":1}}'
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/event_id", "G-24"),
        ("/event_type", "G-24"),
        ("/metadata/correlation_id", "G-24"),
        ("/metadata/causation_id", "G-24"),
        ("/metadata/source", None),
        ("/payload/n", None),
    ],
)
def test_g24_an_edit_keeps_its_hands_off_ids(path, expected):
    plan = make_plan(draft(row(1, value=BODY)).edit([{"op": "replace", "path": path, "value": "other"}]), facts())
    assert rules(plan) == ([expected] if expected else [])
    assert ("edits change source in 1 record." in plan.warnings) == (path == "/metadata/source")


def test_g24_an_edit_adds_nothing_that_readers_refuse():
    more = [{"op": "add", "path": "/extra", "value": 1}]
    onex = draft(row(1, value=BODY), columns={"convention": ["onex"]}).edit(more)
    assert "adds extra, which its readers refuse" in str(make_plan(onex, facts()).refusals[0])
    assert rules(make_plan(draft(row(1, value=BODY), columns={"convention": ["contract"]}).edit(more), facts())) == []


def test_g25_a_transform_leads_back():
    here = {"cluster_id": "source-cluster"}
    pipes = [Pipeline("clean", "copy", ("tidy",)), Pipeline("back", "tidy", ("orders", "other"))]
    for given, expected in [(pipes, ["G-25"]), (pipes[:1], []), (pipes[::-1], ["G-25"])]:
        connection = Connection(read_only=False, pipelines=tuple(given))
        assert rules(make_plan(draft(), facts(connection=connection, **here))) == expected
    known = facts(connection=Connection(read_only=False, pipelines=tuple(pipes)), **here)
    assert "clean, back read copy and write to orders" in str(make_plan(draft(), known).refusals[0])
    assert rules(make_plan(draft(accept_cycle=True), known)) == []
    assert rules(make_plan(draft(accept_cycle=True, headers="exact"), known)) == ["G-25"]
    assert TargetFacts.from_json(json.loads(json.dumps(known.to_json()))) == known


def test_refused_records_stop_the_plan_unless_skipped():
    rows = [row(1), row(2, headers=[(b"x-replay-count", b"9")]), row(3, headers=[(b"\xff", b"")])]
    plan = make_plan(draft(*rows), facts())
    assert rules(plan) == ["G-9", "G-17"]
    assert "skip_refused=True leaves them out" in str(plan.refusals[0])
    skipped = make_plan(draft(*rows, skip_refused=True), facts())
    assert rules(skipped) == []
    assert left_out(skipped) == {1: "G-9", 2: "G-17"}
    assert skipped.document["left_out"] == [[1, 2]]
    assert skipped.estimates.records == 1
    assert skipped.steps["refused"].to_pylist() == [None, "G-9", "G-17"]


def test_what_is_left_out_is_no_reason_to_refuse_or_to_warn_of_the_rest():
    bad = {"headers": [(b"\xff", b"")], "timestamp_ms": 1, "partition": 2, "value": None, "key": None}
    rows = [row(1), row(2, partition=1), row(3, **bad)]
    ttl = [(b"ttl_seconds", b"1")]
    known = facts(topic("copy", 2, retention__ms="86400000", cleanup__policy="compact,delete"))
    whole = make_plan(draft(*rows), known)
    assert rules(whole) == ["G-11", "G-14", "G-15", "G-17"]
    assert any("tombstone" in warning for warning in whole.warnings)
    rest = make_plan(draft(*rows, skip_refused=True, max_records=2), known)
    assert (rules(rest), left_out(rest)) == ([], {2: "G-14, G-17"})
    assert not [warning for warning in rest.warnings if "tombstone" in warning or "without a key" in warning]
    dead = make_plan(draft(row(1, headers=ttl), row(2, headers=[*ttl, (b"\xff", b"")]), skip_refused=True), facts())
    assert any("time to live of 1 record has passed" in warning for warning in dead.warnings)


def test_records_that_are_refused_for_one_reason_are_named_together():
    rows = [row(at, headers=[(b"x-replay-count", b"9" if at < 6 else b"x")]) for at in range(7)]
    (refusal,) = make_plan(draft(*rows), facts()).refusals
    first, second = refusal.message.split("; ")
    assert first == "seq 0 was replayed 9 times, max_hops is 2, the same for seq 1, 2 and 3 more"
    assert second == "seq 6 has an x-replay-count that is not a number."
    assert refusal.seqs.tolist() == list(range(7))
