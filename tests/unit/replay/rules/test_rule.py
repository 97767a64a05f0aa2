"""Every warning of the table has a plan that it is about, and says nothing of a plain one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from replay_samples import NOW_MS, ORDERS, draft, facts, group, row, topic

from workbench.bus.partitioners import crc32, murmur2
from workbench.model.records.columns import MASKED_HEADER
from workbench.model.topics import ClockOffset
from workbench.replay import make_plan
from workbench.replay.rules.guard import RULES
from workbench.replay.rules.planning_input import PlanningInput

if TYPE_CHECKING:
    from workbench.replay import Plan

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
WARNINGS = {rule.number: rule for rule in RULES if rule.kind == "warning"}


def event(at: int, cause: str | None = None) -> dict:
    metadata = {"source": "shop", "correlation_id": "k1", "causation_id": cause}
    body = {"event_id": f"e{at}", "event_type": "t", "timestamp": "2026-01-01T00:00:00Z", "metadata": metadata}
    return row(at, value=json.dumps(body).encode())


def mixed() -> Plan:
    """Half of the keys lie where one partitioner puts them, half where another does."""
    keys = [b"key-%d" % at for at in range(2_000)]
    places = [crc32(key, 3) if at % 2 else murmur2(key, 3) for at, key in enumerate(keys)]
    rows = [row(at, key=key, partition=place) for at, (key, place) in enumerate(zip(keys, places, strict=True))]
    return make_plan(draft(*rows, partitions="murmur2"), facts())


def raw() -> Plan:
    masked = draft(row(10, headers=[(MASKED_HEADER.encode(), b"1")]))
    kept = masked.records.select(["source_id", "partition", "offset", "key", "value", "headers"])
    masked.raw = kept
    return make_plan(masked, facts())


def itself() -> Plan:
    known = facts(
        cluster_id="source-cluster",
        targets={"orders": "orders"},
        topics={"orders": replace(topic("orders"), end={0: 13, 1: 0})},
        groups=(group(),),
    )
    return make_plan(draft(allow_same_topic=True, accept_groups=["billing"]), known)


PLANS = {
    "W-1": lambda: make_plan(draft(), facts(to=None)),
    "W-2": lambda: make_plan(draft(row(1, value=None)), facts()),
    "W-3": lambda: make_plan(draft(), facts(topic(cleanup__policy="compact"))),
    "W-4": lambda: make_plan(draft(columns={"event_id": ["e", "e", "f"]}), facts()),
    "W-5": lambda: make_plan(draft(), facts(topic(message__timestamp__type="LogAppendTime"))),
    "W-6": lambda: make_plan(draft(row(1, timestamp_ms=-1, timestamp_type=-1)), facts()),
    "W-7": mixed,
    "W-8": lambda: make_plan(draft(row(1), columns={"convention": ["onex"], "event_id": ["order-17"]}), facts()),
    "W-9": lambda: make_plan(draft(row(1, headers=[(b"ttl_seconds", b"1")])), facts()),
    "W-10": lambda: make_plan(draft(accept_groups=["billing"]), facts(groups=(group(),))),
    "W-11": lambda: make_plan(draft(columns={"convention": ["onex", "contract", None]}), facts()),
    "W-12": lambda: make_plan(draft(source=replace(ORDERS, gaps=2)), facts()),
    "W-13": lambda: make_plan(draft(source=replace(ORDERS, isolation="unknown")), facts()),
    "W-14": lambda: make_plan(draft(), facts(unclear_groups=("moving",))),
    "W-15": lambda: make_plan(draft(), facts(replace(topic(), config={}, config_known=False))),
    "W-16": lambda: make_plan(draft(row(1, timestamp_ms=NOW_MS - 90_000_000), writer="idempotent"), facts()),
    "W-17": lambda: make_plan(
        draft(event(1)).edit([{"op": "replace", "path": "/metadata/source", "value": "x"}]), facts()
    ),
    "W-18": lambda: make_plan(draft(event(1, "before"), ids="new", boundary="map"), facts()),
    "W-19": lambda: make_plan(draft(row(1, headers=[(b"traceparent", PARENT)]), trace="strip"), facts()),
    "W-20": lambda: make_plan(draft(accept_groups=["connect-x"]), facts(groups=(group("connect-x"),))),
    "W-21": raw,
    "W-22": itself,
    "W-23": lambda: make_plan(draft(), facts(clock_offset=ClockOffset(5_000, 10))),
    "W-24": lambda: make_plan(draft(brake_topics=["copy.dlq"]), facts()),
}  # fmt: skip


def test_every_warning_has_its_plan():
    assert list(PLANS) == sorted(WARNINGS, key=lambda number: int(number[2:]))


@pytest.mark.parametrize("number", PLANS)
def test_a_warning_is_given_where_it_holds_and_nowhere_else(number):
    def given(plan: Plan) -> list[str]:
        return list(WARNINGS[number].check(PlanningInput(plan.records, plan.facts)))

    said = given(PLANS[number]())
    assert said
    assert all(text.endswith(".") for text in said)
    assert given(make_plan(draft(), facts())) == []


def test_a_brake_that_watches_what_is_there_is_no_warning():
    watching = draft(brake_topics=["copy.dlq"], brake_groups=["billing"], accept_groups=["billing"])
    known = facts(topic(), topic("copy.dlq", 1), groups=(group(),))
    assert not [text for text in make_plan(watching, known).warnings if "brake" in text]
    (text,) = [text for text in make_plan(draft(brake_groups=["biling"]), facts()).warnings if "brake" in text]
    assert text.startswith("the brake watches the group biling, which does not read the target: ")


def test_two_partitioners_are_told_with_their_shares():
    (text,) = [text for text in mixed().warnings if "several partitioners" in text]
    assert "murmur2 6" in text or "murmur2 7" in text, "half of them, and a third of the others by chance"
