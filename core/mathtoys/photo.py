"""Photographs that points are clicked on: opened with care, and drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from core.errors import VisitorError

MAX_MEGAPIXELS = 60
MAX_SIDE = 65_500  # pixels; what a JPEG can have, and Pillow needs memory for each row
LONGEST = 1280  # pixels of a side; a larger picture is made smaller
_KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "MPO")
_POINT, _WRONG, _CURVE, _SCALE = (213, 94, 0), (120, 120, 120), (0, 158, 115), (0, 114, 178)
Place = tuple[float, float]


def load(path: Path | str, name: str = "") -> Image.Image:
    """A picture as it was meant to be seen (its EXIF orientation applied), RGB, at most 1280 pixels long.

    Raises:
        VisitorError: no picture, a broken one, or one with too many pixels; they are counted before any is unpacked.
    """
    name = name or Path(path).name
    too_large = VisitorError("picture_too_large", megapixels=MAX_MEGAPIXELS, side=MAX_SIDE)
    try:
        with Image.open(path, formats=_KINDS) as picture:
            if picture.width * picture.height > MAX_MEGAPIXELS * 1_000_000 or max(picture.size) > MAX_SIDE:
                raise too_large
            picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG need not be unpacked in full
            small = picture.convert("RGB")
            small.thumbnail((LONGEST, LONGEST))  # before it is turned: a picture of full size is held twice at most
            return ImageOps.exif_transpose(small)
    except Image.DecompressionBombError as error:
        raise too_large from error
    except VisitorError:
        raise
    except Exception as error:  # Pillow raises many kinds on a broken file, none of them documented
        raise VisitorError("picture_broken", file=name) from error


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
