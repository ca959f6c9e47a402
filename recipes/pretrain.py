"""A small Chinese BERT from a folder of texts, on a GPU in minutes or on a CPU a piece at a time.

    python recipes/pretrain.py --data DIR-OR-CORPUS --out DIR --minutes 2          a piece of a run; again: the next one
    python recipes/pretrain.py --data … --out DIR --minutes 60 --last              the last piece: the rate comes down
    python recipes/pretrain.py --data … --out DIR --steps 20000                    a run of known length
    python recipes/pretrain.py pack --data DIR --out corpus.npz.xz [--vocab FILE]  texts → one file that can travel
    python recipes/pretrain.py score --data corpus.npz.xz --weights DIR            held-out figures of finished weights
    python recipes/pretrain.py join --pieces DIR --out DIR                         what --pieces wrote, put together

Packing needs what the app needs; training needs torch, transformers and NumPy alone.  See recipes/README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recipes._process import above_zero
from recipes.pretraining import RecipeError
from recipes.pretraining.corpus import Corpus
from recipes.pretraining.files import check_folder
from recipes.pretraining.flags import Asked
from recipes.pretraining.settings import Settings

SIZES = {"small": (6, 256), "large": (8, 384)}  # layers, width
_BATCH = {"cpu": 3072, "cuda": 32768}


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


def packed(data: Path, keep: Path, asked: Asked) -> Corpus:
    """The corpus that `data` is, or is packed into; of a folder it is kept in `keep`, and found there the next time.

    Raises:
        RecipeError: there is no `data`, it cannot be packed, or the corpus was packed otherwise than it is asked for.
    """
    if not data.exists():
        raise RecipeError(f"There is no folder or file {data}.")
    if data.is_dir() and not keep.is_file():
        return packed_anew(data, keep, asked)
    if data.is_dir():
        say(f"reads {keep}, packed before from a folder; delete it to pack again")
    file = keep if data.is_dir() else data
    corpus = Corpus.load(file)
    asked.check(corpus, str(file))
    return corpus


def packed_anew(data: Path, keep: Path, asked: Asked) -> Corpus:
    """The corpus that a folder is packed into; it takes the place of the one in `keep` once it is whole.

    Raises:
        RecipeError: the folder cannot be packed, or the file not be written.
    """
    from recipes.pretraining import packing

    check_folder(keep.parent)  # before minutes of packing
    corpus = packing.pack(data, **{name: value for name, value in vars(asked).items() if value}, say=say)
    corpus.save(keep)
    say(f"{keep}: {keep.stat().st_size / 2**20:.1f} MiB, {corpus.digest}")
    return corpus


def pack(args: argparse.Namespace) -> None:
    """`pack`."""
    if args.data.is_file():
        raise RecipeError(f"{args.data} is a file; a folder of texts is packed.")
    if args.out.is_dir():
        raise RecipeError(f"{args.out} is a folder; name a file, like {args.out / 'corpus.npz.xz'}.")
    packed_anew(args.data, args.out, _asked(args))


def _asked(args: argparse.Namespace) -> Asked:
    return Asked(args.vocab, args.size_of_vocabulary, args.research, args.licence, tuple(args.held_out))


def train(args: argparse.Namespace) -> None:
    """The recipe itself."""
    if args.steps is None and args.minutes is None:
        raise RecipeError("Say how long: --minutes for this piece, or --steps for the whole run.")
    if args.last and args.minutes is None:
        raise RecipeError("--last needs --minutes: the rate comes down at their end.")
    check_folder(args.out)
    pieces = _pieces(args)
    names = Settings.__dataclass_fields__
    given = {name: value for name in names if (value := getattr(args, name, None)) is not None}
    if args.size:
        given = dict(zip(("layers", "width"), SIZES[args.size], strict=True)) | given
    is_new = not (args.out / "run" / "state.pt").is_file()
    if is_new:
        Settings(**given).check()  # before minutes of packing; those of a run that goes on are compared with its own
    corpus = packed(args.data, args.out / "corpus.npz.xz", _asked(args))
    # Threads that wait must not spin: beside other work a step on 2 cores takes ten times as long if they do.  It has
    # to be set before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from recipes.pretraining import training
    from recipes.pretraining.network import Machine

    machine = Machine(args.device, args.precision, args.compile, args.micro)
    if is_new:
        given = {"batch": _BATCH[machine.resolved().device], **given}
    piece = training.Piece(args.minutes, args.last, args.save, args.every, pieces)
    training.Run(corpus, args.out, given, machine, say).train(piece)
    say(f"weights: {args.out}")


def _pieces(args: argparse.Namespace) -> tuple[int, Path] | None:
    """Bytes of a piece for transport, and the folder for them."""
    if args.pieces is None:
        return None
    if not 0.01 <= args.pieces < float("inf"):
        raise RecipeError(f"--pieces {args.pieces} MiB is no size for a piece: at least 0.01, please.")
    folder = args.pieces_in or args.out / "pieces"
    check_folder(folder)
    return int(args.pieces * 2**20), folder


def score(args: argparse.Namespace) -> None:
    """`score`."""
    corpus = Corpus.load(args.data)
    from recipes.pretraining import measuring

    for name, value in measuring.score(corpus, args.weights, args.short or 128).items():
        say(f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.4f}")


def join(args: argparse.Namespace) -> None:
    """`join`."""
    from recipes.pretraining import export

    say(f"{args.out}: {', '.join(export.join(args.pieces, args.out))}")


def _packing_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("packing a folder")
    group.add_argument("--vocab", type=Path, help="a vocab.txt to take; else one is made from the texts")
    group.add_argument("--size-of-vocabulary", type=above_zero(int), metavar="N", help="pieces of that one (9,000)")
    group.add_argument("--research", action="store_true", help="read the sets that are for research only as well")
    group.add_argument("--open", dest="research", action="store_false", help="leave them out (as it is by itself)")
    group.set_defaults(research=None)  # not said: agrees with any corpus that is packed already
    group.add_argument("--licence", help="of the texts in a folder that sources.toml lacks (not stated)")
    group.add_argument(
        "--held-out", type=Path, nargs="+", default=[], metavar="FILE", help="for measuring: leave their texts out"
    )


def _training_flags(parser: argparse.ArgumentParser) -> None:
    whole, part = above_zero(int), above_zero(float)
    length = parser.add_argument_group("how long")
    length.add_argument("--minutes", type=part, help="of this piece; the next call goes on")
    length.add_argument("--last", action="store_true", help="the run ends with these minutes")
    length.add_argument("--steps", type=whole, help="of the whole run")
    length.add_argument("--cool", type=part, help="share of it over which the rate falls, with long windows (0.3)")
    length.add_argument("--save", type=part, default=5.0, help="minutes between checkpoints (5)")
    length.add_argument("--every", type=whole, default=100, help="steps a row of the log (100)")
    length.add_argument("--pieces", type=part, metavar="MIB", help="with each checkpoint: pieces of the weights")
    length.add_argument("--pieces-in", type=Path, metavar="DIR", help="where they go (OUT/pieces)")
    run = parser.add_argument_group("what is trained; kept in the run")
    run.add_argument("--size", choices=SIZES, help="small: 6 layers of width 256 (by itself); large: 8 of 384")
    run.add_argument("--layers", type=whole)
    run.add_argument("--width", type=whole, help="a multiple of 64, or less than 64")
    run.add_argument("--batch", type=whole, help="pieces a step (3,072; on a GPU 32,768)")
    run.add_argument("--short", type=whole, help="pieces of a window (128)")
    run.add_argument("--long", type=whole, help="and of the windows towards the end, and places (512)")
    run.add_argument("--rate", type=part, help="peak (2e-3)")
    run.add_argument("--warm-up", type=whole, help="steps (500)")
    run.add_argument("--share", type=part, help="of the pieces that are hidden (0.15)")
    run.add_argument("--only-mask", action="store_true", default=None, help="hide all behind [MASK], not 80/10/10")
    run.add_argument("--init", help="a weights folder to start from; take its --vocab and its shape")
    run.add_argument("--seed", type=int)
    how = parser.add_argument_group("how it is computed")
    how.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    how.add_argument("--precision", choices=("auto", "bfloat16", "float32"), default="auto")
    how.add_argument("--compile", choices=("auto", "yes", "no"), default="auto")
    how.add_argument("--micro", type=whole, help="pieces at once; a larger batch is accumulated")


def arguments() -> dict[str, tuple[argparse.ArgumentParser, Any]]:
    """The parser of each subcommand and what it runs; that of "train" is for no subcommand."""
    whole = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    whole.add_argument("--data", type=Path, required=True, help="a folder of texts, or a packed corpus")
    whole.add_argument("--out", type=Path, required=True, help="the weights folder; a run found there goes on")
    _training_flags(whole)
    _packing_flags(whole)
    packs = argparse.ArgumentParser(prog="pretrain.py pack")
    packs.add_argument("--data", type=Path, required=True)
    packs.add_argument("--out", type=Path, required=True)
    _packing_flags(packs)
    scores = argparse.ArgumentParser(prog="pretrain.py score")
    scores.add_argument("--data", type=Path, required=True, help="a packed corpus with the same vocabulary")
    scores.add_argument("--weights", type=Path, required=True)
    scores.add_argument("--short", type=above_zero(int), help="pieces of a window (128)")
    joins = argparse.ArgumentParser(prog="pretrain.py join")
    joins.add_argument("--pieces", type=Path, required=True)
    joins.add_argument("--out", type=Path, required=True)
    return {"train": (whole, train), "pack": (packs, pack), "score": (scores, score), "join": (joins, join)}


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    words = sys.argv[1:] if words is None else words
    commands = arguments()
    name = words[0] if words and words[0] in commands else "train"
    parser, run = commands[name]
    args = parser.parse_args(words[1:] if words and words[0] == name else words)
    try:
        run(args)
    except RecipeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
