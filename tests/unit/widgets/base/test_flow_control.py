from __future__ import annotations

from workbench.widgets.base.flow_control import LIMIT, SILENCE_S, STEP_LIMIT_S, FlowControl


def attached() -> FlowControl:
    flow = FlowControl()
    flow.attach(0.0)
    return flow


def test_nothing_is_sent_before_a_view_is_there() -> None:
    assert not FlowControl().open


def test_two_ticks_may_wait_for_an_answer() -> None:
    flow = attached()
    assert [flow.send(0.0) for _ in range(LIMIT)] == [1, 2]
    assert not flow.open
    assert flow.acknowledge(1)
    assert flow.open


def test_an_answer_counts_once_and_only_for_what_was_sent() -> None:
    flow = attached()
    flow.send(0.0)
    assert not flow.acknowledge(2)
    assert not flow.acknowledge(0)
    assert flow.acknowledge(1)
    assert not flow.acknowledge(1)


def test_silence_of_a_running_loop_detaches() -> None:
    flow = attached()
    flow.send(0.0)
    now = 0.0
    while flow.turn(now):
        now += 0.1
    assert SILENCE_S <= now <= SILENCE_S + 0.3
    assert not flow.open


def test_a_blocking_cell_is_not_a_closed_tab() -> None:
    flow = attached()
    flow.send(0.0)
    assert flow.turn(3_600.0)
    assert flow.turn(3_600.0 + STEP_LIMIT_S)
    assert flow.acknowledge(1)
    assert flow.turn(3_700.0)


def test_without_anything_to_answer_there_is_no_silence() -> None:
    flow = attached()
    for now in range(1_000):
        assert flow.turn(float(now))


def test_a_return_starts_with_nothing_unacknowledged() -> None:
    flow = attached()
    flow.send(0.0)
    flow.send(0.0)
    flow.attach(100.0)
    assert flow.open
    assert flow.turn(100.1)


def test_the_pulse_is_due_after_five_quiet_seconds() -> None:
    flow = attached()
    flow.send(10.0)
    assert not flow.pulse_due(14.9)
    assert flow.pulse_due(15.0)
