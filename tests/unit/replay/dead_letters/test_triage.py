"""Dead letters grouped by what failed alike."""

from __future__ import annotations

import itertools

import pytest
from decoded_events import event_table
from event_rows import SECOND, table

from workbench.errors import ValidationError
from workbench.replay.dead_letters.triage import Redriven, triage


def test_without_dead_letters_the_result_says_so():
    assert len(triage(table())) == 0
    assert "no dead letter" in repr(triage(table()))


def dead(kind, message, topic, n, **more):
    error = {"type": kind, "message": message, "stage": None, "attempts": 3}
    return {
        "t": n * SECOND,
        "event_id": f"d{n}",
        "event_type": "system.dead_letter",
        "topic": topic,
        "error": error,
    } | more


def origin(topic, partition, offset, via):
    names = ("timestamp_ms", "group", "via_hop")
    return {"topic": topic, "partition": partition, "offset": offset, "via": via, **dict.fromkeys(names)}


@pytest.mark.promise("RS-8", "KA-10")
def test_dead_letters_are_grouped_by_what_failed_alike():
    events = event_table([
        dead("ValueError", "order 17 has price -3.50", "onex.dev.dead_letter_queue", 1,
             origin=origin("onex.dev.orders", 0, 7, "contract_dlq")),
        dead("ValueError", "order 18 has price -12", "onex.dev.dead_letter_queue", 2,
             origin=origin("onex.dev.orders", 1, 3, "contract_dlq")),
        dead("KeyError", "'order_id'", "payments.DLT", 3, event_type=None),
        dead("KeyError", "'order_id'", "failed", 4, event_type="x"),
        {"t": 5, "event_id": "alive", "event_type": "user.created", "topic": "onex.dev.user_events"},
    ])  # fmt: skip
    found = triage(events, origins={"failed": "payments"})
    assert len(found) == 4
    assert list(found.groups["fingerprint"]) == ["94e8757d82cf", "fc6df4f02b7c"]
    assert list(found.groups["records"]) == [2, 2]
    assert list(found.groups["guessed"]) == [0, 1]
    assert list(found.groups["origins"]) == [["onex.dev.orders"], ["payments"]]
    assert list(found.frame["origin_via"]) == ["contract_dlq", "contract_dlq", "topic_name", "user"]
    assert list(found.frame["origin_offset"][:2]) == [7, 3]
    assert list(found.sample("94e8757d82cf", 1)["event_id"]) == ["d1"]
    assert list(found.sample("94e8757d82cf")["event_id"]) == ["d1", "d2"]
    with pytest.raises(KeyError):
        found.sample("nothing")
    assert "94e8757d82cf" in repr(found)
    assert "order &lt;n&gt; has" in found._repr_html_()


def test_letters_know_what_was_sent_home_and_failed_again():
    home = [origin("orders", 0, n + 10, "spring") for n in range(4)]
    letters = [dead("KeyError", "'a'", "orders.DLT", n, offset=n, origin=home[n]) for n in range(4)]
    redriven = Redriven({"orders.DLT/0@1": "run-1", "orders.DLT/0@2": "run-1"}, {"orders/0@13": ("run-1", None)})
    found = triage(event_table(letters), redriven=redriven)
    assert found.frame["redriven"].fillna("").to_list() == ["", "run-1", "run-1", ""]
    assert found.frame["again"].fillna("").to_list() == ["", "", "", "run-1"]
    assert found.groups[["records", "redriven", "again"]].to_numpy().tolist() == [[4, 2, 1]]


def test_a_letter_that_is_older_than_what_lies_at_its_origin_now_did_not_fail_again():
    letters = [
        dead("E", "x", "orders.DLT", n * 90, offset=n, origin=origin("orders", 0, n, "spring")) for n in (1, 2, 3)
    ]
    at = triage(event_table(letters)).frame["time"][1].tz_localize(None).to_pydatetime()
    arrived = {f"orders/0@{n}": ("run-1", at) for n in (1, 2, 3)}
    found = triage(event_table(letters), redriven=Redriven({"orders.DLT/0@3": "run-1"}, arrived))
    assert found.frame["again"].fillna("").to_list() == ["", "run-1", ""], (
        "the first is too old, the last went home itself"
    )


