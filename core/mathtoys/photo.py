"""Photographs that points are clicked on: opened by a child process (`core.child`), and drawn on.

A picture of some kilobytes may take its decoder an hour, or a gigabyte.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from core import child
from core.errors import VisitorError

MAX_MEGAPIXELS = 60
MAX_SIDE = 65_500  # pixels; what a JPEG can have, and Pillow needs memory for each row
LONGEST = 1280  # pixels of a side; a larger picture is made smaller
SECONDS = 10  # for a picture
_LARGE, _BROKEN = "large", "broken"
_KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "MPO")
_POINT, _WRONG, _CURVE, _SCALE = (213, 94, 0), (120, 120, 120), (0, 158, 115), (0, 114, 178)
Place = tuple[float, float]


def load(path: Path | str, name: str = "") -> Image.Image:
    """A picture as it was meant to be seen (its EXIF orientation applied), RGB, at most 1280 pixels long.

    Raises:
        VisitorError: no picture, a broken one, one that takes too long, or one with too many pixels; they are counted
            before any is unpacked.
    """
    name = name or Path(path).name
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise VisitorError("picture_broken", file=name) from error
    answer = child.ask("core.mathtoys.photo", data, SECONDS)
    if answer.late or answer.value == _LARGE:
        raise VisitorError("picture_too_large", megapixels=MAX_MEGAPIXELS, side=MAX_SIDE)
    if not isinstance(answer.value, dict):
        raise VisitorError("picture_broken", file=name)
    return Image.frombytes("RGB", tuple(answer.value["size"]), base64.b64decode(answer.value["rgb"]))


def decoded(data: bytes) -> Image.Image | str:
    """The same in this process, or what is wrong with the picture."""
    try:
        with Image.open(io.BytesIO(data), formats=_KINDS) as picture:
            if picture.width * picture.height > MAX_MEGAPIXELS * 1_000_000 or max(picture.size) > MAX_SIDE:
                return _LARGE
            picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG need not be unpacked in full
            small = picture.convert("RGB")
            small.thumbnail((LONGEST, LONGEST))  # before it is turned: a picture of full size is held twice at most
            return ImageOps.exif_transpose(small)
    except (Image.DecompressionBombError, MemoryError):
        return _LARGE
    except Exception:  # Pillow raises many kinds on a broken file, none of them documented
        return _BROKEN


def upwards(image: Image.Image, places: Sequence[Place], scale: float = 1.0) -> list[Place]:
    """Pixels (x to the right, y down) as points with y up from the lower edge, times `scale`; and back again with the
    same: see `downwards`."""
    return [(x * scale, (image.height - y) * scale) for x, y in places]


def downwards(image: Image.Image, points: Sequence[Place], scale: float = 1.0) -> list[Place]:
    """The way back of `upwards`."""
    return [(x / scale, image.height - y / scale) for x, y in points]


def unit(ends: Sequence[Place], length: float) -> float:
    """How long a pixel is, when the two places are `length` apart.

    Raises:
        VisitorError: they are not two different places.
    """
    if len(ends) == 2:
        pixels = ((ends[0][0] - ends[1][0]) ** 2 + (ends[0][1] - ends[1][1]) ** 2) ** 0.5
        if pixels >= 1:
            return length / pixels
    raise VisitorError("scale_points")


def drawn(
    image: Image.Image,
    clicks: Sequence[Place] = (),
    wrong: Sequence[bool] = (),
    curve: Sequence[Place] = (),
    scale: Sequence[Place] = (),
) -> Image.Image:
    """A copy with the curve, the clicked points (those left out as wrong grey) and the ends of the scale, in pixels."""
    copy = image.copy()
    draw = ImageDraw.Draw(copy)
    size = max(4, round(max(image.size) / 160))
    within = [(x, y) for x, y in curve if -9999 < x < 99999 and -9999 < y < 99999]
    if len(within) > 1:
        draw.line(within, fill="white", width=size, joint="curve")
        draw.line(within, fill=_CURVE, width=max(2, size // 2), joint="curve")
    if len(scale) == 2:
        draw.line(list(scale), fill=_SCALE, width=max(2, size // 2))
    colours = [*(_WRONG if out else _POINT for out in wrong), *[_POINT] * len(clicks)][: len(clicks)]
    for (x, y), colour in zip([*clicks, *scale], [*colours, *[_SCALE] * len(scale)], strict=True):
        draw.ellipse([x - size, y - size, x + size, y + size], fill=colour, outline="white", width=2)
    return copy


def _told(data: bytes) -> Any:
    found = decoded(data)
    return found if isinstance(found, str) else {"size": found.size, "rgb": base64.b64encode(found.tobytes()).decode()}


def main() -> None:
    """A file on standard input; its size and pixels, or the name of what is wrong, as JSON on standard output."""
    child.answer(_told)


if __name__ == "__main__":
    main()
