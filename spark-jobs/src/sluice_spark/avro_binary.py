"""Reads Avro's binary encoding (Avro 1.12, "Binary Encoding") as strictly as `libs/record-schema/src/avro-tap.ts`.

Readers take the value and where to begin, and give what they read and where it ends. No bytes make them run past the end or
loop. fastavro is not used: it takes any byte for a boolean, integers with too many bits, text that is not UTF-8 in fields that
are read over, and arrays without end.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from sluice_spark.data_errors import DataError
from sluice_spark.json_scanner import MAX_DEPTH

#: From the value and a place in it to what is there and the place after it. Raises DataError and, at the end, IndexError.
Read = Callable[[bytes, int], tuple[Any, int]]
#: As `Read`, for what nobody wants: only the place after it. Takes how many records, arrays and maps are around it as well.
Skip = Callable[[bytes, int, int], int]

_FLOAT: Final = struct.Struct("<f")
_DOUBLE: Final = struct.Struct("<d")


def bad_avro() -> DataError:
    """The fault of bytes that no value is encoded as."""
    return DataError("bad-avro")


def read_long(data: bytes, at: int) -> tuple[int, int]:
    """A zigzag varint of at most 64 bits."""
    byte = data[at]
    at += 1
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at
    number = byte & 0x7F
    shift = 7
    while byte > 0x7F:
        byte = data[at]
        at += 1
        if shift == 63 and byte > 1:
            raise bad_avro()
        number |= (byte & 0x7F) << shift
        shift += 7
    return (number >> 1) ^ -(number & 1), at


def read_int(data: bytes, at: int) -> tuple[int, int]:
    """A zigzag varint of at most 32 bits."""
    number, at = read_long(data, at)
    if not -(2**31) <= number < 2**31:
        raise bad_avro()
    return number, at


def read_boolean(data: bytes, at: int) -> tuple[bool, int]:
    """One byte, 0 or 1."""
    byte = data[at]
    if byte > 1:
        raise bad_avro()
    return byte == 1, at + 1


def read_float(data: bytes, at: int) -> tuple[float, int]:
    """Four bytes."""
    return _FLOAT.unpack_from(data, at)[0], past(data, at, 4)


def read_double(data: bytes, at: int) -> tuple[float, int]:
    """Eight bytes."""
    return _DOUBLE.unpack_from(data, at)[0], past(data, at, 8)


def read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """A length, and as many bytes."""
    length, at = read_long(data, at)
    end = past(data, at, length)
    return data[at:end], end


def read_string(data: bytes, at: int) -> tuple[str, int]:
    """A length, and as many bytes of UTF-8."""
    length = data[at]
    at += 1
    # nearly all strings are shorter than 64 bytes
    if length < 0x80 and not length & 1:
        end = at + (length >> 1)
    else:
        number, at = read_long(data, at - 1)
        end = past(data, at, number)
    if end > len(data):
        raise bad_avro()
    try:
        return data[at:end].decode("utf-8"), end
    except UnicodeDecodeError:
        raise DataError("invalid-utf8") from None


def read_null(_: bytes, at: int) -> tuple[None, int]:
    """No bytes."""
    return None, at


def past(data: bytes, at: int, length: int) -> int:
    """The place after `length` bytes, which must be there."""
    end = at + length
    if length < 0 or end > len(data):
        raise bad_avro()
    return end


def skipping(read: Read) -> Skip:
    """Reads over what `read` reads, as strictly: text that is not UTF-8 is refused in fields that nobody asks for, too."""

    def skip(data: bytes, at: int, _: int) -> int:
        return read(data, at)[1]

    return skip


def skip_fixed(size: int) -> Skip:
    """So many bytes."""
    return lambda data, at, _: past(data, at, size)


def reading_union(branches: list[Read]) -> Read:
    """The index of a branch, and its value."""
    count = len(branches)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        index, at = read_long(data, at)
        if not 0 <= index < count:
            raise bad_avro()
        return branches[index](data, at)

    return read


def skipping_union(branches: list[Skip]) -> Skip:
    """As `reading_union`."""
    count = len(branches)

    def skip(data: bytes, at: int, depth: int) -> int:
        index, at = read_long(data, at)
        if not 0 <= index < count:
            raise bad_avro()
        return branches[index](data, at, depth)

    return skip


def reading_array(read_item: Read) -> Read:
    """Blocks of items, up to one without any. Items take a byte each at least, so that the value bounds them."""

    def read(data: bytes, at: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        block, at = read_long(data, at)
        while block != 0:
            if block < 0:
                # a negative count is followed by the size of the block
                _, at = read_long(data, at)
            for _ in range(abs(block)):
                item, at = read_item(data, at)
                items.append(item)
            block, at = read_long(data, at)
        return items, at

    return read


def skipping_blocks(skip_item: Skip) -> Skip:
    """Blocks of an array or, with keys, of a map: those with a size are passed over by it."""

    def skip(data: bytes, at: int, depth: int) -> int:
        block, at = read_long(data, at)
        while block != 0:
            if block < 0:
                size, at = read_long(data, at)
                at = past(data, at, size)
            else:
                for _ in range(block):
                    at = skip_item(data, at, depth)
            block, at = read_long(data, at)
        return at

    return skip


def skipping_level(skip_level: Skip) -> Skip:
    """A record, an array or a map: one more level for what is in it, of which there are as many as in JSON."""

    def skip(data: bytes, at: int, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise DataError("too-deep")
        return skip_level(data, at, depth + 1)

    return skip


def reading_enum(symbols: tuple[str, ...]) -> Read:
    """The index of a symbol."""
    count = len(symbols)

    def read(data: bytes, at: int) -> tuple[str, int]:
        index, at = read_long(data, at)
        if not 0 <= index < count:
            raise bad_avro()
        return symbols[index], at

    return read
