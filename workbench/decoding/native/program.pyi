from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from workbench.decoding.native.members import MemberTable
from workbench.decoding.native.names import NameTable

class Program:
    members: MemberTable
    names: NameTable
    folded: NameTable
    def __init__(
        self,
        members: MemberTable,
        letter_members: MemberTable,
        names: NameTable,
        folded: NameTable,
        texts: Sequence[str],
        tables: Mapping[str, NDArray[Any]],
        patterns: Sequence[Callable[[str], bool]],
        words: Mapping[str, Any],
    ) -> None: ...
