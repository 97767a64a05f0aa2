# cython: language_level=3, boundscheck=False, wraparound=False
"""A column of values with their levels, as it becomes pages, and what the footer says of it.

Parquet knows no nested columns: it writes each innermost one with two small numbers for each entry. How far its path
is *defined* says what is null: with an optional struct and an optional member, 0 is a null struct, 1 a null member, 2 a
value. Where it is *repeated* says whether an entry begins a new list (0) or goes on with the last one (1); an empty or
null list is an entry without a value.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from workbench.buffers.slices cimport address
from workbench.store.parquet.arrow cimport ArrowArray, Bits, Rows, bit, no_bits, validity
from workbench.store.parquet.bloom cimport Bloom
from workbench.store.parquet.output cimport Output, zigzag
from workbench.store.parquet.runs cimport Runs, put_small
from workbench.store.parquet.thrift cimport KIND_CONTENT, KIND_INT, Thrift
from workbench.store.parquet.values cimport PLAIN, RLE, Values

cdef enum:
    _DATA_PAGE = 0
    _DICTIONARY_PAGE = 2
    _UNCOMPRESSED = 0
    _ZSTD = 6
    _LEAST_COMPRESSED = 1024  # bytes of a page; a frame of its own costs more than it saves
    _MOST_RANGE_BYTES = 4096
    _MOST_PAGE_BYTES = 0x7FFFFFFF


cdef class Leaf:
    """Takes the rows of a row group, in batches, and makes pages of them.

    Leaves are a chain, so that all of them take a batch without the interpreter's lock.

    Args:
        column: Number of the table's column.
        member: Number of the struct's member; -1 where there is no struct.
        path: Names from the table's column to the values.
        kind: Parquet's physical type of them.
        values: Keeps them.
        codec: Compresses pages; None for none.
        in_list: Whether the table's column is a list, and each entry an item of it.
        list_optional: Whether that list may be null.
        outer_optional: Whether the struct that it is a member of may be null.
        inner_optional: Whether a value may be null.
        ranged: Whether the footer says the lowest and the highest.
    """

    def __cinit__(
        self, int column, int member, list path, int kind, Values values, codec, *, bint in_list, bint list_optional,
        bint outer_optional, bint inner_optional, bint ranged,
    ):
        self.column, self.member = column, member
        self.path = path
        self.kind = kind
        self.values = values
        self.codec = codec
        self.in_list, self.list_optional = in_list, list_optional
        self.outer_optional, self.inner_optional = outer_optional, inner_optional
        self.ranged = ranged
        self.most_defined = in_list + list_optional + outer_optional + inner_optional
        self.defined, self.repeated = Runs(), Runs()
        self.pages, self.body, self.dictionary, self.header = Output(), Output(), Output(), Thrift()

    cdef void begin_group(self, int64_t rows) noexcept nogil:
        self.entries = self.value_count = self.uncompressed = self.dictionary_bytes = self.filter_bytes = 0
        self.pages.size = self.dictionary.size = 0
        self.compressing = False
        self.values.begin_group(rows)
        self._begin_page()

    cdef void _begin_page(self) noexcept nogil:
        self.page_entries = self.page_values = 0
        self.defined.begin(1 if self.most_defined == 1 else 2 if self.most_defined < 4 else 3)
        self.repeated.begin(1)

    cdef void put_batch(self, ArrowArray** columns, int64_t count) noexcept nogil:
        """Take the rows of a batch, and let the other leaves take theirs."""
        cdef ArrowArray* column = columns[self.column]
        cdef ArrowArray* outer = column.children[0] if self.in_list else column
        cdef ArrowArray* values = outer if self.member < 0 else outer.children[self.member]
        cdef Rows rows = _rows(
            NULL if self.member < 0 else outer, values, self.outer_optional, self.inner_optional
        )
        if self.in_list:
            self._put_lists(column, values, &rows, count)
        else:
            rows.count = count
            if self.most_defined:
                self.defined.put_bits(rows.outer, rows.inner, count)
            self.page_entries += count
            self._put_values(values, &rows, 0, count)
        if self.next is not None:
            self.next.put_batch(columns, count)

    cdef void _put_lists(
        self, const ArrowArray* lists, const ArrowArray* values, const Rows* items, int64_t count
    ) noexcept nogil:
        """Take the items of lists; ``items`` tells of those from the first one on."""
        cdef const int32_t* ends = <const int32_t*>lists.buffers[1] + lists.offset
        cdef Bits valid = validity(lists, lists.offset)
        cdef uint32_t empty = self.list_optional
        cdef int64_t row, item, begin = ends[0] if count else 0
        cdef bint absent
        for row in range(count):
            absent = self.list_optional and not bit(valid, row)
            if absent or ends[row] == ends[row + 1]:
                put_small(self.defined, 0 if absent else empty)
                put_small(self.repeated, 0)
                self.page_entries += 1
                # Arrow lets a null list have items; they are nowhere.
                if ends[row] != ends[row + 1]:
                    self._put_values(values, items, begin, ends[row])
                    begin = ends[row + 1]
                continue
            for item in range(ends[row], ends[row + 1]):
                put_small(self.repeated, item > ends[row])
                put_small(self.defined, empty + 1 + self._depth(items, item))
            self.page_entries += ends[row + 1] - ends[row]
        if count:
            self._put_values(values, items, begin, ends[count])

    cdef uint32_t _depth(self, const Rows* items, int64_t item) noexcept nogil:
        """Tell how far an item is defined."""
        if not bit(items.outer, item):
            return 0
        return self.outer_optional + (self.inner_optional and bit(items.inner, item))

    cdef void _put_values(self, const ArrowArray* values, const Rows* items, int64_t begin, int64_t end) noexcept nogil:
        """Take the values of the rows from one to another."""
        cdef Rows rows = items[0]
        cdef int64_t before = self.values.count
        rows.first += begin
        rows.outer.first += begin
        rows.inner.first += begin
        rows.count = end - begin
        self.values.put(values, &rows)
        self.page_values += self.values.count - before

    cdef void finish(self) noexcept nogil:
        """Make the content of a page from what was taken since the last one."""
        self.body.size = 0
        if self.in_list:
            self._finish_levels(self.repeated)
        if self.most_defined:
            self._finish_levels(self.defined)
        self.encoding = self.values.finish_page(self.body)

    cdef void _finish_levels(self, Runs levels) noexcept nogil:
        levels.finish()
        self.body.failed |= levels.failed
        self.body.put_number(<uint64_t>levels.size, 4)
        self.body.put(levels.at, levels.size)

    cdef void finish_group(self) noexcept nogil:
        """Make the content of the last page and of the dictionary, and let the other leaves make theirs."""
        self.finish()
        self.dictionary.size = 0
        self.values.finish_dictionary(self.dictionary)
        if self.next is not None:
            self.next.finish_group()

    cdef end_page(self):
        """Keep the page that is finished, and begin another one."""
        self._choose_compression()
        self._put_page(self.pages, self.body, False)
        self._begin_page()

    cdef put_chunk(self, Output into):
        """Put the dictionary of the row group, if it has one, and then its pages."""
        cdef int64_t before = into.size
        self._choose_compression()
        if self.values.dictionary_size():
            self._put_page(into, self.dictionary, True)
            self.dictionary_bytes = into.size - before
        into.put(self.pages.at, self.pages.size)
        if self.page_entries or not self.pages.size:
            self._put_page(into, self.body, False)
        self.compressed = into.size - before

    cdef _choose_compression(self):
        """Compress all pages of the column, or none: the first one tells whether it is worth it."""
        if not self.pages.size:
            self.compressing = self.codec is not None and self.body.size + self.dictionary.size >= _LEAST_COMPRESSED

    cdef _put_page(self, Output into, Output body, bint of_dictionary):
        """Put a page's header and its content."""
        if self.values.failed:
            raise MemoryError
        content = body.view()
        if self.compressing:
            content = self.codec.compress(content)
        cdef int64_t size = content.size
        if max(size, body.size) > _MOST_PAGE_BYTES:
            raise OverflowError("more than 2 GiB in one page")
        cdef Thrift header = self.header
        header.clear()
        header.put_int(1, _DICTIONARY_PAGE if of_dictionary else _DATA_PAGE)
        header.put_int(2, body.size)
        header.put_int(3, size)
        header.begin(7 if of_dictionary else 5)
        header.put_int(1, self.values.dictionary_size() if of_dictionary else self.page_entries)
        header.put_int(2, PLAIN if of_dictionary else self.encoding)
        if not of_dictionary:
            header.put_int(3, RLE)
            header.put_int(4, RLE)
        header.end()
        header.end()
        header.check()
        self.uncompressed += header.size + body.size
        into.put(header.at, header.size)
        into.put(address(content), size)
        into.check()
        if not of_dictionary:
            self.entries += self.page_entries
            self.value_count += self.page_values

    cdef describe(self, Thrift into, int64_t at):
        """Put what the footer says of this column in the row group; its pages begin at a place in the file."""
        cdef bytes name
        into.begin_item()
        into.put_long(2, at)
        into.begin(3)
        into.put_int(1, self.kind)
        into.begin_list(2, KIND_INT, 3)
        for encoding in (self.encoding, RLE, PLAIN):
            into.put_varint(zigzag(encoding))
        into.begin_list(3, KIND_CONTENT, len(self.path))
        for name in self.path:
            into.put_item(<const char*>name, len(name))
        into.put_int(4, _ZSTD if self.compressing else _UNCOMPRESSED)
        into.put_long(5, self.entries)
        into.put_long(6, self.uncompressed)
        into.put_long(7, self.compressed)
        into.put_long(9, at + self.dictionary_bytes)
        if self.dictionary_bytes:
            into.put_long(11, at)
        if self.ranged:
            self._describe_range(into)
        if self.filter_bytes:
            into.put_long(14, self.filter_at)
            into.put_int(15, self.filter_bytes)
        into.end()
        into.end()

    cdef _describe_range(self, Thrift into):
        cdef Output lowest = Output(), highest = Output()
        cdef bint known = self.values.range_of(lowest, highest)
        into.begin(12)
        into.put_long(3, self.entries - self.value_count)
        if known and max(lowest.size, highest.size) <= _MOST_RANGE_BYTES:
            into.put_content(5, highest.at, highest.size)
            into.put_content(6, lowest.at, lowest.size)
        into.end()

    cdef put_filter(self, Output into, int64_t at):
        """Put the Bloom filter, if there is one, where the file goes on at a place."""
        cdef Bloom filter_ = self.values.filter()
        cdef Thrift header = self.header
        if filter_ is None:
            return
        cdef int64_t before = into.size
        header.clear()
        header.put_int(1, filter_.size)
        # Blocks, XXH64 and no compression are each the only choice.
        for number in range(2, 5):
            header.begin(number)
            header.put_nothing(1)
            header.end()
        header.end()
        into.put(header.at, header.size)
        into.put(filter_.words, filter_.size)
        self.filter_at, self.filter_bytes = at, into.size - before


cdef Rows _rows(
    const ArrowArray* outer, const ArrowArray* values, bint outer_optional, bint inner_optional
) noexcept nogil:
    """Return the rows of values from the first one on; ``outer`` is the struct that they are in, if there is one."""
    cdef Rows rows
    cdef int64_t first = outer.offset if outer != NULL else 0
    # The offset of a struct holds for its members, which have their own besides.
    rows.first = first + values.offset
    rows.count = 0
    rows.outer = validity(outer, first) if outer_optional else no_bits()
    rows.inner = validity(values, rows.first) if inner_optional else no_bits()
    return rows
