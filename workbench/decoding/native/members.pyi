from collections.abc import Mapping

WORD_BITS: int

class MemberTable:
    words: int
    def __init__(self, bits: Mapping[tuple[str, ...], int]) -> None: ...
