# cython: language_level=3, boundscheck=False, wraparound=False
"""Row groups of a Parquet file from Arrow tables, and the footer that describes them.

A table's batches are read through Arrow's C data interface, column by column, without the interpreter's lock. Columns
may be numbers, times, flags, texts or bytes, structs of these, lists of these and lists of structs of these.
"""

import base64
import itertools

import pyarrow as pa

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, uint64_t

from workbench.store.parquet.arrow cimport ArrowArray
from workbench.store.parquet.leaf cimport Leaf
from workbench.store.parquet.output cimport Output
from workbench.store.parquet.text_values cimport Texts
from workbench.store.parquet.thrift cimport KIND_CONTENT, KIND_STRUCT, Thrift
from workbench.store.parquet.values cimport Flags, Numbers, Values

cdef enum:
    _PAGE_BYTES = 1 << 20
    _BATCH_ROWS = 1 << 12
    _REQUIRED = 0
    _OPTIONAL = 1
    _REPEATED = 2

# Physical types, and fields of Thrift's union of logical types.
cdef enum:
    _BOOLEAN = 0
    _INT32 = 1
    _INT64 = 2
    _BYTE_ARRAY = 6
    _NO_LOGICAL = 0
    _STRING = 1
    _LIST = 3
    _TIMESTAMP = 8
    _INTEGER = 10

cdef dict _KINDS = {
    pa.bool_(): (_BOOLEAN, _NO_LOGICAL),
    pa.int8(): (_INT32, _INTEGER),
    pa.int32(): (_INT32, _NO_LOGICAL),
    pa.int64(): (_INT64, _NO_LOGICAL),
    pa.timestamp("us"): (_INT64, _TIMESTAMP),
    pa.string(): (_BYTE_ARRAY, _STRING),
    pa.binary(): (_BYTE_ARRAY, _NO_LOGICAL),
}

# What there was before logical types; it is written beside them, for older readers.
cdef dict _CONVERTED = {_STRING: 0, _LIST: 3, _INTEGER: 15}

cdef bytes _MAGIC = b"PAR1"


cdef class RowGroups:
    """Turns tables of one schema into row groups, one after the other.

    Args:
        schema: The schema; each table must have its types.
        plain: Paths of texts that are rarely equal, so that they get no dictionary.
        compressed: Paths whose pages are compressed.
        ranged: Paths whose lowest and highest value the footer says.
        filtered: Paths that get a Bloom filter.
        codec: Compresses pages.
    """

    cdef object schema
    cdef list leaves
    cdef Leaf first  # of the chain that they are
    cdef Thrift groups  # what the footer says of the row groups so far
    cdef int64_t group_count, rows
    cdef Output content
    cdef int64_t size  # bytes of the file so far

    def __init__(self, schema, *, plain, compressed, ranged, filtered, codec):
        self.schema = schema
        self.groups, self.content = Thrift(), Output()
        self.leaves = [
            _leaf(schema, number, member, plain, compressed, ranged, filtered, codec)
            for number in range(len(schema))
            for member in _members(schema.field(number))
        ]
        self.first = self.leaves[0]
        cdef Leaf leaf, following
        for leaf, following in itertools.pairwise(self.leaves):
            leaf.next = following

    def begin(self):
        """Return the bytes that a file begins with."""
        self.size = len(_MAGIC)
        return pa.py_buffer(_MAGIC)

    def group(self, table):
        """Return a table as a row group; the bytes are valid until the next call.

        Raises:
            ValueError: It has another schema.
        """
        cdef ArrowArray* batch
        cdef Leaf leaf
        if not table.schema.equals(self.schema):
            raise ValueError("The table has another schema than the file.")
        for leaf in self.leaves:
            leaf.begin_group(table.num_rows)
        # Pages end between batches. Texts are found by where they are until the row group is whole: the table has them.
        for part in table.to_batches(_BATCH_ROWS):
            _, capsule = part.__arrow_c_array__()
            batch = <ArrowArray*>PyCapsule_GetPointer(capsule, b"arrow_array")
            with nogil:
                self.first.put_batch(batch.children, batch.length)
            for leaf in self.leaves:
                if leaf.values.page_size() > _PAGE_BYTES:
                    leaf.finish()
                    leaf.end_page()
        with nogil:
            self.first.finish_group()
        self.content.size = 0
        self._put_group(table.num_rows)
        self.size += self.content.size
        self.rows += table.num_rows
        return self.content.view()

    cdef _put_group(self, int64_t rows):
        cdef Leaf leaf
        cdef int64_t uncompressed = 0
        cdef list begins = []
        for leaf in self.leaves:
            begins.append(self.size + self.content.size)
            leaf.put_chunk(self.content)
            uncompressed += leaf.uncompressed
        for leaf in self.leaves:
            leaf.put_filter(self.content, self.size + self.content.size)
        self.groups.begin_item()
        self.groups.begin_list(1, KIND_STRUCT, len(self.leaves))
        for leaf, begin in zip(self.leaves, begins, strict=True):
            leaf.describe(self.groups, begin)
        self.groups.put_long(2, uncompressed)
        self.groups.put_long(3, rows)
        self.groups.end()
        self.groups.check()
        self.group_count += 1

    def end(self):
        """Return the footer, which ends the file."""
        cdef Thrift footer = Thrift()
        cdef bytes name = b"ARROW:schema", text = base64.b64encode(self.schema.serialize())
        cdef bytes by = b"workbench"
        footer.put_int(1, 2)
        _put_schema(footer, self.schema)
        footer.put_long(3, self.rows)
        footer.begin_list(4, KIND_STRUCT, self.group_count)
        footer.put(self.groups.at, self.groups.size)
        # Arrow's own types, which Parquet has not.
        footer.begin_list(5, KIND_STRUCT, 1)
        footer.begin_item()
        footer.put_content(1, <const char*>name, len(name))
        footer.put_content(2, <const char*>text, len(text))
        footer.end()
        footer.put_content(6, <const char*>by, len(by))
        # Lowest and highest are in the order of the type, or nobody may use them.
        footer.begin_list(7, KIND_STRUCT, len(self.leaves))
        for _ in self.leaves:
            footer.begin_item()
            footer.put_nothing(1)
            footer.end()
        footer.end()
        cdef int64_t size = footer.size
        footer.put_number(<uint64_t>size, 4)
        footer.put(<const char*>_MAGIC, len(_MAGIC))
        self.size += footer.size
        return footer.view()


