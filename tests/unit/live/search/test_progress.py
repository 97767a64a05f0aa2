from __future__ import annotations

from workbench.live.search.progress import SearchProgress
from workbench.model import Span, TopicPartition
from workbench.model.records.chunk import Gap


def test_each_partition_tells_how_far_it_is_forwards_and_backwards():
    told = []
    forwards = SearchProgress([Span("t", 0, 10, 30)], backwards=False, listener=told.append)
    one = forwards[TopicPartition("t", 0)]
    one.position, one.scanned, one.matched = 15, 4, 1
    one.gaps.append(Gap("corrupt", 12, 13))
    forwards.say("a remark")
    (part,) = told[-1].parts
    assert (part.name, part.position, part.remaining, part.share) == ("t/0", 15, 15, 0.25)
    assert dict(part.counts) == {"scanned": 4, "matched": 1, "undecoded": 0}
    assert (told[-1].note, dict(told[-1].counts)["missing"]) == ("a remark", 1)
    back = SearchProgress([Span("t", 0, 10, 30)], backwards=True, listener=None)
    back[TopicPartition("t", 0)].position = 25
    (part,) = back.progress.parts
    assert (part.remaining, part.share, part.backwards) == (15, 0.25, True)


def test_a_listener_that_fails_is_not_called_again(caplog):
    calls = []

    def fails(progress):
        calls.append(progress)
        raise ValueError("no")

    progress = SearchProgress([], backwards=False, listener=fails)
    progress.tell()
    progress.end("done", "")
    assert len(calls) == 1
    assert "not called again" in caplog.text
