"""Builds a data transform from its source with the toolchain of its language, and says which one is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import TransformError
from workbench.text import duration_text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINES = 12
"""Last lines of the compiler that an error repeats."""
_RUST_TARGET = "wasm32-wasip1"
_SDK = "Redpanda's command `rpk`, with `rpk transform build` for a project of `rpk transform init`"


@dataclass(frozen=True, slots=True)
class _Build:
    """A command that writes a module."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    made: Path


def build_module(
    source: str | os.PathLike[str], into: str | os.PathLike[str] | None = None, *, timeout_s: float = 600
) -> Path:
    """Build a WebAssembly module for `Snapshot.transform` and views, and return its file.

    - A ``.rs`` file is built by ``rustc``, a folder with ``Cargo.toml`` by ``cargo``.
    - A ``.go`` file or a folder with ``go.mod`` is built by ``tinygo``, else by ``go``, whose modules need more memory
      than a broker gives by default: 4 MiB (``limits=Limits(memory_bytes=4 << 20)``).
    - A folder with ``transform.yaml``, as Redpanda's SDK for Rust, Go or JavaScript has, is built by ``rpk``.

    Args:
        source: A source file, or the folder of a project.
        into: The file to write; by default beside the source, with the suffix ``.wasm``.
        timeout_s: Longest time that the compiler may take.

    Raises:
        TransformError: The toolchain is not there (the message says which one), or it refuses the source.
    """
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise _error(path, "there is no such file")
    target = path.with_suffix(".wasm") if into is None else Path(into).expanduser().resolve()
    build = _build_of(path, target)
    _run(path, build, timeout_s)
    if not build.made.is_file():
        raise _error(path, f"{build.command[0]} has written no {visible(build.made.name, 80)}")
    if build.made != target:
        shutil.copyfile(build.made, target)
    return target


def missing_toolchains() -> dict[str, str]:
    """Return what is missing on this machine to build transforms, by language; nothing of those that can be built."""
    found = {language: _missing(language) for language in ("Rust", "Go", "JavaScript")}
    return {language: missing for language, missing in found.items() if missing}


def _build_of(path: Path, target: Path) -> _Build:
    folder = path if path.is_dir() else path.parent
    if (path / "transform.yaml").is_file():
        _require("JavaScript", path, "rpk")
        return _Build(("rpk", "transform", "build"), folder, {}, path / f"{_transform_name(path)}.wasm")
    if path.suffix == ".rs":
        _require("Rust", path)
        command = ("rustc", "--edition", "2021", "-O", "--target", _RUST_TARGET, "-o", str(target), str(path))
        return _Build(command, folder, {}, target)
    if (path / "Cargo.toml").is_file():
        _require("Rust", path, "cargo")
        made = path / "target" / _RUST_TARGET / "release" / f"{_crate_name(path)}.wasm"
        return _Build(("cargo", "build", "--release", "--target", _RUST_TARGET), folder, {}, made)
    if path.suffix == ".go" or (path / "go.mod").is_file():
        _require("Go", path)
        what = "." if path.is_dir() else str(path)
        if shutil.which("tinygo"):
            return _Build(("tinygo", "build", "-target=wasip1", "-o", str(target), what), folder, {}, target)
        environment = {"GOOS": "wasip1", "GOARCH": "wasm"}
        return _Build(("go", "build", "-o", str(target), what), folder, environment, target)
    if path.suffix in {".js", ".ts"}:
        raise _error(path, f"transforms in JavaScript need {_SDK}: give the folder of the project")
    raise _error(path, "it is no .rs or .go file, and no folder with Cargo.toml, go.mod or transform.yaml")


def _require(language: str, path: Path, tool: str | None = None) -> None:
    missing = _missing(language) if tool is None or shutil.which(tool) else f"`{tool}` is not installed"
    if missing:
        raise _error(path, missing)


def _missing(language: str) -> str:
    """Say what is missing for a language; an empty text where nothing is."""
    if language == "JavaScript":
        return "" if shutil.which("rpk") else f"JavaScript needs {_SDK}; `rpk` is not installed"
    if language == "Go":
        return "" if shutil.which("tinygo") or shutil.which("go") else "neither `tinygo` nor `go` is installed"
    if not shutil.which("rustc"):
        return "`rustc` is not installed"
    found = subprocess.run(  # noqa: S603 - a fixed command
        ["rustc", "--print", "target-libdir", "--target", _RUST_TARGET],  # noqa: S607 - found on the path of the user
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if found.returncode or not Path(found.stdout.strip()).is_dir():
        return f"Rust has no target {_RUST_TARGET}: run `rustup target add {_RUST_TARGET}`"
    return ""


def _run(path: Path, build: _Build, timeout_s: float) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the toolchain of the user, over the user's own source
            build.command,
            cwd=build.folder,
            env={**os.environ, **build.environment},
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _error(path, f"{build.command[0]} was not done after {duration_text(timeout_s, 's')}") from None
    except OSError as error:
        raise _error(path, f"{build.command[0]} does not start: {error}") from error
    if done.returncode:
        said = (done.stderr + done.stdout).decode("utf-8", "replace").strip().splitlines()[-_LINES:]
        raise _error(path, f"{build.command[0]} refused it:\n" + "\n".join(visible(line, 200) for line in said))


def _transform_name(folder: Path) -> str:
    """Return the name that the project of Redpanda's SDK gives its module."""
    for line in (folder / "transform.yaml").read_text("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "name":
            return value.strip().strip("'\"")
    return folder.name


def _crate_name(folder: Path) -> str:
    import tomllib

    try:
        found = tomllib.loads((folder / "Cargo.toml").read_text("utf-8"))
        return str(found["package"]["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise _error(folder, f"Cargo.toml names no package: {visible(str(error), 200)}") from error


def _error(path: Path, why: str) -> TransformError:
    name = path.stem
    return TransformError(f"{visible(path.name, 80)} was not built: {why}", name=name, stage="build")
