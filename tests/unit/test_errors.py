"""The errors: the tree drawn at the top of the module is the tree of the classes."""

from __future__ import annotations

import re

from workbench import errors


def drawn():
    """Each line of the drawing as name, parent in the drawing, and the built-in base in brackets."""
    block = re.search(r"```\n(.*?)```", errors.__doc__, re.DOTALL)[1]
    parents, found = [], []
    for line in block.splitlines():
        lead, name, builtin = re.fullmatch(r"([│├└─ ]*)(\w+)(?:\((\w+)\))?", line).groups()
        depth = len(lead) // 4
        parents[depth:] = [name]
        found.append((name, parents[depth - 1] if depth else None, builtin))
    return found


def test_the_tree_that_is_drawn_is_the_tree_there_is():
    classes = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.WorkbenchError)
    }
    assert sorted(name for name, _, _ in drawn()) == sorted(classes)
    for name, parent, builtin in drawn():
        bases = [base.__name__ for base in classes[name].__bases__]
        assert bases == [*filter(None, [parent, builtin])] or (name, bases) == ("WorkbenchError", ["Exception"])
