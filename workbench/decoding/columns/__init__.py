"""The one bulk entry to decoding: columns of raw records in, columns of events out."""

from workbench.decoding.columns.decoder import Decoder
from workbench.decoding.columns.summary import ConventionShare, TopicSummary, summarise

__all__ = ["ConventionShare", "Decoder", "TopicSummary", "summarise"]
