"""Runs Redpanda data transforms (WebAssembly) on this machine, over captured records and on the memory bus."""

from workbench.transforms.guest.module import read_module
from workbench.transforms.guest.registry_functions import SubjectSchemas
from workbench.transforms.limits import Limits
from workbench.transforms.running.result import TransformResult
from workbench.transforms.running.snapshot_run import transform_snapshot
from workbench.transforms.toolchains import build_module, missing_toolchains

__all__ = [
    "Limits",
    "SubjectSchemas",
    "TransformResult",
    "build_module",
    "missing_toolchains",
    "read_module",
    "transform_snapshot",
]
