"""The records of a replay as they will be sent: order, partitions, headers, sizes, digests."""
