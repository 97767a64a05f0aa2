"""Lists every function that a transform may import, with its parameters and results.

A signature is written like ``ii:i``: parameters, then results; ``i`` is a 32-bit and ``l`` a 64-bit integer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSFORM = "redpanda_transform"
REGISTRY = "redpanda_schema_registry"
WASI = "wasi_snapshot_preview1"
MARKS = ("check_abi_version_1", "check_abi_version_2")
"""Imports of which a module needs at least one: they say that it is a transform, and for which version."""

_WASI_SIGNATURES: Mapping[str, str] = {
    "args_get": "ii:i",
    "args_sizes_get": "ii:i",
    "clock_res_get": "ii:i",
    "clock_time_get": "ili:i",
    "environ_get": "ii:i",
    "environ_sizes_get": "ii:i",
    "fd_advise": "illi:i",
    "fd_allocate": "ill:i",
    "fd_close": "i:i",
    "fd_datasync": "i:i",
    "fd_fdstat_get": "ii:i",
    "fd_fdstat_set_flags": "ii:i",
    "fd_fdstat_set_rights": "ill:i",
    "fd_filestat_get": "ii:i",
    "fd_filestat_set_size": "il:i",
    "fd_filestat_set_times": "illi:i",
    "fd_pread": "iiili:i",
    "fd_prestat_dir_name": "iii:i",
    "fd_prestat_get": "ii:i",
    "fd_pwrite": "iiili:i",
    "fd_read": "iiii:i",
    "fd_readdir": "iiili:i",
    "fd_renumber": "ii:i",
    "fd_seek": "ilii:i",
    "fd_sync": "i:i",
    "fd_tell": "ii:i",
    "fd_write": "iiii:i",
    "path_create_directory": "iii:i",
    "path_filestat_get": "iiiii:i",
    "path_filestat_set_times": "iiiilli:i",
    "path_link": "iiiiiii:i",
    "path_open": "iiiiillii:i",
    "path_readlink": "iiiiii:i",
    "path_remove_directory": "iii:i",
    "path_rename": "iiiiii:i",
    "path_symlink": "iiiii:i",
    "path_unlink_file": "iii:i",
    "poll_oneoff": "iiii:i",
    "proc_exit": "i:",
    "random_get": "ii:i",
    "sched_yield": ":i",
    "sock_recv": "iiiiii:i",
    "sock_send": "iiiii:i",
    "sock_shutdown": "ii:i",
}

SIGNATURES: Mapping[str, Mapping[str, str]] = {
    TRANSFORM: {
        "check_abi_version_1": ":",
        "check_abi_version_2": ":",
        "read_batch_header": "iiiiiiiiii:i",
        "read_next_record": "iiiii:i",
        "write_record": "ii:i",
        "write_record_with_options": "iiii:i",
    },
    REGISTRY: {
        "check_abi_version_0": ":",
        "get_schema_definition_len": "ii:i",
        "get_schema_definition": "iii:i",
        "get_subject_schema_len": "iiii:i",
        "get_subject_schema": "iiiii:i",
        "create_subject_schema": "iiiii:i",
    },
    WASI: _WASI_SIGNATURES,
}
"""Functions by the name of their module."""
