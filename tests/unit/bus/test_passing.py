"""A log that passes everything on has each method of a record log: a new one may not be missing where it wraps."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from workbench.bus.passing import PassingLog
from workbench.bus.protocols import RecordLog

PUBLIC = sorted(name for name, _ in inspect.getmembers(RecordLog) if not name.startswith("_"))


class Recorder:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)

        async def answer(*_: object, **__: object) -> None:
            """As every method of a log that is awaited."""

        return answer


@pytest.mark.parametrize("name", PUBLIC)
async def test_each_method_is_passed_on(name):
    recorder = Recorder()
    passed = getattr(PassingLog(recorder), name)
    if callable(passed) and name not in recorder.asked:
        needed = [p for p in inspect.signature(passed).parameters.values() if p.default is p.empty]
        arguments = ["a" for p in needed if p.kind == p.POSITIONAL_OR_KEYWORD]
        made = passed(*arguments)
        if inspect.isawaitable(made):
            await made
    assert recorder.asked == [name]
