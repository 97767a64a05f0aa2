"""Sources are built by the toolchain of their language; one that is missing is named."""

from __future__ import annotations

import stat

import pytest

from workbench.errors import TransformError
from workbench.transforms import build_module, missing_toolchains, read_module

RUST = """
#[link(wasm_import_module = "redpanda_transform")]
extern "C" { fn check_abi_version_1(); }
fn main() { unsafe { check_abi_version_1() } }
"""


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A path on which only these tools are; each is the rest of a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def made(**scripts):
        for name, script in scripts.items():
            file = folder / name
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)

    return made


@pytest.fixture
def source(tmp_path):
    def made(name, text="x"):
        file = tmp_path / "src" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    return made


def test_each_missing_toolchain_is_named(tools, source):
    tools()
    assert missing_toolchains() == {
        "Rust": "`rustc` is not installed",
        "Go": "neither `tinygo` nor `go` is installed",
        "JavaScript": "JavaScript needs Redpanda's command `rpk`, with `rpk transform build` for a project of "
        "`rpk transform init`; `rpk` is not installed",
    }
    for name, why in (
        ("a.rs", "rustc"),
        ("a.go", "tinygo"),
        ("a.js", "rpk"),
        ("a.c", "it is no .rs"),
        ("Cargo.toml", "it is no"),
    ):
        with pytest.raises(TransformError, match=why):
            build_module(source(name))
    with pytest.raises(TransformError, match="no such file"):
        build_module("gone.rs")
    tools(rustc="exit 1", rpk="exit 0", go="exit 0")
    assert missing_toolchains() == {"Rust": "Rust has no target wasm32-wasip1: run `rustup target add wasm32-wasip1`"}


def test_go_is_built_by_the_smaller_of_two_toolchains(tools, source, tmp_path):
    write = 'while [ "$1" != -o ]; do shift; done; echo "$GOOS by $0" > "$2"'
    tools(go=write)
    assert build_module(source("a.go")) == tmp_path / "src" / "a.wasm"
    assert (tmp_path / "src" / "a.wasm").read_text().startswith("wasip1 by")
    tools(tinygo=write)
    source("go.mod")
    made = build_module(tmp_path / "src", tmp_path / "b.wasm")
    assert made.read_text().strip().endswith("tinygo")


def test_projects_are_built_by_their_own_tool(tools, source, tmp_path):
    folder = "mkdir -p target/wasm32-wasip1/release"
    tools(
        cargo=f"PATH=/bin:/usr/bin; {folder}; echo c > target/wasm32-wasip1/release/big-orders.wasm",
        rpk="echo r > masked.wasm",
        rustc="echo /",
    )
    source("Cargo.toml", '[package]\nname = "big-orders"')
    assert build_module(tmp_path / "src").read_text() == "c\n"
    source("transform.yaml", 'name: "masked"\nlanguage: javascript')
    assert build_module(tmp_path / "src", tmp_path / "r.wasm").read_text() == "r\n"
    source("transform.yaml", "name: other")
    with pytest.raises(TransformError, match=r"has written no other\.wasm"):
        build_module(tmp_path / "src", tmp_path / "r.wasm")
    (tmp_path / "src" / "transform.yaml").unlink()
    source("Cargo.toml", "[workspace]")
    with pytest.raises(TransformError, match="names no package"):
        build_module(tmp_path / "src")


def test_what_the_compiler_says_is_shown_escaped(tools, source):
    tools(go="printf 'line 3: \\033[31mno\\n' >&2; exit 2", tinygo="exec /bin/sleep 30")
    with pytest.raises(TransformError, match="was not done after"):
        build_module(source("a.go"), timeout_s=0.05)
    tools(tinygo="printf 'line 3: \\033[31mno\\n' >&2; exit 2")
    with pytest.raises(TransformError, match=r"refused it:\nline 3: \\x1b\[31mno"):
        build_module(source("a.go"))
    tools(tinygo="not a shell line '")
    with pytest.raises(TransformError, match="tinygo"):
        build_module(source("a.go"))


def test_rust_is_built_where_it_is_there_and_else_what_is_missing_is_said(source):
    file = source("big.rs", RUST)
    missing = missing_toolchains().get("Rust")
    if missing is None:
        assert read_module(build_module(file)).abi_versions == (1,)
    else:
        with pytest.raises(TransformError) as caught:
            build_module(file)
        assert missing in str(caught.value)
