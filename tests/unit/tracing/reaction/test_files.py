"""A reaction as files: both graphs in every form, and what differs; all text escaped."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pandas as pd
from traces import graph_of

from workbench.tracing.reaction.files import reaction_files
from workbench.tracing.reaction.reaction import Reaction, ReactionCheck

HOSTILE = "<script>alert(1)</script>"
NONE = pd.DataFrame({"key": [], "event_type": [], "correlation_id": []})
PAIRS = pd.DataFrame(
    {
        "original": ["a1"], "replayed": ["r1"], "cause_type": [None], "event_type": ["placed"], "hop_us": [None],
        "replayed_hop_us": [None], "limit_us": [None], "late": [False],
    }
)  # fmt: skip
PAYLOAD = pd.DataFrame(
    {"key": ["a2"], "path": ["n"], "change": ["changed"], "before": [{"x": [1, None]}], "after": [2.5]}
)


def flow(first, others):
    rows = [{"event_id": first, "t": 0, "event_type": "placed", "cause_state": "root"}]
    rows += [{"event_id": name, "t": at, "event_type": kind, "causes": [first]} for name, at, kind in others]
    return graph_of(*rows).data


def test_the_files_of_a_reaction():
    reaction = Reaction(
        (ReactionCheck("shape", "fail", f"missing {HOSTILE}"),),
        PAIRS,
        NONE,
        NONE,
        PAYLOAD,
        flow("a1", [("a2", 10, HOSTILE)]),
        flow("r1", [("r2", 20, "paid")]),
        waited_s=1.5,
    )
    files = reaction_files(reaction)
    assert sorted(files) == [
        "difference.svg", "difference.txt", "original.json", "original.mmd", "original.svg", "reaction.json",
        "reaction.txt", "replayed.json", "replayed.mmd", "replayed.svg",
    ]  # fmt: skip
    for name, text in files.items():
        assert not (name.endswith((".svg", ".mmd")) and "<script" in text), name
        if name.endswith(".svg"):
            assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own text
    report = json.loads(files["reaction.json"])
    assert (report["result"], report["waited_s"]) == ("fail", 1.5)
    assert report["checks"] == [{"check": "shape", "result": "fail", "detail": f"missing {HOSTILE}"}]
    assert report["payload"] == [
        {"key": "a2", "path": "n", "change": "changed", "before": {"x": [1, None]}, "after": 2.5}
    ]
    original = json.loads(files["original.json"])
    assert [event["key"] for event in original["events"]] == ["a1", "a2"]
    assert [(edge["cause"], edge["effect"]) for edge in original["edges"]] == [("a1", "a2")]
    assert files["original.mmd"].startswith("flowchart")
    assert "removed" in files["difference.txt"]
