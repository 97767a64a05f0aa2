from collections.abc import Mapping

class MemberTable:
    bits: int
    def __init__(self, bits: Mapping[tuple[str | None, ...], int]) -> None: ...