def _members(field):
    """Return the numbers of a column's members; -1 alone where it is no struct."""
    kind = field.type.value_type if pa.types.is_list(field.type) else field.type
    return range(kind.num_fields) if pa.types.is_struct(kind) else [-1]


def _leaf(schema, column, member, plain, compressed, ranged, filtered, codec):
    field = schema.field(column)
    in_list = pa.types.is_list(field.type)
    outer = field.type.value_field if in_list else field
    inner = outer if member < 0 else outer.type[member]
    path = [field.name, *(["list", "element"] if in_list else []), *([] if member < 0 else [inner.name])]
    name, kind = ".".join(path), inner.type
    if kind not in _KINDS:
        raise TypeError(f"{name}: a column of {kind} cannot be written")
    cdef Values values
    if pa.types.is_boolean(kind):
        values = Flags()
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        values = Texts(name not in plain, name in ranged, name in filtered)
    else:
        values = Numbers(kind.bit_width // 8, name in ranged)
    return Leaf(
        column,
        member,
        [part.encode() for part in path],
        _KINDS[kind][0],
        values,
        codec if name in compressed else None,
        in_list=in_list,
        list_optional=in_list and field.nullable,
        outer_optional=member >= 0 and outer.nullable,
        inner_optional=inner.nullable,
        ranged=name in ranged,
    )


cdef _put_schema(Thrift into, schema):
    """Put the tree of columns, each before what is in it."""
    elements = [element for field in schema for element in _elements(field)]
    into.begin_list(2, KIND_STRUCT, 1 + len(elements))
    _put_element(into, "schema", _REQUIRED, None, len(schema), _NO_LOGICAL)
    for element in elements:
        _put_element(into, *element)


def _elements(field, name=None):
    """Return name, repetition, type, children and the number of the logical type of a column and all in it."""
    name = name or field.name
    repetition = _OPTIONAL if field.nullable else _REQUIRED
    kind = field.type
    if pa.types.is_list(kind):
        inside = _elements(kind.value_field, "element")
        return [(name, repetition, None, 1, _LIST), ("list", _REPEATED, None, 1, _NO_LOGICAL), *inside]
    if pa.types.is_struct(kind):
        members = [element for member in kind for element in _elements(member)]
        return [(name, repetition, None, kind.num_fields, _NO_LOGICAL), *members]
    return [(name, repetition, _KINDS[kind][0], 0, _KINDS[kind][1])]


def _put_element(Thrift into, name, repetition, kind, children, logical):
    cdef bytes text = name.encode()
    into.begin_item()
    if kind is not None:
        into.put_int(1, kind)
    into.put_int(3, repetition)
    into.put_content(4, <const char*>text, len(text))
    if children:
        into.put_int(5, children)
    if logical in _CONVERTED:
        into.put_int(6, _CONVERTED[logical])
    if logical:
        into.begin(10)
        into.begin(logical)
        if logical == _TIMESTAMP:
            into.put_flag(1, False)  # not of a zone
            into.begin(2)
            into.put_nothing(2)  # microseconds
            into.end()
        if logical == _INTEGER:
            into.put_int8(1, 8)
            into.put_flag(2, True)  # signed
        into.end()
        into.end()
    into.end()
