"""Waiting and processing: the vectors of 6.5, grades and text."""

from __future__ import annotations

import pandas as pd
import pytest
from decoded_events import event_table
from traces import trace_of

from workbench.errors import TableError
from workbench.tracing.paths.waiting import waiting_times

VECTORS = [
    (9000, [[2000, 40], [7000, 45]], 3000, 5000, "interpolated"),
    (9000, [[2000, 45]], 1000, 7000, "bounded"),
    (9000, [[2000, 40]], 8000, 0, "unknown"),
    (3000, [[2000, 40], [7000, 45]], 2000, 0, "interpolated"),
]


def hop(until, **cause):
    rows = [{"event_id": "c", "t": 1000, "offset": 41, "event_type": "A", **cause}]
    rows += [{"event_id": "e", "t": until, "causes": ["c"], "topic": "other", "event_type": "B"}]
    return trace_of(event_table(rows)).data


def samples(pairs):
    return pd.DataFrame(pairs, columns=["time_us", "committed"]).assign(topic="t", partition=0)


@pytest.mark.parametrize(("until", "pairs", "waiting", "processing", "grade"), VECTORS)
def test_the_vectors_of_section_6_5(until, pairs, waiting, processing, grade):
    found = waiting_times(hop(until), samples(pairs), "billing")
    assert found.frame[["waiting_us", "processing_us", "grade"]].to_numpy().tolist() == [[waiting, processing, grade]]
    assert "by the commits of billing" in repr(found)


def test_the_start_of_the_handler_is_exact():
    found = waiting_times(hop(9000, started=3500))
    assert found.frame[["waiting_us", "processing_us", "grade"]].to_numpy().tolist() == [[2500, 5500, "exact"]]
    assert repr(found).splitlines()[-1].split() == ["A", "B", "1", "2.5", "ms", "5.5", "ms"]


def test_without_samples_nothing_is_known_and_a_hop_back_in_time_is_no_waiting():
    assert waiting_times(hop(9000)).frame["grade"].to_list() == ["unknown"]
    assert waiting_times(hop(10)).frame[["waiting_us", "processing_us"]].to_numpy().tolist() == [[0, 0]]
    assert len(waiting_times(trace_of(event_table([])).data).frame) == 0
    with pytest.raises(TableError, match="lack committed"):
        waiting_times(hop(9000), pd.DataFrame({"topic": [], "partition": [], "time_us": []}))
