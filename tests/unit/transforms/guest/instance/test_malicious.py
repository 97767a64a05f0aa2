"""Guests that do harm end with a reason and the record at work, in bounded time and memory."""

from __future__ import annotations

import re
import threading
import time

import pytest
from wat_guests import FUNCTIONS, MARK, MARK_2, NEXT, guest, log, records, run

from workbench.transforms.limits import Limits

SHORT = Limits(runtime_ms=5, host_work=12_000)
LOOP = "(loop $for_ever (br $for_ever))"
PROC_EXIT = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))'
RANDOM = '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))'
AT_1 = "(if (i32.eq (local.get $n) (i32.const 1)) (then {}))"
BIG = "(i32.const -1)"
WRITE_ALL = "(drop (call $write (i32.const 4096) (local.get $length)))"


@pytest.mark.promise("RP-6")
@pytest.mark.parametrize(
    ("harm", "why", "more"),
    [
        (LOOP, "computed longer than one record may take", {}),
        ("(unreachable)", r"ends it \(unreachable\)", {}),
        ("(drop (i32.load (i32.const 200000)))", "memory that it does not have", {}),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "divide by zero", {}),
        ("(call $deeper)", "stack is full", {"rest": "(func $deeper (call $deeper) (call $deeper))"}),
        (f"(drop (call $write (i32.const 0) {BIG}))", "named the bytes 0 to 4294967295", {}),
        (f"(drop (call $write {BIG} (i32.const 1)))", "named the bytes 4294967295 to 4294967296", {}),
        ("(drop (call $write (i32.const 131072) (i32.const 1)))", "memory ends at 131072", {}),
        (f"(drop (call $write_to (i32.const 0) (i32.const 0) (i32.const 0) {BIG}))", "named the bytes", {}),
        (f"(drop (call $next {BIG} {BIG} {BIG} {BIG} {BIG}))", "named the bytes", {}),
        (f"(drop (call $fd_write (i32.const 1) (i32.const 0) {BIG} (i32.const 0)))", "named the bytes", {}),
        (f"(drop (call $fd_write (i32.const 1) {BIG} (i32.const 1) (i32.const 0)))", "named the bytes", {}),
        ("(call $exit (i32.const 0))", "exit code 0", {"imports": PROC_EXIT}),
        ("(call $exit (i32.const 7))", "exit code 7", {"imports": PROC_EXIT}),
        (f"(drop (call $random (i32.const 0) {BIG}))", "named the bytes", {"imports": RANDOM}),
        (f"(loop $write_on {WRITE_ALL} (br $write_on))", "wrote more than 10,000 records for one record", {}),
        (f"(loop $log_on {log('x')} (br $log_on))", "host functions more than 12,000 times|longer", {}),
        (f"(loop $read_on (drop {NEXT.replace('60000', '0')}) (br $read_on))", "longer than|host functions more", {}),
        ("(return)", "returned from _start", {}),
    ],
)
def test_harm_at_a_record_names_the_record(harm, why, more):
    made, found = run(guest(AT_1.format(harm) + WRITE_ALL, **more), limits=SHORT)
    (error,) = made.errors
    assert error.offset == (None if "call $next" in harm else 1)
    assert re.search(why, error.reason), error.reason
    assert [one["source_offset"] for one in found] == [0] if "call $next" not in harm else found
    assert not made.counts.finished


@pytest.mark.parametrize("harm", [LOOP, "(unreachable)", "(return)"])
def test_harm_at_the_start_has_no_record(harm):
    made, found = run(guest(before=harm), limits=SHORT, on_error="skip")
    (error,) = made.errors
    assert error.offset is None
    assert found == []
    assert made.counts.skipped == 0


def test_a_start_function_that_calls_the_host_is_stopped():
    write = "(call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))"
    (error,) = run(guest(rest=f"(func $early (drop {write})) (start $early)"))[0].errors
    assert "before it was started" in error.reason


@pytest.mark.promise("RP-6")
def test_an_endless_loop_ends_soon():
    begin = time.process_time()
    made, _ = run(guest(LOOP), limits=Limits(runtime_ms=50))
    assert made.errors[0].offset == 0
    assert time.process_time() - begin < 5


