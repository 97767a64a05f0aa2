"""Masking: hides parts of records where they are read, so that nothing that shows or stores them can forget it."""

from workbench.masking.log import MaskedLog, plain
from workbench.masking.policy import MaskingPolicy, policy_of

__all__ = ["MaskedLog", "MaskingPolicy", "plain", "policy_of"]
