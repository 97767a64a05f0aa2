"""Bytes to envelope: profiles as data, and the exact per-record codec."""

from workbench.decoding.conventions.profile import Profile, TopicProfile, make_profile
from workbench.decoding.conventions.registry import builtin_profiles, load_profiles
from workbench.decoding.record import decode_parts, decode_record

__all__ = [
    "Profile",
    "TopicProfile",
    "builtin_profiles",
    "decode_parts",
    "decode_record",
    "load_profiles",
    "make_profile",
]
