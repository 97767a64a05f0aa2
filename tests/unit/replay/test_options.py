"""Options are parsed once; a wrong one is named, and all survive the journal."""

from __future__ import annotations

from fractions import Fraction

import pytest
from replay_samples import draft

from workbench.errors import ConfigurationError
from workbench.replay import Options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timestamp": "now"}, "Did you mean 'timestamps'?"),
        ({"max_record": 5}, "Did you mean 'max_records'?"),
        ({"quickly": 4}, "The options are: accept_cycle"),
    ],
)
def test_an_unknown_keyword_names_the_likely_one(given, message):
    with pytest.raises(TypeError) as error:
        draft(**given)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "copy"},
        {"ids": "random"},
        {"ids": "new", "headers": "exact"},
        {"also": ["payload.parent_id"]},
        {"also": "payload.parent_id", "ids": "new"},
        {"boundary": "drop"},
        {"boundary": "keep"},
        {"clean_headers": ["trace"]},
        {"max_gap_ms": 7},
        {"brake_lag": 7},
        {"brake_growth": 7, "brake_groups": ["x"]},
        {"trace": "invent"},
        {"schema_ids": {"a": 1}},
        {"schema_ids": {1: -1}},
        {"clean_headers": "trace"},
        {"timestamps": "late"},
        {"headers": "none"},
        {"order": "random"},
        {"partitions": "sticky"},
        {"partitions": "fixed(-1)"},
        {"partitions": {0: -1}},
        {"partitions": {0.5: 1}},
        {"records_per_s": 0},
        {"speed": 0},
        {"max_gap_ms": 0},
        {"brake_topics": "orders.dlq"},
        {"brake_growth": 0},
        {"records_per_s": "fast"},
        {"bytes_per_s": float("nan")},
        {"bytes_per_s": True},
        {"max_records": 0},
        {"max_records": True},
        {"max_hops": 6},
        {"skip_refused": "yes"},
        {"accept_groups": "billing"},
        {"accept_groups": [1]},
        {"on_error": "skip_record", "writer": "idempotent"},
        {"on_error": "retry(3)", "writer": "idempotent"},
        *({"on_error": text} for text in ("retry", "retry()", "retry(0)", "retry(-1)", "retry(100)", "retry(3) ", 3)),
    ],
)
def test_values_that_are_not_allowed(given):
    with pytest.raises(ConfigurationError):
        draft(**given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"partitions": "crc32", "records_per_s": 2.5, "bytes_per_s": 1_000_000},
        {"partitions": "fixed(0)", "accept_groups": ["b", "a", "b"]},
        {"partitions": {2: 0, 0: 2}, "records_per_s": Fraction(1, 3)},
        {"ids": "new", "also": ["b", "a"], "boundary": "map", "trace": "strip", "timestamps": "shift"},
        {"schema_ids": {17: 4, 3: 9}, "headers": "clean", "clean_headers": ["x-*", "trace"], "partitions": "detected"},
        {"on_error": "retry(12)"},
        {"schema_ids": "keep", "mode": "stimulus", "accept_cycle": True},
    ],
)
def test_options_survive_the_journal(given):
    options = Options.parse(given)
    assert Options.from_json(options.to_json()) == options


def test_options_without_effect_are_a_mistake_and_were_none_once():
    with pytest.raises(ConfigurationError, match=r"max_gap_ms=7 has no effect here: .* needs speed="):
        draft(max_gap_ms=7)
    assert draft(max_gap_ms=7, speed=2).replace(records_per_s=1).options.max_gap_ms == 7
    stored = {**Options().to_json(), "max_gap_ms": 7, "boundary": "map", "clean_headers": ["x"]}
    assert Options.from_json(stored) == Options()


@pytest.mark.parametrize(
    ("given", "text"),
    [("murmur2", "murmur2"), ("fixed(3)", "fixed(3)"), ({1: 0, 0: 2}, "map 0→2, 1→0")],
)
def test_partition_policies_are_written_for_people(given, text):
    assert str(Options.parse({"partitions": given}).partitions) == text


def test_retry_says_how_often():
    assert [Options.parse({"on_error": text}).retries for text in ("stop", "skip_record", "retry(12)")] == [0, 0, 12]
