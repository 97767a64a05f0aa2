from __future__ import annotations

from workbench.masking.paths import PathSet


def reaches(path, *names: str):
    paths = PathSet([path])
    state = paths.start
    for name in names:
        state = paths.step(state, name)
    return paths.ends(state)


def test_steps():
    assert reaches("a.b", "a", "b")
    assert not reaches("a.b", "a")
    assert not reaches("a.b", "a", "c")
    assert reaches("*.b", "x", "b")
    assert reaches("**.b", "b")
    assert reaches("**.b", "x", "y", "b")
    assert not reaches("**.b", "b", "x")
    assert reaches("a.**", "a", "x")
    assert reaches("a.**", "a", "x", "y")
    assert not reaches("a.**", "a")
    assert reaches("a.**.b", "a", "b")
    assert reaches("$.a", "a")
    assert PathSet(["a.b", "**.c", "*"]).names == {"a", "b", "c"}
