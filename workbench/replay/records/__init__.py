"""The records of a replay: their order, partitions, headers, sizes and digests."""
