"""Reads a WebAssembly module and checks it as a broker does before it runs anything of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from workbench.errors import TransformError
from workbench.text import size_text, visible
from workbench.transforms.guest.download import download
from workbench.transforms.guest.engine import engine, wasmtime_package
from workbench.transforms.guest.signatures import MARKS, REGISTRY, SIGNATURES, TRANSFORM
from workbench.transforms.limits import LARGEST_MODULE_BYTES
from workbench.transforms.samples import PREFIX, sample_names, sample_path

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import wasmtime

ModuleLike: TypeAlias = "str | os.PathLike[str] | bytes | TransformModule"
"""A path or ``file:`` URL of a ``.wasm`` or ``.wat`` file, an ``https:`` URL with its digest, a sample
(``sample:mask``), bytes, or a checked module."""

_MAGIC = b"\0asm"
_LETTERS = {"i32": "i", "i64": "l", "f32": "f", "f64": "d"}
_VERSION_MARK = "check_abi_version_"


@dataclass(frozen=True, slots=True)
class TransformModule:
    """A checked module."""

    name: str
    """Name of its file without the ending; ``transform`` for bytes."""
    code: bytes = field(repr=False)
    """The binary, as it is deployed."""
    digest: str
    """SHA-256 of the binary, in hexadecimal."""
    compiled: wasmtime.Module = field(repr=False, compare=False)

    @property
    def abi_versions(self) -> tuple[int, ...]:
        """The versions of the interface that it was built for; the second one can choose the output topic."""
        names = {one.name for one in self.compiled.imports if one.module == TRANSFORM}
        return tuple(version for version, mark in enumerate(MARKS, 1) if mark in names)

    @property
    def uses_registry(self) -> bool:
        """Whether it asks the schema registry."""
        return any(one.module == REGISTRY for one in self.compiled.imports)


def read_module(source: ModuleLike, *, allow_download: bool = False) -> TransformModule:
    """Read and check a module. Nothing of it is run.

    Args:
        source: A path or ``file:`` URL of a ``.wasm`` file, or of a ``.wat`` file, which is translated; bytes of
            either; ``sample:NAME`` for a transform that is shipped; or ``https://host/view.wasm#sha256=HEX``, whose
            digest has to be this one.
        allow_download: Whether an ``https:`` URL may be without a digest; ``.digest`` of the module tells it then.

    Raises:
        TransformError: It cannot be read, or a broker would refuse it; the message says why.
        MissingExtraError: wasmtime is not installed.
    """
    if isinstance(source, TransformModule):
        return source
    wasmtime_package()
    if isinstance(source, bytes | bytearray | memoryview):
        return check_module("transform", bytes(source))
    if str(source).startswith(("http:", "https:")):
        return check_module(*download(str(source), unpinned=allow_download))
    path = _path(str(source))
    try:
        with path.open("rb") as file:
            code = file.read(LARGEST_MODULE_BYTES + 1)
    except OSError as error:
        raise TransformError(
            f"The module {visible(str(path), 200)} cannot be read: {error.strerror or error}.",
            name=path.stem,
            stage="check",
        ) from error
    return check_module(path.stem, code)


def check_module(name: str, code: bytes) -> TransformModule:
    """Check a binary module, or one in text form, which is translated first.

    Raises:
        TransformError: A broker would refuse it.
    """
    if len(code) > LARGEST_MODULE_BYTES:
        raise _refusal(name, f"it is larger than {size_text(LARGEST_MODULE_BYTES)}, the most that a broker accepts")
    package = wasmtime_package()
    try:
        if not code.startswith(_MAGIC):
            if not code.lstrip().startswith((b"(", b";;")):
                raise _refusal(name, "it begins neither as a WebAssembly binary nor as WebAssembly text")
            code = bytes(package.wat2wasm(code))
        compiled = package.Module(engine(), code)
    except package.WasmtimeError as error:
        raise _refusal(name, f"it is no valid module: {visible(str(error), 300)}") from error
    faults = [*_import_faults(compiled), *_export_faults(compiled)]
    if faults:
        raise _refusal(name, "; ".join(faults))
    return TransformModule(name, code, hashlib.sha256(code).hexdigest(), compiled)


def _path(text: str) -> Path:
    if text.startswith(PREFIX):
        sample = sample_path(text.removeprefix(PREFIX))
        if sample is None:
            name = text.removeprefix(PREFIX)
            raise _refusal(name, f"there is no such sample; there are {', '.join(sample_names())}")
        return sample
    if text.startswith("file:"):
        return Path(unquote(urlsplit(text).path))
    return Path(text).expanduser()


def _refusal(name: str, why: str) -> TransformError:
    return TransformError(f"The module {visible(name, 80)!r} was not accepted: {why}.", name=name, stage="check")


def _import_faults(module: wasmtime.Module) -> Iterator[str]:
    marked = False
    for one in module.imports:
        name = one.name or ""
        shown = visible(f"{one.module}.{name}", 160)
        wanted = SIGNATURES.get(one.module, {}).get(name)
        if wanted is None:
            version = one.module == REGISTRY and name.startswith(_VERSION_MARK)
            yield (
                f"it imports {shown}, a version of the registry's interface that is not known; 0 is"
                if version
                else f"it imports {shown}, which a broker does not offer"
            )
        elif (found := _signature(one.type)) != wanted:
            yield f"it imports {shown} as {found}, and it is {wanted} (parameters:results, i = i32, l = i64)"
        marked |= one.module == TRANSFORM and name in MARKS
    if not marked:
        yield (
            f"it imports neither {TRANSFORM}.{MARKS[0]} nor {MARKS[1]}, which mark a data transform: build it with an "
            "SDK for data transforms"
        )


def _export_faults(module: wasmtime.Module) -> Iterator[str]:
    package = wasmtime_package()
    exports = {one.name: one.type for one in module.exports}
    if _signature(exports.get("_start")) != ":":
        yield "it does not export the function _start without parameters and results: build it as a command"
    if not isinstance(exports.get("memory"), package.MemoryType):
        yield "it does not export its memory under the name 'memory'"


def _signature(kind: object) -> str:
    package = wasmtime_package()
    if not isinstance(kind, package.FuncType):
        return "no function"
    lists = (kind.params, kind.results)
    return ":".join("".join(_LETTERS.get(str(one), "?") for one in letters) for letters in lists)
