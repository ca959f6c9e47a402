"""One training loop for every task: progress, budget, checkpoints, the best kept, and resuming after a kill.

A task brings its variables, a loss, batches that a seed decides, and a function that scores; this module brings the
rest.  Stopping at any moment costs at most the minutes since the last checkpoint, and a run that was resumed sees the
same batches in the same order as one that was not.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core import backend
from core.distribution import Workers
from core.errors import VisitorError
from core.optim import accumulation

EMA_LEFT = 0.05  # of the first weights in an average: with more, it scores worse than the weights themselves

BOUNDS = {"ema": (0, 0.999999), "seed": (0, 2**31 - 1)}  # of fields of `Settings`


def names_of(files: Sequence[Path]) -> dict[Path, str]:
    """What a run's table calls each file: by its name up to the first dot, as a whole path where others share it."""
    short = Counter(file.name.split(".")[0] for file in set(files))
    return {file: name if short[name := file.name.split(".")[0]] == 1 else str(file) for file in files}


@dataclass(frozen=True)
class Settings:
    """How long and how fast.

    epochs, minutes, updates: the run ends with whichever comes first, counted over all resumed pieces.
    rate: peak learning rate; warm_up: updates until it is reached; it falls to zero by a cosine over the budget.
    save_minutes: between checkpoints.  bfloat16: matrix products in mixed precision (fast where the processor has it).
    compile: let XLA compile the step: minutes before the first update, then about a tenth faster on a CPU.
    ema: score and keep a moving average of the weights, `ema` of it old and `1 - ema` new at each update, 0 to
        0.999999; 0: none.
    accumulate: batches an update: so many make one as large as all of them (`core.optim.accumulation`), in the memory
        of one and a copy of the weights.  Updates, warm-up, the rate and the average go by updates.
    strategy: where the batches are computed (`core.distribution`); `accumulate` is then shared out among the replicas.
    """

    epochs: float = 3
    minutes: float = math.inf
    updates: int | None = None
    rate: float = 5e-4
    warm_up: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    save_minutes: float = 3
    seed: int = 0
    bfloat16: bool = False
    compile: bool = False
    ema: float = 0.0
    accumulate: int = 1
    strategy: str = "none"

    def __post_init__(self) -> None:
        """Raises VisitorError: an average or a seed with which a run would end in the middle."""
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise VisitorError("out_of_range", name=name, least=least, most=most)

    @property
    def precision(self) -> str:
        """One of `core.backend.PRECISIONS`."""
        return "mixed_bfloat16" if self.bfloat16 else "float32"


@dataclass
class Progress:
    """Where a run stands; what a checkpoint keeps beside the variables.

    batch: the next one of the epoch; read: batches in all, the name of a checkpoint; waiting: those of them that no
    update has used yet.
    """

    epoch: int = 0
    batch: int = 0
    updates: int = 0
    read: int = 0
    waiting: int = 0
    accumulate: int = 1
    seconds: float = 0.0
    best: float = -math.inf
    table: list[dict] = field(default_factory=list)


def learning_rate(settings: Settings, progress: Progress, fraction: float) -> float:
    """Linear warm-up, then a cosine to zero over the budget of which `fraction` in [0, 1] is spent."""
    warm = min(1.0, (progress.updates + 1) / max(1, settings.warm_up))
    return settings.rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))


