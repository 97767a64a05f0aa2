from collections.abc import Set as AbstractSet

import pyarrow as pa

class RowGroups:
    def __init__(
        self,
        schema: pa.Schema,
        *,
        plain: AbstractSet[str],
        compressed: AbstractSet[str],
        ranged: AbstractSet[str],
        filtered: AbstractSet[str],
        codec: pa.Codec,
    ) -> None: ...
    def begin(self) -> pa.Buffer: ...
    def group(self, table: pa.Table) -> pa.Buffer: ...
    def end(self) -> pa.Buffer: ...
