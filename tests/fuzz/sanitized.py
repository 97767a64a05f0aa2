"""Builds the compiled modules with AddressSanitizer and UndefinedBehaviorSanitizer, into a folder of their own.

The folder holds a package ``workbench`` of links to the sources, with these modules in the place of the installed ones.
The C files are those that the installation made, so nothing but gcc is needed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sysconfig
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
_COMMON = ("-fPIC", "-shared", "-fno-omit-frame-pointer", "-fsanitize-coverage=trace-pc", "-w")
BUILDS = {
    # Half of the time of the whole build, for each run of the tests.
    "quick": ("-O0", "-g0", "-fsanitize=address,bounds,shift,signed-integer-overflow"),
    "whole": ("-O1", "-g1", "-fsanitize=address,undefined"),
}
READERS = tuple(
    f"workbench/{name}/" for name in ("buffers", "bus/kafka/fetching", "bus/kafka/wire", "decoding", "masking")
)
"""Folders of the modules that read foreign bytes: the quick build has no other one sanitized, because no target of the
fuzzers gets there."""
_NO_RECOVERY = "-fno-sanitize-recover=all"


@dataclass(frozen=True, slots=True)
class Sanitized:
    """A folder with the sanitized package, and what a process needs to run it."""

    folder: Path
    environment: dict[str, str]
    coverage: Path


def missing() -> str | None:
    """Say what this machine lacks for sanitizers."""
    if shutil.which("gcc") is None:
        return "gcc"
    return None if all(_library(name).is_absolute() for name in ("libasan.so", "libubsan.so")) else "gcc's libasan"


def build(kind: str) -> Sanitized:
    """Compile what is older than its C file; two processes at once wait for each other."""
    folder = ROOT / "build" / "sanitized" / kind
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        coverage = folder / "coverage.so"
        jobs = [(Path(__file__).with_name("coverage.c"), coverage, ("-O2", "-fPIC", "-shared"))]
        modules = _modules()
        sanitized = [module for module in modules if kind == "whole" or module.startswith(READERS)]
        for module in sanitized:
            source = ROOT / f"{module}.c"
            # The code that Cython shares between modules has no source here.
            cython = source.parent.glob(f"{source.stem}.p[xy][xd]")
            newest = max((path.stat().st_mtime for path in cython), default=0.0)
            if not source.exists() or source.stat().st_mtime < newest:
                raise FileNotFoundError(f"{source} is missing or older than its Cython source: run make ready.")
            flags = (*BUILDS[kind], *_COMMON, _NO_RECOVERY, f"-I{sysconfig.get_path('include')}")
            jobs.append((source, folder / f"{module}{_SUFFIX}", flags))
        _link(folder, [Path(f"{module}{_SUFFIX}") for module in modules if module not in sanitized])
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda job: _compile(*job), jobs))
    return Sanitized(folder, _environment(folder, coverage), coverage)


def _modules() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [module["name"].replace(".", "/") for module in project["tool"]["setuptools"]["ext-modules"]]


def _link(folder: Path, installed: list[Path]) -> None:
    """Link each source file, so that the sanitized package is always the present one, and installed modules."""
    shutil.rmtree(folder / "links", ignore_errors=True)
    wanted = {path.relative_to(ROOT) for path in (ROOT / "workbench").rglob("*") if path.suffix in (".py", ".toml")}
    wanted.update(installed)
    for stale in (folder / "workbench").rglob("*"):
        if stale.is_symlink() and stale.relative_to(folder) not in wanted:
            stale.unlink()
    for path in wanted:
        link = folder / path
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(ROOT / path)


def _compile(source: Path, target: Path, flags: tuple[str, ...]) -> None:
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Under another name first: a build that is interrupted leaves no half of a module.
    made = target.with_name(f"{target.name}.made")
    subprocess.run(["gcc", *flags, "-o", str(made), str(source)], check=True)
    made.replace(target)


def _library(name: str) -> Path:
    found = subprocess.run(["gcc", f"-print-file-name={name}"], check=True, capture_output=True, text=True)
    return Path(found.stdout.strip())


def _environment(folder: Path, coverage: Path) -> dict[str, str]:
    """Python itself is not sanitized: the library is loaded before it, and each object is an allocation of its own."""
    return {
        **os.environ,
        "LD_PRELOAD": f"{_library('libasan.so')} {_library('libubsan.so')} {coverage}",
        # Python frees nothing at its end, so leaks would be all that is said.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:handle_abort=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "PYTHONMALLOC": "malloc",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'tests' / 'support'}{os.pathsep}{ROOT / 'tests' / 'fuzz'}",
    }
