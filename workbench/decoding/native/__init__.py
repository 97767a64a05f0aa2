"""The compiled decoder: `decoder` steps through a batch, `facts` reads a record, `decision` decides, `events` writes.

It runs without the interpreter's lock on the tables that `workbench.decoding.compiled` makes of conventions. The rules
are those of `workbench.decoding.record`, which decodes one record and is what tests compare with.

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
