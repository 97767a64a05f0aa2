"""Finds the descriptors of a Protobuf schema: of a ``.proto`` text, a descriptor set, or a file descriptor.

``.proto`` files are compiled by ``protoc`` in a process of its own, so that no schema, however odd, can harm this one.
"""

from __future__ import annotations

import base64
import binascii
import re
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from workbench.decoding.formats.schema_error import SchemaError
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    from workbench.model.schemas import Schema

_SECONDS = 30
_REASON_CHARACTERS = 300
_MAIN = "value.proto"
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_LOG_LINE = re.compile(r"WARNING: All log messages|[IWEF]\d{4} ")
_EXTRA = "install the extra to read Protobuf: pip install 'eventbus-workbench[protobuf]'"


def files_of_schema(
    schema: Schema, referenced: Mapping[tuple[str, int], Schema]
) -> tuple[list[FileDescriptorProto], str]:
    """Return the files of a registry's schema and the name of its own file.

    Raises:
        SchemaError: It cannot be compiled, a reference is missing, or the extra is.
    """
    texts: dict[str, str] = {}
    waiting = list(schema.references)
    while waiting:
        reference = waiting.pop()
        if reference.name in texts:
            continue
        found = referenced.get((reference.subject, reference.version))
        if found is None:
            raise SchemaError(f"it refers to {reference.subject} version {reference.version}, which is not known")
        texts[_safe(reference.name)] = found.text
        waiting.extend(found.references)
    return _files({**texts, _MAIN: schema.text})


def files_of_content(content: bytes) -> tuple[list[FileDescriptorProto], str]:
    """Return the files of a schema's file and the name of the one whose messages count: the last.

    Raises:
        SchemaError: It is neither a descriptor set nor a ``.proto`` file that can be compiled.
    """
    _check_extra()
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.message import DecodeError

    try:
        found = FileDescriptorSet.FromString(content)
    except DecodeError:
        found = FileDescriptorSet()
    if found.file and all(one.name and one.IsInitialized() for one in found.file):
        return list(found.file), found.file[-1].name
    try:
        return _files({_MAIN: content.decode()})
    except UnicodeDecodeError as error:
        raise SchemaError("it is neither a descriptor set nor a .proto file") from error


def _files(texts: Mapping[str, str]) -> tuple[list[FileDescriptorProto], str]:
    _check_extra()
    serialised = {name: _serialised(text) for name, text in texts.items()}
    if (own := serialised[_MAIN]) is not None:
        # Some serialisers register the descriptor itself.
        others = [one for name, one in serialised.items() if one is not None and name != _MAIN]
        for name, one in zip(serialised, serialised.values(), strict=True):
            if one is not None and name != _MAIN:
                one.name = name
        return [*_known_files(own, {one.name for one in others}), *others, own], own.name
    return _compiled(texts), _MAIN


def _check_extra() -> None:
    try:
        import google.protobuf  # noqa: F401 - only whether it is there
        import grpc_tools  # noqa: F401 - same
    except ImportError as error:
        raise SchemaError(_EXTRA) from error


def _serialised(text: str) -> FileDescriptorProto | None:
    """Return the file descriptor that a text of base64 holds; None where it is none."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.message import DecodeError

    if not _BASE64.fullmatch(text):
        return None
    try:
        found = FileDescriptorProto.FromString(base64.b64decode(text, validate=False))
    except (DecodeError, binascii.Error):
        return None
    return found if found.name or found.message_type else None


def _known_files(own: FileDescriptorProto, given: set[str]) -> list[FileDescriptorProto]:
    """Return the files of Protobuf itself that a file imports."""
    needed = [name for name in own.dependency if name not in given]
    if not needed:
        return []
    imports = "".join(f'import "{_safe(name)}";\n' for name in needed)
    return [one for one in _compiled({_MAIN: f'syntax = "proto3";\n{imports}'}) if one.name != _MAIN]


def _compiled(texts: Mapping[str, str]) -> list[FileDescriptorProto]:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    with tempfile.TemporaryDirectory(prefix="workbench-proto-") as folder:
        root = Path(folder)
        for name, text in texts.items():
            file = root / (name if name == _MAIN else _safe(name))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", errors="surrogatepass")
        out = root / ".descriptors"
        # The module adds the files of Protobuf itself to the path.
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{root}", "--include_imports"]
        command += [f"--descriptor_set_out={out}", str(root / _MAIN)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, cwd=folder)  # noqa: S603 - our own words
        except subprocess.TimeoutExpired as error:
            raise SchemaError(f"protoc did not compile it within {duration_text(_SECONDS, 's')}") from error
        if done.returncode or not out.exists():
            raise SchemaError(f"protoc refuses it: {_said(done.stderr, root) or f'it ended with {done.returncode}'}")
        return list(FileDescriptorSet.FromString(out.read_bytes()).file)


def _said(errors: bytes, root: Path) -> str:
    """Return what protoc said, without the lines of its log."""
    lines = errors.decode(errors="replace").replace(f"{root}/", "").splitlines()
    return " ".join(" ".join(line for line in lines if not _LOG_LINE.match(line)).split())[:_REASON_CHARACTERS]


def _safe(name: str) -> str:
    """Return the name under which a file is imported, if it stays below its folder.

    Raises:
        SchemaError: It does not.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name or '"' in name or name == _MAIN:
        raise SchemaError(f"it imports {name[:_REASON_CHARACTERS]!r}, which is no name of a file")
    return str(path)
