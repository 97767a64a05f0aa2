"""The one bulk entry to decoding: columns of raw records in, columns of events out."""

from workbench.store.decode.decoder import Decoder
from workbench.store.decode.summary import ConventionShare, TopicSummary, summarise

__all__ = ["ConventionShare", "Decoder", "TopicSummary", "summarise"]
