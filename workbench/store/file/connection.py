"""Opens DuckDB files with fixed settings, and translates DuckDB's errors.

Settings: UTC; Python variables are never looked up as tables; a memory limit; the file system closed but for the folder
of segments; no extension is fetched; settings locked. Values reach SQL as bound parameters only. A query gets a cursor
of its own, because a connection that two threads share loses results and one with an open result refuses the next
query.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from workbench.errors import SnapshotError, SnapshotFormatError, SnapshotLockedError, StorageFullError
from workbench.store.file import memory
from workbench.text import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_NO_SPACE = re.compile(r"No space left|disk quota|File too large|not enough space", re.IGNORECASE)
_LIMIT = re.compile(r"/(?P<limit>[\d.]+ [KMGT]?i?B) used")
_DAMAGED = re.compile(
    r"not a valid DuckDB|read enough bytes|[Cc]orrupt|checksum|[Ss]erializ|storage version", re.IGNORECASE
)


class Connection:
    """An open DuckDB file with the settings above.

    Args:
        path: The database file.
        segments: The only folder whose files SQL can read.
        read_only: Whether the file is opened for reading.
        limit_bytes: Most memory that DuckDB may use; a share of the machine's unless given.
    """

    def __init__(self, path: Path, segments: Path, *, read_only: bool, limit_bytes: int | None = None) -> None:
        self.path = path
        self._segments = segments
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self._ended = threading.Condition()
        self.created = not path.exists()
        limit = limit_bytes or memory.memory_limit_bytes()
        with translated(path):
            self._root = duckdb.connect(
                os.fspath(path),
                read_only=read_only,
                config={
                    "python_enable_replacements": "false",
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "memory_limit": f"{limit}B",
                    "threads": str(memory.threads_for(limit)),
                    "custom_user_agent": _user_agent(read_only=read_only),
                },
            )
        try:
            with translated(path):
                self._close_the_file_system(read_only=read_only)
        except BaseException:
            self._root.close()
            raise

    def _close_the_file_system(self, *, read_only: bool) -> None:
        if self._root.execute("SELECT current_setting('lock_configuration')").fetchone() == (True,):
            return
        spill = Path(tempfile.gettempdir(), f"workbench-spill-{os.getpid()}") if read_only else None
        settings = {
            "TimeZone": "UTC",
            "allowed_directories": [os.fspath(self._segments)],
            **({"temp_directory": os.fspath(spill)} if spill else {}),
            "parquet_metadata_cache": True,
            "enable_external_access": False,
            "lock_configuration": True,
        }
        self._root.execute(";".join(f"SET GLOBAL {name} = {_literal(value)}" for name, value in settings.items()))

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a cursor for one query or one transaction; errors are translated."""
        with translated(self.path):
            cursor = self._root.cursor()
            with self._ended:
                self._cursors[id(cursor)] = cursor
            try:
                cursor.execute(f"SET VARIABLE segments = {_literal(os.fspath(self._segments) + os.sep)}")
                yield cursor
            finally:
                cursor.close()
                with self._ended:
                    self._cursors.pop(id(cursor), None)
                    self._ended.notify_all()

    def wait_for_readers(self, timeout_s: float) -> bool:
        """Wait until every cursor that is open now is closed; return whether that happened in time."""
        with self._ended:
            open_now = set(self._cursors)
            return self._ended.wait_for(lambda: not open_now & self._cursors.keys(), timeout_s)

    def interrupt(self) -> None:
        """End the queries that run now with an error; for another thread than the one that waits for them."""
        with self._ended:
            running = list(self._cursors.values())
        for cursor in running:
            with contextlib.suppress(duckdb.Error):
                cursor.interrupt()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run a block as one transaction: its statements are committed together, or rolled back."""
        with self.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run a block in a read-only transaction, in which DuckDB changes no table whatever a statement looks like."""
        with self.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            try:
                yield cursor
            finally:
                with contextlib.suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")

    def close(self) -> None:
        """Write everything to the file and close it. Closing twice does nothing."""
        with translated(self.path):
            self._root.close()


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Translate errors of DuckDB, Arrow and the operating system about this file into errors of this package."""
    try:
        yield
    except duckdb.Error as error:
        raise _translate(error, path) from error
    except OSError as error:
        if is_storage_full(error):
            raise _storage_full(path) from error
        raise


def is_storage_full(error: OSError) -> bool:
    """Tell whether an error says that a disk or a quota is full; Arrow gives no error number."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or _NO_SPACE.search(str(error)) is not None


def _user_agent(*, read_only: bool) -> str:
    """Return one text for all readers of a process, which share a database, and a unique one for each writer."""
    return "workbench" if read_only else f"workbench-{uuid.uuid4().hex}"


def _literal(value: object) -> str:
    """Write a setting as an SQL literal; settings take no bound parameters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return "'" + str(value).replace("'", "''") + "'"


def _translate(error: duckdb.Error, path: Path) -> Exception:
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        limit = _LIMIT.search(text)
        most = size_text(memory.memory_limit_bytes()) if limit is None else limit["limit"]
        return SnapshotError(
            f"{path}: the query needs more memory than the {most} that it may use. "
            "Choose fewer rows (where) or leave out columns with large values (value, value_text, payload).",
            path=os.fspath(path),
        )
    holder = _LOCK_HOLDER.search(text)
    if holder is not None:
        return _locked(path, int(holder["pid"]), holder["program"])
    if "different configuration" in text:
        return _locked(path, os.getpid(), "this process")
    if _NO_SPACE.search(text):
        return _storage_full(path)
    if _DAMAGED.search(text):
        return SnapshotFormatError(
            f"{path} is not a whole snapshot: {_first_line(text)}. Use a copy of the file, or capture again.",
            path=os.fspath(path),
            found="a damaged or foreign file",
        )
    return SnapshotError(f"{path}: {_first_line(text)}", path=os.fspath(path))


def _locked(path: Path, pid: int, program: str) -> SnapshotLockedError:
    command = _command_of(pid) or program
    holder = f"{pid} ({command})"
    if pid == os.getpid():
        text = (
            f"{path} is open for writing here already: go on with the object that has it, such as a variable of this "
            "notebook, or close() it. To read meanwhile, let it make a copy with copy_to()."
        )
    else:
        text = (
            f"{path} is being written by process {holder}. Wait until it ends or close it there; "
            "to read meanwhile, let the writer make a copy with copy_to()."
        )
    return SnapshotLockedError(text, path=os.fspath(path), holder=holder)


def _command_of(pid: int) -> str | None:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return " ".join(part.decode(errors="replace") for part in raw.split(b"\0") if part)[:200] or None


def _storage_full(path: Path) -> StorageFullError:
    return StorageFullError(
        f"The disk that holds {path} is full. What was committed before is intact; free space and try again.",
        path=os.fspath(path),
    )


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip(". ")
