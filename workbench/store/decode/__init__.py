"""The one bulk entry to decoding: columns of raw records in, columns of events out."""

from workbench.store.decode.decoder import Decoder

__all__ = ["Decoder"]
