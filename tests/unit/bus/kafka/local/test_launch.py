"""Reading the packaged broker's log."""

from __future__ import annotations

from workbench.bus.kafka.local.launch import tail


def test_a_log_is_quoted_from_a_position_errors_first(tmp_path):
    log = tmp_path / "broker.log"
    log.write_text("old ERROR line\n")
    start = log.stat().st_size
    log.write_text(log.read_text() + "one\n[main] ERROR two\nthree\n")
    assert tail(log, start) == "[main] ERROR two"
    assert tail(tmp_path / "none", 0) == ""