def test_a_letter_that_carries_the_mark_of_a_redrive_failed_again():
    marks = ['{"id":"run-2","mode":"redrive"}', '{"id":"run-3","mode":"recording"}', None]
    letters = [dead("KeyError", "'a'", "orders.DLT", n, offset=n, replay=one) for n, one in enumerate(marks)]
    found = triage(event_table(letters))
    assert found.frame["again"].fillna("").to_list() == ["run-2", "", ""]
    assert found.groups["again"].to_list() == [1]
    known = triage(event_table(letters), redriven=Redriven({"orders.DLT/0@0": "run-1"}, {}))
    assert known.frame["redriven"].fillna("").to_list() == ["run-1", "", ""]


def test_groups_over_time():
    letters = [dead("KeyError", "'a'", "orders.DLT", n * 40, offset=n) for n in range(4)]
    counts = triage(event_table(letters)).over_time("1min")
    assert counts["records"].to_list() == [2, 1, 1]
    assert set(counts) == {"time", "fingerprint", "records"}
    timeless = {"event_id": None, "convention": None, "topic": "orders.DLT", "timestamp_type": 0, "timestamp_ms": -1}
    found = triage(event_table([*letters, timeless]))
    assert found.over_time("1h")["records"].sum() == len(found)
    with pytest.raises(ValidationError, match="'soon' is no length of time"):
        found.over_time("soon")


def test_odd_records_do_not_take_the_answer_down():
    raw = {"event_id": None, "convention": None, "timestamp_ms": 1_772_359_200_000, "timestamp_type": 0}
    events = event_table([
        dead("E", None, "orders.DLT", 1),
        dead("E", "bad order 17", "orders.DLT", 2),
        dead(None, "no type", "orders.DLT", 3),
        {**raw, "topic": "orders.DLT"},
        {**raw, "topic": "orders.DLT", "error": {"type": None, "message": "", "stage": None, "attempts": None}},
        {**raw, "topic": "orders.DLT", "timestamp_ms": 2**63 - 1},
    ])  # fmt: skip
    found = triage(events)
    assert found.groups["records"].sum() == len(found) == 6
    assert set(found.groups["message"]) == {"", "bad order <n>", "no type"}
    assert "nan" not in repr(found).lower()
    assert "nan" not in found._repr_html_().lower()
    for name in found.groups["fingerprint"]:
        assert len(found.sample(name)) > 0


def test_letters_are_counted_by_when_they_were_written():
    raw = {"event_id": None, "convention": None, "topic": "orders.DLT", "timestamp_type": 0}
    event = {**raw, "t": 90 * SECOND}
    events = event_table(
        [{**raw, "timestamp_ms": 2_000}, {**event, "timestamp_ms": 1_000}, {**raw, "timestamp_ms": -1}]
    )
    found = triage(events)
    assert [time.timestamp() for time in found.frame["time"].dropna()] == [1, 2], "not when the event was made"
    (group,) = found.groups.to_dict("records")
    assert (group["first"].timestamp(), group["last"].timestamp()) == (1, 2)
    without = triage(event_table([{**event, "timestamp_ms": -1}]))
    assert without.frame["time"].equals(without.frame["event_time"]), "where the letter has no time"


def test_a_letter_about_a_letter_comes_from_where_the_first_one_did():
    outer = origin("orders.dlq", 0, 4, "onex_dlq")
    events = event_table([dead("E", "x", "orders.dlq", 1, origin=outer, origin_root="shop/orders/2/7", dlq_depth=2)])
    (letter,) = triage(events).frame.itertuples()
    assert (letter.origin_topic, letter.origin_partition, letter.origin_offset) == ("shop/orders", 2, 7)
    assert (letter.offset, letter.written_by, letter.depth) == (0, "onex_dlq", 2)


def test_the_first_digits_of_a_fingerprint_name_its_group():
    letters = [dead("E", word, "orders.DLT", n, offset=n) for n, word in enumerate("abcdefghijklmnopq")]
    found = triage(event_table(letters))
    names = sorted(found.groups["fingerprint"])
    twice = next(name[0] for name, after in itertools.pairwise(names) if name[0] == after[0])
    assert len(found.of_group(names[0][:6])) == 1
    with pytest.raises(KeyError, match=rf"groups of dead letters begin with '{twice}': {twice}\w+, {twice}"):
        found.of_group(twice)
    with pytest.raises(KeyError, match="known are "):
        found.of_group("xyz")