@pytest.mark.promise("RP-6")
def test_memory_ends_at_its_limit_and_the_guest_is_told():
    grow = "(if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))) (br $on)"
    made, _ = run(guest(f"(loop $on {grow})"))
    assert "unreachable" in made.errors[0].reason
    made, found = run(guest(f"(drop (memory.grow (i32.const 30))) {WRITE_ALL}"))
    assert len(found) == 3
    assert made.counts.finished


def test_a_module_that_begins_with_too_much_is_not_started():
    for memory, rest in (("33", ""), ("1", "(table 20000 funcref)")):
        (error,) = run(guest(memory=memory, rest=rest))[0].errors
        assert "could not be started" in error.reason
        assert error.offset is None


def test_large_outputs_end_at_their_limit():
    limits = Limits(output_bytes_per_record=1 << 20)
    many = f"(loop $on {WRITE_ALL} (br $on))"
    made, found = run(guest(many), records([b"x" * 50_000]), limits=limits)
    assert "wrote more than 1,048,576 bytes" in made.errors[0].reason
    assert found == []


def test_io_vectors_that_overlap_are_not_added_up():
    vectors = """(local.set $i (i32.const 8192)) (loop $fill (i32.store (local.get $i) (i32.const 0))
        (i32.store offset=4 (local.get $i) (i32.const 131072)) (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $fill (i32.lt_u (local.get $i) (i32.const 98304))))"""
    made, _ = run(guest(f"{vectors} (drop (call $fd_write (i32.const 1) (i32.const 8192) (i32.const 10000) (i32.const 0)))"))  # fmt: skip  # noqa: E501
    assert made.counts.finished
    assert all(len(line.text) <= 1024 for line in made.log.lines)


def test_a_log_without_end_is_bounded_and_counted():
    made, _ = run(guest(log("\x1b[31mred") * 10), records([b"x"] * 200), limits=Limits(log_lines=50))
    assert made.log.written == 2000
    assert (len(made.log.lines), made.log.dropped) == (50, 1950)
    assert made.log.lines[-1].text == "\x1b[31mred"
    assert made.log.lines[-1].offset == 199


def test_the_last_lines_come_with_the_error():
    made, _ = run(guest(f"{log('before the fall', 2)} (unreachable)"))
    (line,) = made.errors[0].last_lines
    assert (line.level, line.text, line.offset) == ("warn", "before the fall", 0)


def test_skipping_leaves_out_the_record_with_all_that_was_written_for_it():
    made, found = run(guest(WRITE_ALL + AT_1.format("(unreachable)")), records([b"x"] * 5), on_error="skip")
    # A new instance counts from 0 again: records 1 and 3 fail.
    assert [one["source_offset"] for one in found] == [0, 2, 4]
    assert (made.counts.records, made.counts.skipped, made.counts.finished) == (3, 2, True)
    assert [one.offset for one in made.errors] == [1, 3]


def test_skipping_has_an_end():
    made, _ = run(guest("(unreachable)"), records([b"x"] * 50), on_error="skip", limits=Limits(errors=7))
    assert (len(made.errors), made.counts.skipped, made.counts.finished) == (7, 6, False)


def test_an_error_of_the_input_is_raised_and_not_taken_for_one_of_the_guest():
    class Broken:
        num_rows = 1

        def slice(self, begin, rows):
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        run(guest(), Broken())


def test_instances_in_threads_do_not_see_the_errors_of_others():
    reasons = {}

    def work(number):
        harm = "(unreachable)" if number % 2 else f"(drop (call $write {BIG} (i32.const 1)))"
        reasons[number] = {run(guest(harm))[0].errors[0].reason.split()[1] for _ in range(20)}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reasons == {0: {"named"}, 1: {"reached"}, 2: {"named"}, 3: {"reached"}}


def test_after_the_end_of_its_input_a_guest_can_do_nothing():
    # It does not look at the result of the header, and writes on.
    text = guest().replace("(then (return))", f"(then {WRITE_ALL} (unreachable))")
    made, found = run(text)
    assert made.counts.finished
    assert made.errors == []
    assert len(found) == 3


def test_both_marks_and_functions_imported_twice_run():
    made, found = run(guest(imports=FUNCTIONS.replace("$", "$again_"), mark=MARK + MARK_2))
    assert made.counts.finished
    assert len(found) == 3
