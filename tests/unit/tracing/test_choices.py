"""Words that are none of the choices of an option."""

from __future__ import annotations

import re

import pytest
from order_flow import scenario

from workbench.errors import ConfigurationError, WorkbenchError
from workbench.tracing.choices import check_choice, listed
from workbench.tracing.query import query

ASKED = {
    "by": lambda trace: trace.type_map("nope"),
    "label": lambda trace: trace.diff(trace, label=("event_type", "nope")),
    "method": lambda trace: trace.critical_path(method="nope"),
    "boundary": lambda trace: trace.critical_path(method="sections", boundary="nope"),
    "rule": lambda trace: trace.timing_profile(1).late(trace.data, "nope"),
    "layout": lambda trace: trace.svg("nope"),
    "lanes": lambda trace: trace.svg("swimlanes", lanes="nope"),
}


@pytest.mark.parametrize("option", ASKED)
def test_each_question_refuses_what_it_does_not_know_and_names_what_it_does(option):
    with pytest.raises(ConfigurationError, match=rf"^{option}='nope' is not known\. Choose "):
        ASKED[option](scenario("k1"))


def test_clocks_have_two_methods_and_a_resolution_of_at_least_nothing():
    with pytest.raises(ConfigurationError, match=r"method='nope' is not known\. Choose least, midpoint"):
        scenario().clock(method="nope")
    for epsilon in (-1, 2**70, "1 ms"):
        with pytest.raises(ConfigurationError, match=r"is no resolution of times\. Give microseconds, 0 or more"):
            scenario().clock(epsilon_us=epsilon)


def test_a_choice_is_a_word_and_a_hostile_one_is_shown_as_text():
    assert check_choice("rows", "events", ("events", "traces")) == "events"
    with pytest.raises(ConfigurationError, match=r"rows=5 is not known"):
        check_choice("rows", 5, ("events", "traces"))
    with pytest.raises(ConfigurationError) as raised:
        check_choice("rows", "\x1b" * 1000, ("events",))
    assert "\x1b" not in str(raised.value)
    assert len(str(raised.value)) < 200


def test_one_word_is_a_list_of_one():
    assert listed("payload") == ["payload"]
    assert listed(("a", "b")) == ("a", "b")
    trace = scenario("k1")
    assert trace.diff(trace, label="source").frame["key"].to_list()[0] == "shop"


WRONG = {
    "drift": (lambda trace: trace.type_map().drift(trace.type_map("source")), "One map is by event_type, the other by"),
    "diff": (lambda trace: trace.diff("k1"), "A str is no trace to compare with"),
    "query": (lambda trace: query(trace.data, 5), "A query is a text, or made of"),
    "end": (lambda trace: trace.unfinished(end_us="soon"), "end_us='soon' is no time"),
    "events": (lambda trace: trace.findings().events("nope"), "There is no rule nope"),
}


@pytest.mark.parametrize("asked", WRONG)
def test_what_is_none_of_the_things_that_are_asked_for_is_refused(asked):
    ask, said = WRONG[asked]
    with pytest.raises(WorkbenchError, match=re.escape(said)):
        ask(scenario())


def test_the_events_of_one_row_of_a_diff():
    assert scenario("k1").diff(scenario("k2")).events("OP")["event"].to_list() == ["a1", "b1"]
