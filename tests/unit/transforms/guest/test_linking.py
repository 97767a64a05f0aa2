"""Host functions get the signed numbers of the guest, whatever their types, and answer with one."""

from __future__ import annotations

import pytest
import wasmtime

from workbench.transforms.guest.linking import HostFunctions

TEXT = """(module
  (import "m" "wide" (func $wide (param i32 i64 i32) (result i32)))
  (import "m" "narrow" (func $narrow (param i32 i32) (result i32)))
  (import "m" "none" (func $none))
  (func (export "wide") (param i32 i64 i32) (result i32)
    (call $wide (local.get 0) (local.get 1) (local.get 2)))
  (func (export "narrow") (param i32 i32) (result i32) (call $none) (call $narrow (local.get 0) (local.get 1))))
"""
EDGES = [0, 1, -1, 2**31 - 1, -(2**31)]


@pytest.fixture
def guest():
    engine, seen = wasmtime.Engine(), []
    linker = wasmtime.Linker(engine)
    linked = HostFunctions(linker)

    def answering(*numbers: int) -> int:
        seen.append(numbers)
        return numbers[0]

    module = wasmtime.Module(engine, TEXT)
    for one in module.imports:
        function = (lambda: seen.append(())) if one.name == "none" else answering
        linked.define(one.module, one.name, one.type, function)
    store = wasmtime.Store(engine)
    exports = linker.instantiate(store, module).exports(store)
    yield lambda name, *numbers: exports[name](store, *numbers), seen
    store.close()


@pytest.mark.parametrize("number", EDGES)
def test_numbers_of_32_bits(guest, number):
    call, seen = guest
    assert call("narrow", number, -7) == number
    assert seen == [(), (number, -7)]


@pytest.mark.parametrize("wide", [*EDGES, 2**63 - 1, -(2**63), 2**32, -(2**32) - 5])
def test_numbers_of_64_bits(guest, wide):
    call, seen = guest
    assert call("wide", -2, wide, 3) == -2
    assert seen == [(-2, wide, 3)]


def test_a_function_that_is_defined_twice_is_an_error_of_the_package():
    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linked = HostFunctions(linker)
    kind = wasmtime.FuncType([], [])
    linked.define("m", "f", kind, lambda: None)
    with pytest.raises(wasmtime.WasmtimeError, match="defined twice"):
        linked.define("m", "f", kind, lambda: None)
