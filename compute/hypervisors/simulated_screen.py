"""The screen of a simulated instance: a small RFB 3.8 server (RFC 6143) on one end of a socket pair."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import NamedTuple

from compute.hypervisors.simulated_font import text_bitmap

WIDTH, HEIGHT = 640, 400
SCALE = 3
BACKGROUND, INK = (24, 36, 51), (230, 237, 245)
# Client messages of a fixed length: type to the number of bytes after it (RFC 6143, 7.5).
SET_PIXEL_FORMAT, SET_ENCODINGS, UPDATE_REQUEST, KEY_EVENT, POINTER_EVENT, CUT_TEXT = 0, 2, 3, 4, 5, 6
FIXED_LENGTHS = {KEY_EVENT: 7, POINTER_EVENT: 5}


class PixelFormat(NamedTuple):
    """What follows three bytes of padding in SetPixelFormat, and the start of ServerInit (7.4)."""

    bits_per_pixel: int
    depth: int
    big_endian: int
    true_color: int
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    def pixel(self, color: tuple[int, int, int]) -> bytes:
        maxima = (self.red_max, self.green_max, self.blue_max)
        shifts = (self.red_shift, self.green_shift, self.blue_shift)
        value = sum(part * top // 255 << shift for part, top, shift in zip(color, maxima, shifts, strict=True))
        return value.to_bytes(self.bits_per_pixel // 8, "big" if self.big_endian else "little")


LAYOUT = struct.Struct(">BBBBHHHBBB3x")
TRUE_COLOR = PixelFormat(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


def open_screen(name: str) -> socket.socket:
    """The client's end of a fresh session that shows the name; it ends when that end is closed."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=_serve, args=(ours, name), name=f"screen of {name}", daemon=True).start()
    return theirs


def _serve(stream: socket.socket, name: str) -> None:
    # A viewer leaves by closing its end, in the middle of whatever we read or write.
    with stream, contextlib.suppress(OSError, EOFError):
        _Session(stream, name).run()


class _Session:
    def __init__(self, stream: socket.socket, name: str) -> None:
        self._stream = stream
        self._name = name
        self._format = TRUE_COLOR

    def run(self) -> None:
        self._shake_hands()
        while True:
            self._answer(self._read(1)[0])

    def _shake_hands(self) -> None:
        self._stream.sendall(b"RFB 003.008\n")
        self._read(12)
        self._stream.sendall(b"\x01\x01")  # one security type on offer: none
        self._read(1)
        self._stream.sendall(b"\0\0\0\0")
        self._read(1)
        title = f"{self._name} (simulated)".encode()
        self._stream.sendall(struct.pack(">HH", WIDTH, HEIGHT) + LAYOUT.pack(*TRUE_COLOR))
        self._stream.sendall(struct.pack(">I", len(title)) + title)

    def _answer(self, message: int) -> None:
        if message == SET_PIXEL_FORMAT:
            self._format = PixelFormat(*LAYOUT.unpack(self._read(19)[3:]))
        elif message == SET_ENCODINGS:
            self._read(4 * struct.unpack(">xH", self._read(3))[0])
        elif message == UPDATE_REQUEST:
            self._update(*struct.unpack(">?HHHH", self._read(9)))
        elif message == CUT_TEXT:
            self._read(struct.unpack(">3xI", self._read(7))[0])
        elif message in FIXED_LENGTHS:
            self._read(FIXED_LENGTHS[message])
        else:
            raise EOFError(f"unknown message {message}")

    def _update(self, incremental: bool, x: int, y: int, width: int, height: int) -> None:
        """Nothing on the screen ever changes, so only a full request is answered."""
        if incremental:
            return
        width, height = min(width, WIDTH - x), min(height, HEIGHT - y)
        if width <= 0 or height <= 0:
            return
        header = struct.pack(">BxHHHHHi", 0, 1, x, y, width, height, 0)
        self._stream.sendall(header + self._pixels(x, y, width, height))

    def _pixels(self, x: int, y: int, width: int, height: int) -> bytes:
        ink, background = self._format.pixel(INK), self._format.pixel(BACKGROUND)
        lines = [text_bitmap(line) for line in (self._name[: WIDTH // (6 * SCALE) - 2], "simulated")]
        rows = []
        for row in range(y, y + height):
            text_row, left = (row - 40) // SCALE, 20
            line, inside = divmod(text_row, 10)
            bits = lines[line][inside] if 0 <= line < len(lines) and inside < 7 else ""
            drawn = "".join(bit * SCALE for bit in bits)
            pixels = (" " * left + drawn).ljust(WIDTH)[x : x + width]
            rows.append(b"".join(ink if pixel == "#" else background for pixel in pixels))
        return b"".join(rows)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self._stream.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data
