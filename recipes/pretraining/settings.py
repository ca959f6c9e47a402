"""What makes a run, and what cannot make one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recipes.pretraining import RecipeError

LEAST_WINDOW = 8  # pieces: the middle half, where a window is parted, needs some
_HEAD = 64


def heads(width: int) -> int:
    """How many heads a network of this width has: of 64 each, or one head below."""
    return max(1, width // _HEAD)


@dataclass(frozen=True)
class Settings:
    """What makes a run; kept in its checkpoint, and the same when it goes on.

    layers, width: of the network.  batch: pieces of a step, over all its windows.  short, long: pieces of a window.
    rate: peak.  warm_up: steps.  share: of the pieces that are hidden; only_mask: see `sampling.Masking`.
    decay: of the matrices.  steps: of the whole run, None: until a last piece ends it.  cool: the share of the run, or
    of the last piece's minutes, over which the rate falls.  init: a folder whose weights are the start.
    """

    layers: int = 6
    width: int = 256
    batch: int = 3072
    short: int = 128
    long: int = 512
    rate: float = 2e-3
    warm_up: int = 500
    share: float = 0.15
    only_mask: bool = False
    decay: float = 0.05
    steps: int | None = None
    cool: float = 0.3
    init: str | None = None
    seed: int = 0

    def check(self) -> None:
        """Whether a network and its windows can be made with them.

        Raises:
            RecipeError: not so; the message names the flag.
        """
        problems = {
            f"--width {self.width} cannot be shared out among heads: take a multiple of {_HEAD}, or less than {_HEAD}.":
                self.width % heads(self.width) != 0,
            f"--short {self.short} is too few: a window has at least {LEAST_WINDOW} pieces.":
                self.short < LEAST_WINDOW,
            f"--short {self.short} is more than the network has places: {self.long}, the --long of its run.":
                self.short > self.long,
            f"--rate {self.rate} is no finite number.": not math.isfinite(self.rate),
            f"--share {self.share} is more than the whole: 0.15 is 15 %.": self.share > 1,
            f"--cool {self.cool} is more than the whole: 0.3 is 30 %.": self.cool > 1,
            f"--seed {self.seed} is none: take a number from 0 to 2 to the power of 63.":
                not 0 <= self.seed < 1 << 63,
        }  # fmt: skip
        for sentence, is_so in problems.items():
            if is_so:
                raise RecipeError(sentence)
