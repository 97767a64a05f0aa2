"""Checks a module and runs it in wasmtime, with the host functions that a Redpanda broker offers."""
