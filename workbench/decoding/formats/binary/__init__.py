"""Writes values of binary formats that carry no schema: MessagePack and CBOR."""
