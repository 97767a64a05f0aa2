"""Each codec is named in the header of its batch, and the batch is read back as it was; a wrong code is no codec."""

from __future__ import annotations

import pytest

from workbench.bus.kafka.fetching.compression import Workspace
from workbench.bus.kafka.producing.compressing import CODES, compressed
from workbench.bus.kafka.producing.encoding import HEADER_BYTES, ProducerFields, encode_batch
from workbench.model import NewRecord

ATTRIBUTES = slice(21, 23)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("count", [1, 2_000])
def test_a_batch_is_unpacked_to_the_same_records(name, count):
    records = [NewRecord("t", b"k%d" % at, b"value %d" % at * 9, ((b"h", None),), 0, at) for at in range(count)]
    times = list(range(count))
    plain = encode_batch(records, times, ProducerFields())
    batch = encode_batch(records, times, ProducerFields(1, 2, 3, transactional=True), CODES[name])
    assert int.from_bytes(batch[ATTRIBUTES], "big") == 0x10 | CODES[name]
    workspace = Workspace()
    workspace.begin()
    workspace.add(CODES[name], memoryview(batch)[HEADER_BYTES:])
    assert bytes(workspace.data) == plain[HEADER_BYTES:]
    assert count == 1 or name == "none" or len(batch) < len(plain) / 3


def test_blocks_of_lz4_stand_alone():
    """The broker takes no others (KafkaLZ4BlockInputStream); one bit of the frame's flags says so."""
    assert compressed(memoryview(b"much " * 100_000), CODES["lz4"])[4] & 0x20


def test_a_code_that_is_none_is_refused():
    with pytest.raises(KeyError):
        compressed(memoryview(b"x"), 7)
