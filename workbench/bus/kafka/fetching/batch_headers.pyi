from collections.abc import Sequence

from workbench.model.records.chunk import Isolation

LARGEST_BATCH: int
DATA: str
CONTROL: str
ABORTED: str

class Batch:
    at: int
    stop: int
    magic: int
    crc: int
    attributes: int
    base_offset: int
    last_offset: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    record_count: int
    kind: str
    def overlap(self, start: int, stop: int) -> int: ...

def scan(
    data: bytes | memoryview,
    at: int,
    stop: int,
    *,
    aborted: Sequence[tuple[int, int]] = ...,
    isolation: Isolation = ...,
    end: int | None = ...,
) -> list[Batch]: ...
def damaged_head(data: bytes | memoryview, at: int, stop: int) -> bool: ...
