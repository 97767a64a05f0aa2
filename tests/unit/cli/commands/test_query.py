"""``workbench query`` and ``workbench flows``: the same answers as the snapshot gives, as table, JSON lines and CSV."""

from __future__ import annotations

import json

import pytest

from workbench.model import NewRecord
from workbench.session.opening import open_snapshot


@pytest.fixture
def orders(run, fill):
    """A snapshot of two orders; the payment of the second failed."""
    events = [("a1", "Placed", "k1", None), ("a2", "Paid", "k1", "a1"), ("b1", "Placed", "k2", None)]
    events.append(("b2", "PaymentFailed", "k2", "b1"))
    bodies = [
        {
            "event_id": name, "type": kind, "correlation_id": flow, "causation_id": before,
            "amount": 10 * n, "deep": {"a/b": kind},
        }
        for n, (name, kind, flow, before) in enumerate(events)
    ]  # fmt: skip
    records = [NewRecord("orders", body["event_id"].encode(), json.dumps(body).encode(), (), 0) for body in bodies]
    assert run("capture", "orders", "-b", fill({"orders": records}), "--into", "o.duckdb").exit_code == 0
    return "o.duckdb"


FAILED = '{type = "Placed"} >> {type = "PaymentFailed"}'


def test_a_query_prints_a_table_json_or_csv(run, orders):
    table = run("query", orders, FAILED)
    assert (table.exit_code, "PaymentFailed" in table.stdout, "b2" in table.stdout) == (0, True, True)
    (row,) = (json.loads(line) for line in run("query", orders, FAILED, "-J").stdout.splitlines())
    assert (row["id"], row["correlation"], row["offset"]) == ("b2", "k2", 3)
    header, line = run("query", orders, FAILED + " | select(id, depth)", "--csv").stdout.splitlines()
    assert (header, line) == ("id,depth", "b2,1")


def test_a_query_that_cannot_be_read_says_where(run, orders):
    done = run("query", orders, "{typ = 1}")
    assert done.exit_code != 0
    assert "at character 2" in done.stderr


def test_fields_of_the_record_are_read_where_a_query_names_them(orders):
    with open_snapshot(orders) as snap:
        assert snap.query("{.amount >= 20}").frame["id"].to_list() == ["b1", "b2"]
        assert snap.query('{.deep."a/b" =~ "Pay.*"}').frame["id"].to_list() == ["b2"]
        assert snap.query('{key = "a2"}').frame["id"].to_list() == ["a2"]
        assert snap.query("{.nothing = nil} | count() > 1").missing == {".nothing": 4}
        assert len(snap.query('{.amount = "20"}')) == 0
        chosen = snap.query(FAILED + " | select(.amount)")
        assert chosen.frame[".amount"].to_list() == ["30"]
        assert len(snap.replay(chosen)) == 1
        assert len(snap.query(FAILED).trace) == 1


def test_flows_are_listed_with_their_figures(run, orders):
    assert "2 flows" in run("flows", orders).stdout
    rows = [json.loads(line) for line in run("flows", orders, "-J").stdout.splitlines()]
    assert [(row["correlation_id"], row["events"], row["depth"]) for row in rows] == [("k1", 2, 1), ("k2", 2, 1)]
    assert run("flows", orders, "--csv").stdout.splitlines()[0].startswith("correlation_id,start,span_us,events")


@pytest.mark.parametrize("command", [("query", "{}"), ("flows",)])
def test_json_and_csv_exclude_each_other(run, orders, command):
    name, *more = command
    assert "exclude each other" in run(name, orders, *more, "--json", "--csv").stderr
