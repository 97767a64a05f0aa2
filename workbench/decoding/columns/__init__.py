"""Decoding in bulk: columns of raw records in, columns of events out, by the rules of `decode_record`."""

from workbench.decoding.columns.decoder import Decoder
from workbench.decoding.columns.summary import ConventionShare, TopicSummary, summarise

__all__ = ["ConventionShare", "Decoder", "TopicSummary", "summarise"]
