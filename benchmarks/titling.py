"""Writing titles: ours beside bert4keras' decoder and transformers' `generate`, in one run on the same weights.

    python benchmarks/titling.py [--size small|base] [--rounds 5]

Beam 3, articles of 258 pieces, 24 pieces written (no decoder may end earlier, so that all do the same work), one
article at a time.  Rounds alternate between the contestants; the figure is the median.  transformers and torch
(requirements-bench.txt) are left out when they are not installed.  transformers has no UniLM mask: its row is a causal
`BertLMHeadModel` with the same weights and the same number of pieces read and written, which is the same work.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import backend, bert
from core.cached_bert import CachedBert
from core.decoding import Decoder, Rules
from core.titling.copying import HEADS

ARTICLE, TITLE, BEAMS = 258, 24, 3
SIZES = {
    "small": {"vocab_size": 9000, "hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4},
    "base": {"vocab_size": 21128, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12},
}
END = 3


def configuration(size: str) -> dict:
    config = {"model_type": "bert", "hidden_act": "gelu", "max_position_embeddings": 512, "type_vocab_size": 2}
    config |= SIZES[size]
    return {**config, "intermediate_size": 4 * config["hidden_size"], "pad_token_id": 0}


def ours(config: dict, transformer, kind: str) -> Callable[[np.ndarray], None]:
    head = HEADS[kind](config["hidden_size"], config["vocab_size"], {})
    decoder = Decoder(CachedBert(transformer, config), head, END, (0, 1, 2, 4))
    rules = Rules(width=BEAMS, shortest=TITLE, longest=TITLE, penalty=0.0, no_repeat=0)
    return lambda article: decoder.decode([article], rules)


def theirs(transformer) -> Callable[[np.ndarray], None]:
    """The decoder of bert4keras' seq2seq examples: `AutoRegressiveDecoder`, `last_token` and `predict`."""
    snippets = backend.snippets()

    class Titles(snippets.AutoRegressiveDecoder):
        @snippets.AutoRegressiveDecoder.wraps(default_rtype="probas")
        def predict(self, inputs, output_ids, states):
            tokens = np.concatenate([inputs[0], output_ids], 1)
            segments = np.concatenate([np.zeros_like(inputs[0]), np.ones_like(output_ids)], 1)
            logits = self.last_token(transformer.model).predict([tokens, segments], verbose=0)
            p = np.exp(logits - logits.max(-1, keepdims=True))
            p[:, END] = 0
            return p / p.sum(-1, keepdims=True)

    decoder = Titles(start_id=None, end_id=END, maxlen=TITLE)
    return lambda article: decoder.beam_search([article], topk=BEAMS)


def transformers_generate(config: dict, tensors: dict) -> Callable[[np.ndarray], None]:
    import torch
    from transformers import BertConfig, BertLMHeadModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        bert.write_folder(Path(folder), config, "", tensors, half=False)
        model = BertLMHeadModel.from_pretrained(folder, config=BertConfig(**config, is_decoder=True)).eval()

    def run(article: np.ndarray) -> None:
        ids = torch.tensor(article[None])
        with torch.inference_mode():
            model.generate(
                ids, attention_mask=torch.ones_like(ids), num_beams=BEAMS, do_sample=False, use_cache=True,
                min_new_tokens=TITLE, max_new_tokens=TITLE, pad_token_id=0, eos_token_id=END,
            )  # fmt: skip

    return run


def measure(contestants: dict[str, Callable], rounds: int, vocabulary: int) -> dict[str, float]:
    """Median seconds an article, rounds in turn, the first one (tracing, caches) not counted."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    rng = np.random.default_rng(0)
    for number in range(rounds + 1):
        article = np.array([2, *rng.integers(5, vocabulary, ARTICLE - 2), END])
        for name, run in contestants.items():
            began = time.perf_counter()
            run(article)
            if number:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(t) for name, t in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    config = configuration(args.size)
    tensors = bert.random_tensors(config)
    transformer = bert.build_from_tensors(config, tensors, "unilm")
    contestants = {
        "ours": ours(config, transformer, "none"),
        "ours, with the pointer": ours(config, transformer, "pointer"),
        "bert4keras AutoRegressiveDecoder": theirs(transformer),
    }
    if importlib.util.find_spec("torch") and importlib.util.find_spec("transformers"):
        contestants["transformers generate (torch)"] = transformers_generate(config, tensors)
    medians = measure(contestants, args.rounds, config["vocab_size"])
    packages = [p for p in ("tensorflow", "bert4keras", "torch", "transformers") if importlib.util.find_spec(p)]
    print(
        f"{platform.machine()}, Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in packages)
    )
    print(f"{args.size}: {ARTICLE} pieces read, {TITLE} written, beam {BEAMS}, median of {args.rounds}\n")
    print("| decoder | ms a title | times ours |\n|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {1000 * seconds:.0f} | {seconds / medians['ours']:.2f} |")


if __name__ == "__main__":
    main()