def train(
    variables: Sequence[Any],
    loss: Callable[..., tuple[Any, Any]],
    epoch_batches: Callable[[int], Iterator[tuple]],
    score: Callable[[], dict[str, float]],
    save_best: Callable[[], None],
    folder: Path,
    settings: Settings,
    say: Callable[[str], None] = print,
    workers: Workers | None = None,
) -> list[dict]:
    """Train until the budget is spent, scoring after each epoch and at the end.

    Args:
        variables: what is trained.
        loss: a batch's arrays → (summed loss, number of terms), as tensors.
        epoch_batches: epoch number → its batches, the same each time it is asked for the same epoch.
        score: dev scores; the first of them decides which state is best (larger is better); none: the last one is kept.
        save_best: writes the weights folder; called whenever the score is the best so far.
        folder: where checkpoints go; a run found there is resumed.
        settings: see `Settings`.
        say: one line of progress.
        workers: where it is computed; the variables were made in its scope.

    Returns:
        The run's table (of several processes the chief's): a row a scoring, with epoch, updates, minutes, loss and the
        scores.
    """
    tf = backend.load().tf
    workers = workers or Workers()
    workers.check(settings.accumulate)
    folder.mkdir(parents=True, exist_ok=True)
    with workers.scope():
        optimizer = _optimizer(variables, settings)
        average = Average(variables, settings.ema) if settings.ema else None
        window = accumulation.Accumulated(optimizer, settings.accumulate)
        gathers = settings.accumulate > 1 or workers.kind != "none"
        if gathers:
            window.build(variables)
    others = {"average": average.values} if average else {}  # absent from a run without one, as in older runs
    if settings.accumulate > 1:
        others["window"] = window
    checkpoint = tf.train.Checkpoint(variables=list(variables), optimizer=optimizer, **others)
    # two are kept: the new one is written before progress.json turns from the old one to it
    manager = tf.train.CheckpointManager(checkpoint, str(workers.folder(folder) / "checkpoints"), max_to_keep=2)
    progress = _resume(checkpoint, settings, folder, say)
    resumed, started = progress.seconds, time.monotonic()

    def one_batch(arrays, weight=1.0):
        # bert4keras makes layers of dropout while it computes; they must be of the model's precision
        with tf.GradientTape() as tape, backend.precision(settings.precision):
            total, count = loss(*arrays)
            mean = total / tf.maximum(count, 1.0) / workers.replicas
        # rows of an embedding are summed before they are clipped: a token that comes twice would be measured twice
        gradients = [g if g is None else tf.convert_to_tensor(g) for g in tape.gradient(mean, variables)]
        pairs = list(zip(gradients, variables, strict=True))
        if gathers:
            window.add(pairs, samples=count * weight)
        else:
            optimizer.apply_gradients(pairs)
            if average:
                average.update()
        return total * weight, count * weight

    @tf.function
    def close_window():
        window.flush()
        if average:
            average.update()

    step = workers.step(one_batch, settings.compile)

    def save() -> None:
        progress.seconds = resumed + time.monotonic() - started
        path = manager.save(checkpoint_number=progress.read)
        if not workers.chief:
            return
        state = {**asdict(progress), "checkpoint": Path(path).name}
        temporary = folder / "progress.json.part"
        temporary.write_text(json.dumps(state), encoding="utf-8")
        temporary.replace(folder / "progress.json")

    def scored(mean: float) -> None:
        if not workers.chief:
            return
        if average and (left := settings.ema**progress.updates) > EMA_LEFT:
            say(f"the average still holds {left:.0%} of the weights that the run began with: its scores will rise")
        with average.in_place() if average else contextlib.nullcontext():
            score_and_keep(mean)

    def score_and_keep(mean: float) -> None:
        scores = score()
        row = {"epoch": round(progress.epoch + epoch_share, 2), "updates": progress.updates}
        row |= {"minutes": round(progress.seconds / 60, 1), "loss": round(mean, 4), **scores}
        progress.table.append(row)
        say("  ".join(f"{k} {v:,}" if isinstance(v, int) else f"{k} {v:.4g}" for k, v in row.items()))
        best = next(iter(scores.values()), math.inf)  # without a score the latest state is kept
        if best > progress.best or not scores:
            progress.best = best if scores else progress.best
            save_best()

    recent, whole, epoch_share = [0.0, 0.0], [0.0, 0.0], 0.0  # loss and terms: of 50 updates, since the last scoring
    fraction, saved = _spent(settings, progress, 0.0, resumed), resumed
    while progress.epoch < settings.epochs and fraction < 1:
        todo = list(epoch_batches(progress.epoch))
        while progress.batch < len(todo):
            spent = workers.agreed(resumed + time.monotonic() - started)
            epoch_share = progress.batch / len(todo)
            if not progress.waiting:  # the budget and the rate are looked at where a big batch would begin
                fraction = _spent(settings, progress, epoch_share, spent)
                if fraction >= 1:
                    break
                optimizer.learning_rate.assign(learning_rate(settings, progress, fraction))
            size = min(workers.replicas, settings.accumulate - progress.waiting)
            some = todo[progress.batch : progress.batch + size]
            one, terms = step(some)
            for sums in (recent, whole):
                sums[0], sums[1] = sums[0] + one, sums[1] + terms
            progress.read += len(some)
            progress.batch += len(some)
            progress.waiting += len(some)
            if progress.waiting == settings.accumulate or progress.batch == len(todo):
                if gathers:
                    close_window()
                progress.updates, progress.waiting = progress.updates + 1, 0
                if progress.updates % 50 == 0 and workers.chief:
                    say(
                        f"update {progress.updates}  epoch {progress.epoch + epoch_share:.2f}  {spent / 60:.1f} min  "
                        f"loss {recent[0] / max(recent[1], 1):.4f}"
                    )
                    recent = [0.0, 0.0]
            if spent - saved > settings.save_minutes * 60:
                save()
                saved = spent
        else:
            epoch_share = 1.0
        progress.seconds = resumed + time.monotonic() - started
        scored(whole[0] / max(whole[1], 1))
        whole = [0.0, 0.0]
        if epoch_share == 1.0:
            progress.epoch, progress.batch, epoch_share = progress.epoch + 1, 0, 0.0
        save()
    return progress.table


