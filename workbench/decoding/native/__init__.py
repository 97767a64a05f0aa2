"""Compiled loops over bytes. They release the GIL; each is called by exactly one module of `decoding.columns`.

Arrow guarantees the bounds of its own values, so loops over texts rely on them. Lengths and structure that come from
a payload are hostile: they are checked against the end of the value before a byte is read.
"""

try:
    import workbench.buffers.slices  # noqa: F401 - what all others are made of
except ImportError as error:
    raise ImportError(
        "The compiled part of workbench is missing. `make install` builds it, as does `pip install -e .` in a clone; "
        "both need a C compiler and the headers of Python.",
    ) from error
