"""Gives every header name, member and text that conventions read its number in the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding.conventions.dead_letter_headers import TOPIC_NAMES
from workbench.decoding.conventions.facts import CE_CONTENT_TYPE_HEADER, CE_MARK, CE_REQUIRED, CE_TRACEPARENT
from workbench.decoding.conventions.provenance import PROVENANCE_HEADERS
from workbench.decoding.conventions.record_headers import SPRING_TYPES
from workbench.decoding.conventions.selectors import CE_PREFIX, UNUSUAL_CE_PREFIXES, Selector
from workbench.decoding.conventions.trace_context import TRACE_HEADERS
from workbench.decoding.formats.json import CONNECT_WRAPPER
from workbench.decoding.value_tree import Items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.decoding.conventions.convention import Convention
    from workbench.decoding.value_tree import PathStep

Path = tuple[str | None, ...]
"""Member names, and None for the items of an array."""


class Names:
    """Numbers of all names that some conventions read.

    Attributes:
        exact: Slot of each header name that is compared as it is.
        folded: Slot of each header name in lower case that is compared without case; they follow the others.
        members: Number of each path, from 1 on; those of the top come first.
        letter_members: The same for the bodies of dead letters, which are scanned by themselves.
        top_members: How many paths are members of the value itself.
    """

    def __init__(self, conventions: Sequence[Convention]) -> None:
        selectors = [one for convention in conventions for one in _selectors_of(convention)]
        attributes = {CE_MARK, *CE_REQUIRED, CE_TRACEPARENT.path, *(s.path for s in selectors if s.source == "ce")}
        exact = [s.path for s in selectors if s.source == "header"]
        exact += [f"{CE_PREFIX}{name}" for name in sorted(attributes)]
        exact += [SPRING_TYPES, *sorted(PROVENANCE_HEADERS)]
        # The loops compare slots of trace headers with the first and the last of them.
        folded = [*TRACE_HEADERS, CE_CONTENT_TYPE_HEADER, *sorted(TOPIC_NAMES)]
        folded += [f"{prefix}{name}" for prefix in UNUSUAL_CE_PREFIXES for name in sorted(attributes)]
        folded += [s.path for s in selectors if s.source == "header?"]
        folded += [name for convention in conventions if (rule := convention.code.trace) for name in rule.names]
        self.exact = {name: at for at, name in enumerate(dict.fromkeys(exact))}
        names = dict.fromkeys(name.lower() for name in folded)
        self.folded = {name: at for at, name in enumerate(names, len(self.exact))}
        paths: dict[Path, None] = {(name,): None for name in sorted(attributes | CONNECT_WRAPPER)}
        for selector in selectors:
            for path in _paths_of(selector.steps):
                paths[path] = None
        top = [path for path in paths if len(path) == 1 and path[0] is not None]
        self.top_members = len(top)
        ordered = dict.fromkeys([*top, *paths])
        self.members = {path: at for at, path in enumerate(ordered, 1)}

        shapes = [shape for one in conventions if (hook := one.code.dead_letters) for shape in hook.shapes]
        letter_paths = [
            ("correlation_id",),
            *(tuple(path.split(".")) for shape in shapes for path in shape.paths if path),
        ]
        parents = [path[:end] for path in letter_paths for end in range(1, len(path) + 1)]
        self.letter_members: dict[Path, int] = {path: at for at, path in enumerate(dict.fromkeys(parents), 1)}

    def letter_member(self, path: str) -> int:
        """Return the number of a member of dead letters; 0 for an empty path."""
        return self.letter_members[tuple(path.split("."))] if path else 0

    def header(self, name: str) -> int:
        """Return the slot of a header that is compared as it is."""
        return self.exact[name]

    def any_case(self, name: str) -> int:
        """Return the slot of a header that is compared without case."""
        return self.folded[name.lower()]

    def member(self, steps: Sequence[PathStep]) -> int:
        """Return the number of the member at the end of a path."""
        return self.members[path_of(steps)]


def path_of(steps: Sequence[PathStep]) -> Path:
    """Return the path of a selector's steps; which items of an array are asked for does not count."""
    return tuple(None if isinstance(step, Items) else step for step in steps)


def _paths_of(steps: Sequence[PathStep]) -> Iterator[Path]:
    """Yield the path of each step, and of the members by which items are chosen."""
    for end in range(1, len(steps) + 1):
        path = path_of(steps[:end])
        yield path
        step = steps[end - 1]
        if isinstance(step, Items) and step.member is not None:
            yield (*path, step.member)


def _selectors_of(convention: Convention) -> Iterator[Selector]:
    yield from convention.selectors()
    code = convention.code
    if code.linked_header is not None:
        yield code.linked_header
    yield from (Selector("header", name) for name in code.repeated.values())
