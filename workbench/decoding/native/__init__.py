"""The loops over bytes: compiled, without the interpreter's lock, each called from one room above.

Every function checks each length that it reads against the buffer before it follows it: payloads are hostile.
"""

try:
    import workbench.buffers.slices  # noqa: F401 - what all others are made of
except ImportError as error:
    raise ImportError(
        "The compiled part of workbench is missing. `make install` builds it, as does `pip install -e .` in a clone; "
        "both need a C compiler and the headers of Python.",
    ) from error
