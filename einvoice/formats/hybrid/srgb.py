"""The sRGB colour profile (ICC version 2) that PDF/A asks for where pages use plain RGB; made here, byte for byte.

The numbers are those of IEC 61966-2-1, adapted to the white of ICC (D50); the curve is its usual gamma of 2.2.
"""

import struct

_WHITE = (0.9642, 1.0, 0.8249)
_COLOURS = {
    "rXYZ": (0.4361, 0.2225, 0.0139),
    "gXYZ": (0.3851, 0.7169, 0.0971),
    "bXYZ": (0.1431, 0.0606, 0.7141),
}
_NAME = b"sRGB IEC61966-2.1"
_HEADER = 128


def profile() -> bytes:
    """The profile's bytes."""
    curve = b"curv" + struct.pack(">4xIH2x", 1, round(2.2 * 256))
    tags = {
        "desc": b"desc" + struct.pack(">4xI", len(_NAME) + 1) + _NAME + b"\0" + bytes(78),
        "cprt": b"text" + bytes(4) + b"No copyright\0",
        "wtpt": _xyz(_WHITE),
        **{tag: _xyz(value) for tag, value in _COLOURS.items()},
        **dict.fromkeys(("rTRC", "gTRC", "bTRC"), curve),
    }
    offset = _HEADER + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        index += struct.pack(">4sII", tag.encode(), offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return _header(offset + len(body)) + index + body


def _header(size: int) -> bytes:
    head = struct.pack(">I4xI4s4s4s", size, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    made = struct.pack(">6H4s", 1998, 2, 9, 0, 0, 0, b"acsp")
    return (head + made + bytes(28) + _xyz(_WHITE)[8:]).ljust(_HEADER, b"\0")


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *(round(value * 65536) for value in values))
