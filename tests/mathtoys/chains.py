"""Points and pictures of chains with known parameters, for tests of the fit."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Points turned counterclockwise about the origin."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return points @ np.array([[cos, sin], [-sin, cos]])


def chain(a: float, x0: float, y0: float, low: float, high: float, count: int) -> np.ndarray:
    """Evenly along the chain, shape (count, 2); an arch when a < 0."""
    ends = np.sinh((np.array([low, high]) - x0) / abs(a))
    eta = np.arcsinh(np.linspace(*ends, count))
    return np.stack([x0 + abs(a) * eta, y0 + a * (np.cosh(eta) - 1)], axis=1)


def photograph(a: float, x0: float, y0: float, tilt: float, seed: int = 0, size: tuple[int, int] = (900, 700)):
    """A picture of a chain against a lit wall with bricks and grain; y0 and a in pixels, y upwards from the lower edge.

    Returns:
        The image, and the chain's true places as (x, y upwards), shape (n, 2).
    """
    rng = np.random.default_rng(seed)
    width, height = size
    shade = 185 + 45 * np.linspace(0, 1, width)[None, :] * np.linspace(1, 0.6, height)[:, None]
    wall = shade[:, :, None] + rng.normal(0, 7, (height, width, 1)) + np.array([8, 0, -12])
    image = Image.fromarray(np.clip(wall, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for y in range(0, height, 58):  # bricks
        draw.line([(0, y), (width, y)], fill=(190, 182, 170), width=2)
        for x in range((y // 58 % 2) * 60, width, 120):
            draw.line([(x, y), (x, y + 58)], fill=(190, 182, 170), width=2)
    places = turned(chain(a, x0, y0, x0 - 300, x0 + 330, 90), tilt)
    for number, (x, y) in enumerate(places):  # links
        box = (7, 4) if number % 2 else (4, 7)
        draw.ellipse([x - box[0], height - y - box[1], x + box[0], height - y + box[1]], outline=(45, 42, 40), width=3)
    return image.filter(ImageFilter.GaussianBlur(0.8)), places


def dark_pixels(image: Image.Image, threshold: int = 95) -> np.ndarray:
    """Where the chain is, found as a program would: dark pixels, (x, y upwards), shape (n, 2)."""
    grey = np.asarray(image.convert("L"))
    rows, columns = np.nonzero(grey < threshold)
    return np.stack([columns, grey.shape[0] - rows], axis=1).astype(float)