def _optimizer(variables: Sequence[Any], settings: Settings) -> Any:
    keras = backend.load().keras
    optimizer = keras.optimizers.AdamW(settings.rate, weight_decay=settings.weight_decay, global_clipnorm=settings.clip)
    optimizer.exclude_from_weight_decay(var_list=[v for v in variables if len(v.shape) < 2])
    optimizer.build(variables)
    return optimizer


class Average:
    """An exponential moving average of variables, which scores better than they do from one update to the next.

    bert4keras' own averages what the optimizer updates, embeddings twice a step, since their gradients are sparse and
    take a second way through it; here all variables are averaged once, whatever their gradients are like.

    Args:
        variables: what is averaged; the average starts as what they are now.
        decay: the share of the average that stays at an update, in (0, 1).
    """

    def __init__(self, variables: Sequence[Any], decay: float) -> None:
        tf = backend.load().tf
        self.variables, self.decay = list(variables), decay
        self.values = [tf.Variable(variable, trainable=False) for variable in self.variables]

    def update(self) -> None:
        """average ← decay·average + (1 − decay)·variable, for all of them."""
        for value, variable in zip(self.values, self.variables, strict=True):
            value.assign_add((1.0 - self.decay) * (variable - value))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, the variables are the averages; behind, what they were."""
        kept = [variable.numpy() for variable in self.variables]
        for value, variable in zip(self.values, self.variables, strict=True):
            variable.assign(value)
        try:
            yield
        finally:
            for variable, value in zip(self.variables, kept, strict=True):
                variable.assign(value)


def _spent(settings: Settings, progress: Progress, epoch_share: float, seconds: float) -> float:
    """The share of the budget that is spent, 1 when the run is over."""
    updates = progress.updates / settings.updates if settings.updates else 0.0
    return max((progress.epoch + epoch_share) / settings.epochs, seconds / 60 / settings.minutes, updates)


def _resume(checkpoint: Any, settings: Settings, folder: Path, say: Callable[[str], None]) -> Progress:
    """The progress that `folder` holds, its variables restored; a new one where there is none.

    Raises:
        VisitorError: what is there belongs to another model or another `accumulate`, or is broken.
    """
    file = folder / "progress.json"
    if not file.is_file():
        return Progress(accumulate=settings.accumulate)
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
        if (was := state.get("accumulate", 1)) != settings.accumulate:
            raise VisitorError("run_accumulates", folder=folder, was=was)
        name = state.pop("checkpoint")
        state.setdefault("read", state["updates"])  # runs from before `accumulate`
        checkpoint.restore(str(folder / "checkpoints" / name)).assert_existing_objects_matched()
        progress = Progress(**state)
    except (ValueError, AssertionError, KeyError, TypeError, backend.load().tf.errors.OpError):
        raise VisitorError("run_other", folder=folder) from None
    say(f"resumed at update {progress.updates}, epoch {progress.epoch}, {progress.seconds / 60:.1f} min")
    return progress
