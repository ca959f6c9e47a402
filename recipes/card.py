"""The picture that a link to the page is shown with: 1200 x 630, in the page's own colours.

    python recipes/card.py [--font /path/to/NotoSansCJK-Bold.ttc] [--out demo/assets/card.png]

The ropes are computed, not drawn by hand: a chain of the length that its neighbour, the skipping rope, has.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from PIL import Image, ImageDraw, ImageFont

from core import catenary, rope

WIDTH, HEIGHT, FINER = 1200, 630, 3
PAPER, INK, BRONZE, GREY, MARK, LINE = "#fafaf9", "#292524", "#1d7668", "#78716c", "#fdeeb8", "#e0b53f"
LEAST_BYTES, MOST_BYTES = 10_000, 150_000


def draw(font: str, light: str) -> Image.Image:
    """The card at FINER times its size."""
    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    pen = ImageDraw.Draw(image)

    def write(x: float, y: float, text: str, size: float, colour: str, face: str = font, mark: int = 0) -> None:
        letters = ImageFont.truetype(face, int(size * FINER), index=2)  # the simplified Chinese face of the collection
        if mark:
            edge = 2 * FINER
            end = x * FINER + letters.getlength(text[:mark])
            pen.rectangle(
                (x * FINER - edge, (y + size * 0.16) * FINER, end + edge, (y + size * 1.34) * FINER), fill=MARK
            )
            pen.rectangle(
                (x * FINER - edge, (y + size * 1.3) * FINER, end + edge, (y + size * 1.36) * FINER), fill=LINE
            )
        pen.text((x * FINER, y * FINER), text, font=letters, fill=colour)

    pen.rectangle((0, 0, 14 * FINER, HEIGHT * FINER), fill=BRONZE)
    write(80, 56, "玩转", 112, BRONZE)
    write(330, 76, "Wanzhuan", 84, INK)
    write(84, 230, "可以动手玩的中文小模型", 40, INK)
    write(84, 288, "small Chinese models to play with", 30, GREY, light)
    write(84, 388, "临江市图书馆向市民开放", 38, INK, mark=11)
    write(84, 470, "红楼梦  —作者→  曹雪芹", 30, GREY, light)
    write(84, 532, "det exp A = exp tr A", 30, BRONZE, light)

    left, top, scale = 720, 330, 390.0  # where the hands are, and pixels a metre

    def curve(xs: list[float], ys: list[float], colour: str, width: int) -> None:
        points = [((left + scale * x) * FINER, (top + scale * y) * FINER) for x, y in zip(xs, ys, strict=True)]
        points = [*points[:: max(1, len(points) // 60)], points[-1]]  # more of them make the joints rough
        pen.line(points, fill=colour, width=width * FINER, joint="curve")

    turning = rope(span=1.0, length=1.62, omega=10.0)
    for share, colour in (
        (-1.0, "#d6f2ea"),
        (-0.62, "#aee3d5"),
        (-0.2, "#7dcdbb"),
        (0.25, "#4bb09c"),
        (0.66, "#2b9381"),
    ):
        curve(list(turning.z), [share * r for r in turning.r], colour, 5)
    curve(list(turning.z), list(turning.r), BRONZE, 9)
    chain = catenary(0.0, 0.0, 1.0, 0.0, length=1.62)
    curve(list(chain.x), [-y for y in chain.y], LINE, 4)
    for x in (0.0, 1.0):
        px, py, r = (left + scale * x) * FINER, top * FINER, 13 * FINER
        pen.ellipse((px - r, py - r, px + r, py + r), fill=INK)
    return image


def main() -> None:
    """Draw it and write it."""
    noto = "/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--font", default=noto.format("Bold"), help="a bold face with Chinese characters")
    parser.add_argument("--light", default=noto.format("Regular"), help="a lighter one")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "demo" / "assets" / "card.png")
    flags = parser.parse_args()
    card = draw(flags.font, flags.light).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    card.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(flags.out, optimize=True)
    size = flags.out.stat().st_size
    print(f"{flags.out.name}: {size:,} bytes")
    if not LEAST_BYTES < size < MOST_BYTES:
        sys.exit("the picture does not have the size that it should")


if __name__ == "__main__":
    main()
