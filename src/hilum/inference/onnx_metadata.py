"""The metadata of an ONNX file, without the onnx package (which prediction does not need).

An ONNX file is one protobuf message, ModelProto; its field 14, ``metadata_props``, repeats a
StringStringEntryProto of key (1) and value (2). Source: onnx.proto3 of the ONNX project.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hilum.errors import ModelError

_METADATA_FIELD = 14
Buffer = bytes | memoryview

_VARINT, _EIGHT_BYTES, _LENGTH_DELIMITED, _FOUR_BYTES = 0, 1, 2, 5


def read_onnx_metadata(data: bytes, *, path: Path) -> dict[str, str]:
    """All metadata entries of the ONNX bytes ``data``.

    Raises:
        ModelError: the bytes are no ONNX file, or it is cut off.
    """
    with _whole(data, path):
        return dict(_entry(value) for field, value, _ in _fields(data) if field == _METADATA_FIELD)


def replace_onnx_metadata(data: bytes, key: str, value: str, *, path: Path) -> bytes:
    """The ONNX bytes ``data`` with ``value`` as the entry ``key``, and all else as it was.

    Raises:
        ModelError: the bytes are no ONNX file, or it is cut off.
    """
    kept = bytearray()
    copied = 0
    with _whole(data, path):
        for field, inner, (start, end) in _fields(data):
            if field == _METADATA_FIELD and _entry(inner)[0] == key:
                kept += data[copied:start]
                copied = end
    kept += data[copied:]
    entry = _text_field(1, key.encode()) + _text_field(2, value.encode())
    return bytes(kept + _text_field(_METADATA_FIELD, entry))


@contextmanager
def _whole(data: bytes, path: Path) -> Iterator[None]:
    try:
        yield
    except (IndexError, ValueError):
        raise ModelError(
            "this is no ONNX file, or it is cut off",
            path=path,
            got=f"{len(data):,} bytes",
            remedy="fetch it again, or train it again",
        ) from None


def _entry(data: memoryview) -> tuple[str, str]:
    parts = {field: bytes(part).decode() for field, part, _ in _fields(data)}
    return parts.get(1, ""), parts.get(2, "")


def _text_field(number: int, content: bytes) -> bytes:
    return _as_varint(number << 3 | _LENGTH_DELIMITED) + _as_varint(len(content)) + content


def _as_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _fields(message: Buffer) -> Iterator[tuple[int, memoryview, tuple[int, int]]]:
    """Each length-delimited field of a message: number, bytes, (start, end) with its tag."""
    data = memoryview(message)
    position = 0
    while position < len(data):
        start = position
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == _VARINT:
            _, position = _varint(data, position)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            position += 8 if kind == _EIGHT_BYTES else 4
        elif kind == _LENGTH_DELIMITED:
            length, position = _varint(data, position)
            if position + length > len(data):
                raise ValueError
            position += length
            yield tag >> 3, data[position - length : position], (start, position)
        else:
            raise ValueError


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError
