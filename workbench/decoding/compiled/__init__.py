"""Conventions as tables, and the decoder that runs on them."""

from workbench.decoding.compiled.decoder import Decoder
from workbench.decoding.compiled.summary import ConventionShare, TopicSummary, summarise

__all__ = ["ConventionShare", "Decoder", "TopicSummary", "summarise"]
