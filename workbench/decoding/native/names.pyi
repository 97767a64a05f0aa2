from collections.abc import Mapping

class NameTable:
    def __init__(self, slots: Mapping[str, int]) -> None: ...
