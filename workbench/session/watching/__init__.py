"""Starts what keeps running after its cell has ended: live tables and lag watches."""
