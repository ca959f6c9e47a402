"""A Keras training step with our accumulation and without, beside bert4keras' own, in one run on the same samples.

    python -m benchmarks.accumulation [--rounds 5] [--short] [--json FILE]

32 samples in every way, with Adam: four updates of eight, one update of thirty-two, and one update of four times eight,
gathered by ours and by bert4keras' `extend_with_gradient_accumulation`.  Two models: a perceptron, whose step is so
small that what gathering costs shows, and a BERT of the size of the embedded ones on 64 pieces.  What is measured is
`fit` on 50 such windows, of BERT on 4; the figure is for one.  `--short` leaves BERT out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import frame
from core import backend, bert
from core.optim import accumulating

WINDOW, SMALL = 32, 8
PLAIN = "Keras, four updates of 8"


def perceptron(base: type) -> Any:
    layers = backend.load().keras.layers
    inputs = layers.Input((784,))
    hidden = layers.Dense(512, "relu")(layers.Dense(512, "relu")(inputs))
    return base(inputs, layers.Dense(10)(hidden))


def small_bert(base: type) -> Any:
    config = {"model_type": "bert", "hidden_act": "gelu", "max_position_embeddings": 512, "type_vocab_size": 2,
              "vocab_size": 9000, "hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4,
              "intermediate_size": 1024, "pad_token_id": 0}  # fmt: skip
    encoder = bert.build_from_tensors(config, bert.random_tensors(config), "encoder", False).model
    return base(encoder.inputs, backend.load().keras.layers.Dense(10)(encoder.output[:, 0]))


def ways(make: Callable[[type], Any]) -> dict[str, tuple[Any, int]]:
    """name → a compiled model, and samples a batch of its `fit`."""
    b = backend.load()
    loss = b.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def compiled(model: Any, optimizer: Any, **more: Any) -> Any:
        model.compile(optimizer, loss, **more)
        return model

    theirs = b.optimizers.extend_with_gradient_accumulation(b.optimizers.Adam)
    adam, ours = b.keras.optimizers.Adam, accumulating(b.keras.Model)
    return {
        PLAIN: (compiled(make(b.keras.Model), adam(1e-4)), SMALL),
        "Keras, one update of 32": (compiled(make(b.keras.Model), adam(1e-4)), WINDOW),
        "ours, 4 × 8 accumulated": (compiled(make(ours), adam(1e-4), accumulate=WINDOW // SMALL), SMALL),
        "bert4keras, 4 × 8 accumulated": (
            compiled(make(b.keras.Model), theirs(learning_rate=1e-4, grad_accum_steps=WINDOW // SMALL)), SMALL),
    }  # fmt: skip


def main() -> None:
    args = frame.parsed(frame.parser(__doc__, rounds=5))
    rounds = 1 if args.short else args.rounds
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, 9000, (4 * WINDOW, 64))
    models = {
        "perceptron, 670,000 weights": (perceptron, 50, rng.random((50 * WINDOW, 784), np.float32)),
        "BERT, 6 layers of 256, 64 pieces": (small_bert, 4, [tokens, np.zeros_like(tokens)]),
    }
    rows = []
    for name, (make, windows, x) in list(models.items())[: 1 if args.short else None]:
        y = rng.integers(0, 10, windows * WINDOW)
        fits = {
            way: lambda model=model, size=size, x=x, y=y: model.fit(x, y, batch_size=size, verbose=0, shuffle=False)
            for way, (model, size) in ways(make).items()
        }
        found = frame.measured(fits, rounds)
        rows += [
            (name, way, 1000 * s / windows, s / found[PLAIN][0], 1000 * busy / windows, busy / found[PLAIN][1])
            for way, (s, busy) in found.items()
        ]
    columns = (
        frame.Column("model"),
        frame.Column("way"),
        frame.Column("ms for 32 samples", ".1f"),
        frame.Column("times Keras' own step", ".2f"),
        frame.Column("processor ms", ".1f"),
        frame.Column("times Keras' own step", ".2f"),
    )
    said = f"Adam, `fit`, median of {rounds}."
    packages = ("tensorflow", "tf-keras", "bert4keras")
    frame.told(frame.result("accumulation", said, [frame.Table(columns, tuple(rows))], packages), args.json)


if __name__ == "__main__":
    main()
