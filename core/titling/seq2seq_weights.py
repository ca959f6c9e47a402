"""The tensors of the 2018 model: what training begins with, and whether a file has them all."""

from __future__ import annotations

import numpy as np

from core.errors import WeightsError
from core.titling.seq2seq_config import Sizes


def first_tensors(sizes: Sizes, words: np.ndarray | None = None, seed: int = 0) -> dict[str, np.ndarray]:
    """The weights that training begins with.

    Kernels are Glorot's, the recurrent half of an LSTM's orthogonal, forget gates begin open (bias 1), the layer norms'
    networks begin with nothing: a plain layer norm.

    Args:
        sizes: of the model.
        words: word embeddings (vocabulary, any width) whose principal components the embedding begins as; None: noise.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    tensors = {}
    for name, shape in sizes.shapes().items():
        if len(shape) == 1:
            tensors[name] = np.full(shape, float(name.endswith("norm.weight")), np.float32)
            if name.endswith(("forward.bias", "backward.bias")) or name in ("decoder.0.bias", "decoder.1.bias"):
                tensors[name][shape[0] // 4 : shape[0] // 2] = 1
        elif name.endswith("outer.weight"):
            tensors[name] = np.zeros(shape, np.float32)
        else:
            limit = (6 / sum(shape)) ** 0.5
            tensors[name] = rng.uniform(-limit, limit, shape).astype(np.float32)
        if name.endswith(".kernel"):
            state = shape[1] // 4
            square = [np.linalg.qr(rng.normal(size=(state, state)))[0] for _ in range(4)]
            tensors[name][-state:] = np.concatenate(square, 1)
    table = rng.normal(size=(sizes.vocab_size, sizes.embedding_size))
    if words is not None:
        centred = words - words.mean(0)
        parts = centred @ np.linalg.svd(centred, full_matrices=False)[2][: sizes.embedding_size].T
        table[:, : parts.shape[1]] = parts / parts.std()
    tensors["embedding.weight"] = (0.1 * table).astype(np.float32)
    tensors["output.weight"] = (0.05 * table.T).astype(np.float32)  # the pieces that are alike begin alike here too
    return tensors


def word_embeddings(tensors: dict[str, np.ndarray], vocabulary: int, folder: str) -> np.ndarray:
    """Those of a BERT's tensors (vocabulary, width).

    Raises:
        WeightsError: there are none, or not as many as the vocabulary has.
    """
    table = next((t for name, t in tensors.items() if name.endswith("word_embeddings.weight")), None)
    if table is None or table.ndim != 2 or len(table) != vocabulary:
        raise WeightsError("weights_bad_shape", name=folder)
    return table


def check_shapes(tensors: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]], folder: str) -> None:
    """Nothing, if every tensor is there in its shape.

    Raises:
        WeightsError: one is not.
    """
    for name, shape in shapes.items():
        if name not in tensors:
            raise WeightsError("weights_no_tensor", name=folder, tensor=name)
        if tensors[name].shape != shape:
            raise WeightsError("weights_bad_shape", name=folder)
