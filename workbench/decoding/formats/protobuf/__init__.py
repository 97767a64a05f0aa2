"""Protobuf: descriptors of messages, made tables that a compiled reader follows."""
