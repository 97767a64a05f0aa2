from collections.abc import Mapping

NAMES: Mapping[str, int]
