"""Variants: the canonical forms of section 10, grouping, hostile names."""

from __future__ import annotations

from decoded_events import event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from order_flow import scenario, trace_of_lists
from traces import trace_of

from workbench.tracing.cases import cases_by_correlation
from workbench.tracing.order.variants import CanonicalForms, escaped

FORMS = {"k1": "OP(PA(IS,SC{SR}),SR)", "k2": "OP(PF(OC),SR)", "k3": "OP(PA(IS,SC{SR}),SR)", "k4": "OP(PA(IS),SR)"}


def test_the_forms_and_the_digits_of_section_10():
    found = scenario().variants().frame.set_index("form")
    assert set(found.index) == set(FORMS.values())
    assert found.loc[FORMS["k1"], ["variant", "n"]].to_list() == ["102a7f73c65dc829", 2]
    assert {flow: scenario(flow).variants().frame["form"].to_list() for flow in FORMS} == {
        flow: [form] for flow, form in FORMS.items()
    }


def test_rare_variants_come_first_with_their_difference_to_the_commonest():
    frame = scenario().variants().frame
    assert frame["n"].to_list() == [1, 1, 2]
    assert frame["difference"].to_list()[-1] == ""
    assert dict(zip(frame["form"], frame["difference"], strict=True))["OP(PA(IS),SR)"] == "-1 SC"
    assert "the commonest; for example k1" in repr(scenario().variants())


def test_special_characters_of_types_are_escaped_and_roots_are_joined():
    assert escaped("a(b)|c$\\") == "a\\(b\\)\\|c\\$\\\\"
    trace = trace_of_lists([["a", 1, [], "k", "b|", ""], ["b", 2, [], "k", "a", ""]])
    assert trace.variants().frame["form"].to_list() == ["a|b\\|"]


def test_nothing_and_no_correlation():
    assert repr(trace_of(event_table([])).variants()) == "variants: 0 shapes of 0 traces"
    assert trace_of(event_table([{"event_id": "a"}])).variants().left_out == 1


EVENTS = st.lists(st.tuples(st.sampled_from("ABC"), st.lists(st.integers(0, 20), max_size=2)), min_size=1, max_size=7)


@settings(max_examples=20, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=4))
def test_traces_are_together_exactly_if_their_forms_are_equal(traces):
    rows = []
    for number, events in enumerate(traces):
        for place, (kind, causes) in enumerate(events):
            named = sorted({f"{number}.{cause % place}" for cause in causes}) if place else []
            rows.append([f"{number}.{place}", len(rows), named, f"k{number}", kind, ""])
    trace = trace_of_lists(rows)
    cases = cases_by_correlation(trace.data)
    written = CanonicalForms(trace.data, cases)
    forms = [written.of((cases.case == case).nonzero()[0]) for case in range(len(traces))]
    frame = trace.variants().frame
    assert dict(zip(frame["form"], frame["n"], strict=True)) == {form: forms.count(form) for form in forms}
