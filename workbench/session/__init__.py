"""The facades: Cluster and Snapshot."""
