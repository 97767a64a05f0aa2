"""Modules that a broker accepts, and the reasons why others are refused, without running anything of them."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
import wasmtime
from wat_guests import FUNCTIONS, MARK, MARK_2, guest

from workbench.errors import TransformError
from workbench.transforms.guest.module import check_module, read_module
from workbench.transforms.guest.signatures import SIGNATURES, WASI
from workbench.transforms.samples import sample_names


def test_a_file_a_url_bytes_and_text_are_the_same_module(tmp_path):
    code = bytes(wasmtime.wat2wasm(guest()))
    binary, text = tmp_path / "my view.wasm", tmp_path / "v.wat"
    binary.write_bytes(code)
    text.write_text(guest())
    found = [read_module(one) for one in (binary, str(binary), binary.as_uri(), code, text, text.read_bytes())]
    assert {one.digest for one in found} == {hashlib.sha256(code).hexdigest()}
    assert {one.code for one in found} == {code}
    assert [one.name for one in found] == ["my view", "my view", "my view", "transform", "v", "transform"]
    assert read_module(found[0]) is found[0]
    assert found[0].abi_versions == (1,)
    assert not found[0].uses_registry


def test_both_versions_are_known():
    assert check_module("v", guest(mark=MARK_2).encode()).abi_versions == (2,)
    assert check_module("v", guest(mark=MARK + MARK_2).encode()).abi_versions == (1, 2)


def test_a_broker_links_44_functions_of_wasi():
    assert len(SIGNATURES[WASI]) == 44


@pytest.mark.parametrize("name", sample_names())
def test_samples_are_modules(name):
    assert read_module(f"sample:{name}").name == name


BODY = '(memory (export "memory") 1) (func (export "_start"))'


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (b"", "neither as a WebAssembly binary nor as WebAssembly text"),
        (b"\x7fELF", "neither as"),
        (b"\0asm\x01\0\0\0", "imports neither redpanda_transform.check_abi_version_1 nor"),
        (b"\0asm\x01\0\0\0\xff", "no valid module"),
        (b"(module (func", "no valid module"),
        (f"(module {BODY})", "imports neither"),
        (f'(module {MARK} (memory (export "memory") 1))', "does not export the function _start"),
        (f'(module {MARK} (memory (export "memory") 1) (func (export "_start") (param i32)))', "_start"),
        (f'(module {MARK} (memory (export "memory") 1) (global (export "_start") i32 (i32.const 1)))', "_start"),
        (f'(module {MARK} (memory (export "mem") 1) (func (export "_start")))', "memory under the name 'memory'"),
        (f'(module {MARK} (memory (export "memory") i64 1) (func (export "_start")))', "no valid module"),
        (f'(module {MARK} (import "env" "abort" (func)) {BODY})', "imports env.abort, which a broker does not offer"),
        (f'(module {MARK} (import "wasi_snapshot_preview1" "sock_accept" (func)) {BODY})', "sock_accept"),
        (f'(module {MARK} (import "redpanda_transform" "write_record" (func)) {BODY})', "as :, and it is ii:i"),
        (f'(module {MARK} (import "redpanda_transform" "write_record" (global i32)) {BODY})', "as no function"),
        (f'(module {MARK} (import "redpanda_schema_registry" "check_abi_version_1" (func)) {BODY})', "0 is"),
        (f'(module {MARK} (import "\\u{{1b}}[31m" "x" (func)) {BODY})', r"\\x1b\[31m\.x"),
    ],
)
def test_what_a_broker_refuses_is_refused_with_the_reason(code, why):
    with pytest.raises(TransformError, match=why) as caught:
        check_module("v", code if isinstance(code, bytes) else code.encode())
    assert (caught.value.name, caught.value.stage) == ("v", "check")


def test_all_faults_are_named():
    with pytest.raises(TransformError) as caught:
        check_module("v", b'(module (import "env" "a" (func)) (import "env" "b" (func)))')
    for fault in ("env.a", "env.b", "check_abi_version_1", "_start", "'memory'"):
        assert fault in str(caught.value)


def test_a_large_module_is_refused_before_it_is_compiled():
    with pytest.raises(TransformError, match=r"larger than 10,485,760 bytes"):
        check_module("v", b"\0asm" + bytes(10 << 20))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nothing.wasm", "cannot be read: No such file"),
        ("https://example.org/view.wasm", "its digest is not named"),
        ("sample:other", "there are mask, passthrough"),
    ],
)
def test_what_cannot_be_read_says_so(source, why):
    with pytest.raises(TransformError, match=why):
        read_module(source)


def test_without_wasmtime_the_extra_is_named():
    code = (
        "import sys; sys.modules['wasmtime'] = None\n"
        "from workbench.transforms.guest.module import read_module\n"
        "from workbench.errors import MissingExtraError\n"
        "try: read_module('sample:mask')\n"
        "except MissingExtraError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'eventbus-workbench[transforms]'" in said


def test_an_import_of_functions_is_possible_twice():
    check_module("v", guest(imports=FUNCTIONS.replace("$", "$again_")).encode())
