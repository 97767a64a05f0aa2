"""State files of packaged brokers."""

from __future__ import annotations

from workbench.bus.kafka.local import LocalBroker, state


def test_state_files_come_and_go_and_damaged_ones_do_no_harm(tmp_path):
    broker = LocalBroker(29092, 29093, 1, tmp_path, "4.4.0", "abc")
    state.remember(tmp_path, broker)
    for name, text in (("1.json", "{"), ("2.json", '{"port": 2}'), ("3.json", "[]")):
        (state.registry(tmp_path) / name).write_text(text)
    assert state.known(tmp_path) == [broker]
    assert state.process_of(broker) is None
    state.forget(tmp_path, broker.port)
    state.forget(tmp_path, broker.port)
    assert state.known(tmp_path) == []
