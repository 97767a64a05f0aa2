from __future__ import annotations

from workbench.widgets.base.flow_control import LIMIT, SILENCE_S, STEP_LIMIT_S, FlowControl


def attached() -> FlowControl:
    credit = FlowControl()
    credit.attach(0.0)
    return credit


def test_nothing_is_sent_before_a_view_is_there() -> None:
    assert not FlowControl().open


def test_two_ticks_may_wait_for_an_answer() -> None:
    credit = attached()
    assert [credit.send(0.0) for _ in range(LIMIT)] == [1, 2]
    assert not credit.open
    assert credit.acknowledge(1)
    assert credit.open


def test_an_answer_counts_once_and_only_for_what_was_sent() -> None:
    credit = attached()
    credit.send(0.0)
    assert not credit.acknowledge(2)
    assert not credit.acknowledge(0)
    assert credit.acknowledge(1)
    assert not credit.acknowledge(1)


def test_silence_of_a_running_loop_detaches() -> None:
    credit = attached()
    credit.send(0.0)
    now = 0.0
    while credit.turn(now):
        now += 0.1
    assert SILENCE_S <= now <= SILENCE_S + 0.3
    assert not credit.open


def test_a_blocking_cell_is_not_a_closed_tab() -> None:
    credit = attached()
    credit.send(0.0)
    assert credit.turn(3_600.0)
    assert credit.turn(3_600.0 + STEP_LIMIT_S)
    assert credit.acknowledge(1)
    assert credit.turn(3_700.0)


def test_without_anything_to_answer_there_is_no_silence() -> None:
    credit = attached()
    for now in range(1_000):
        assert credit.turn(float(now))


def test_a_return_starts_with_a_clean_account() -> None:
    credit = attached()
    credit.send(0.0)
    credit.send(0.0)
    credit.attach(100.0)
    assert credit.open
    assert credit.turn(100.1)


def test_the_pulse_is_due_after_five_quiet_seconds() -> None:
    credit = attached()
    credit.send(10.0)
    assert not credit.pulse_due(14.9)
    assert credit.pulse_due(15.0)
