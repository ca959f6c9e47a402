"""Writing titles: ours beside bert4keras' decoder and transformers' `generate`, in one run on the same weights.

    python -m benchmarks.titling [--size small|base] [--rounds 5] [--short] [--json FILE]

Beam 3, articles of 258 pieces, 24 pieces written (no decoder may end earlier, so that all do the same work), one
article at a time.  Rounds alternate between the contestants; the figure is the median.  transformers and torch
(requirements-bench.txt) are left out when they are not installed.  transformers has no UniLM mask: its row is a causal
`BertLMHeadModel` with the same weights and the same number of pieces read and written, which is the same work.

Left out: CTranslate2 knows causal decoders and pairs of encoder and decoder, and no BERT whose mask lets the article
see itself whole and the title only what is behind it; ONNX Runtime's beam search is a node for GPT, T5 and Whisper
exports alone, so that only the network could run there and the loop would have to be written again.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import frame
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
OURS = "ours"


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


def main() -> None:
    parser = frame.parser(__doc__, rounds=7)
    parser.add_argument("--size", choices=SIZES, default="small")
    args = frame.parsed(parser)
    rounds = 2 if args.short else args.rounds
    config = configuration(args.size)
    tensors = bert.random_tensors(config)
    transformer = bert.build_from_tensors(config, tensors, "unilm")
    contestants = {
        OURS: ours(config, transformer, "none"),
        "ours, with the pointer": ours(config, transformer, "pointer"),
        "bert4keras AutoRegressiveDecoder": theirs(transformer),
    }
    if frame.installed("torch", "transformers"):
        contestants["transformers generate (torch)"] = transformers_generate(config, tensors)
    article = np.array([2, *np.random.default_rng(0).integers(5, config["vocab_size"], ARTICLE - 2), END])
    found = frame.measured({name: functools.partial(run, article) for name, run in contestants.items()}, rounds)
    columns = (
        frame.Column("decoder"),
        frame.Column("ms a title", ".0f"),
        frame.Column("times ours", ".2f"),
        frame.Column("processor ms", ".0f"),
    )
    rows = [(name, 1000 * s, s / found[OURS][0], 1000 * busy) for name, (s, busy) in found.items()]
    said = f"{args.size} BERT, {ARTICLE} pieces read, {TITLE} written, beam {BEAMS}, median of {rounds}."
    packages = ("tensorflow", "bert4keras", "torch", "transformers")
    frame.told(frame.result("titling", said, [frame.Table(columns, tuple(rows))], packages), args.json)


if __name__ == "__main__":
    main()
