"""Sizes are those of a record batch on the wire."""

from __future__ import annotations

from replay_samples import NOW_MS

from workbench.replay.records.sizes import batch_bytes, most_batch_bytes


def test_batch_size_is_the_size_on_the_wire():
    from workbench.bus.kafka.producing.encoding import ProducerFields, encode_batch
    from workbench.model import NewRecord

    shapes = [
        (None, None, ()),
        (b"", b"", ()),
        (b"k" * 63, b"v" * 64, ((b"a", None), (b"", b""))),
        (b"k" * 8191, b"v" * 8192, tuple((b"n%d" % n, b"x" * n) for n in range(130))),
        (b"k", b"v" * (1 << 20), ()),
    ]
    for key, value, headers in shapes:
        exact = batch_bytes(key, value, headers)
        record = NewRecord("t", key, value, headers, 0, NOW_MS)
        assert len(encode_batch([record], [NOW_MS], ProducerFields())) == exact
        payload = len(key or b"") + len(value or b"") + sum(len(n) + len(v or b"") for n, v in headers)
        assert exact <= most_batch_bytes(payload, len(headers))
