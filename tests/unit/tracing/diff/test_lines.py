"""The text of a diff: hostile types, many other causes, more keys than are shown."""

from __future__ import annotations

from order_flow import trace_of_lists

from workbench.tracing.answers import SHOWN
from workbench.tracing.diff.lines import key_chart, key_lines
from workbench.tracing.text.mermaid import MERMAID_LIMIT

EMPTY = trace_of_lists([])


def lines(trace, other=EMPTY):
    found = other.diff(trace)
    return key_lines(found.frame, found.keys)


def test_equal_other_causes_are_counted():
    causes = [[str(n), n, ["r"], "k", "Part"] for n in range(1, 5)]
    joined = ["j", 9, ["1", "2", "3", "4"], "k", "Joined"]
    assert "+     Joined{3 x Part}$  added 0 → 1" in lines(trace_of_lists([["r", 0, [], "k", "Root"], *causes, joined]))


def test_of_a_long_label_the_name_is_kept_whole_and_its_other_causes_are_cut():
    causes = [[str(n), n, ["r"], "k", f"Part{n}" + "x" * 40] for n in range(1, 5)]
    joined = ["j", 9, ["1", "2", "3", "4"], "k", "dev.cdevents.artifact.packaged.0.2.0"]
    (line,) = [one for one in lines(trace_of_lists([["r", 0, [], "k", "Root"], *causes, joined])) if "cdevents" in one]
    assert line.startswith("+     dev.cdevents.artifact.packaged.0.2.0{Part2xxxxxxxxx")
    assert "characters)" in line


def test_a_hostile_type_stays_one_line_of_text():
    found = lines(trace_of_lists([["1", 0, [], "k", "<b>\n\x1b[2J" + "x" * 500]]))
    assert len(found) == 2
    assert found[0].startswith("+ <b>\\n\\x1b[2Jxxx")
    assert len(found[0]) < 120


def test_what_is_not_shown_is_counted_and_what_is_the_same_is_not_there():
    trace = trace_of_lists([["r", 0, [], "k", "Root"], *([str(n), n, ["r"], "k", f"T{n:03}"] for n in range(1, 100))])
    found = lines(trace)
    assert len(found) == SHOWN + 2
    assert found[-1] == f"  … {100 - SHOWN} more differing keys; .frame has all"
    assert lines(trace, trace) == []


def test_a_difference_is_a_chart_too():
    a = [["1", 0, [], "k", "OP"], ["2", 9, ["1"], "k", "PA"], ["3", 20, ["2"], "k", "IS"]]
    b = [
        ["1", 0, [], "k", "OP"],
        ["2", 9, ["1"], "k", "PA"],
        ["3", 20, ["2"], "k", 'x"]; end'],
        ["4", 1, ["1"], "k", ""],
    ]
    assert trace_of_lists(a).diff(trace_of_lists(b)).mermaid().splitlines() == [
        "flowchart LR",
        '  k0["OP"]',
        '  k1["#43; #36; / added 0 #8594; 1"]',
        "  k0 --> k1",
        '  k2["PA"]',
        "  k0 --> k2",
        '  k3["#45; IS#36; / removed 1 #8594; 0"]',
        "  k2 --> k3",
        '  k4["#43; x#34;#93;#59; end#36; / added 0 #8594; 1"]',
        "  k2 --> k4",
    ]
    assert trace_of_lists(a).diff(trace_of_lists(a)).mermaid() == 'flowchart LR\n  same["no difference"]\n'


def test_a_chart_of_many_differences_counts_the_rest():
    trace = trace_of_lists([["r", 0, [], "k", "Root"], *([str(n), n, ["r"], "k", f"T{n:03}"] for n in range(1, 300))])
    found = EMPTY.diff(trace)
    assert key_chart(found.frame, found.keys).splitlines()[-1] == f'  rest["{300 - MERMAID_LIMIT} more differing keys"]'
