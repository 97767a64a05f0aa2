"""When a cluster counts as silent, and what is said of it."""

from __future__ import annotations

from workbench.bus.silence import Silence, is_silent, silence_text


def test_one_remark_when_it_begins_and_one_when_it_ends():
    silence = Silence()
    told = [silence.remark(seconds) for seconds in (0.0, 0.6, 2.9, 3.0, 5.0, 71.2, 0.4, 0.0, 4.0)]
    assert told == [
        "", "", "",
        "no answer from the cluster for 3 s: new records are not seen until it answers",
        "", "",
        "the cluster answers again, after 1 min 11 s",
        "",
        "no answer from the cluster for 4 s: new records are not seen until it answers",
    ]  # fmt: skip


def test_the_text_counts_whole_seconds():
    assert silence_text(12.97).startswith("no answer from the cluster for 12 s:")
    assert not is_silent(2.99)
    assert is_silent(3.0)
