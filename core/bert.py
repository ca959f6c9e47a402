"""BERT in the Hugging Face layout, read into bert4keras and written back.

A weights folder holds `config.json`, `vocab.txt`, `model.safetensors` (and a model card, `README.md`).  Names inside
the safetensors file are those of transformers' `BertForMaskedLM`; bert4keras' own are those of the first TensorFlow
release of BERT.  `checkpoint_from_tensors` and `tensors_from_model` translate, and nothing else in the project knows
either set of names.  Only safetensors is read: no pickle, no code.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from core import backend
from core.errors import WeightsError

CONFIG, VOCAB, WEIGHTS = "config.json", "vocab.txt", "model.safetensors"
_KNOWN_ACTIVATIONS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "relu": None}
# Least and greatest value of what decides the size of a model: a hostile file must not fill the memory.
_SIZES = {
    "vocab_size": (6, 1 << 20),
    "hidden_size": (1, 1 << 13),
    "num_hidden_layers": (1, 128),
    "num_attention_heads": (1, 128),
    "intermediate_size": (1, 1 << 16),
    "max_position_embeddings": (8, 1 << 16),
    "type_vocab_size": (2, 64),
}
_USUAL = {"max_position_embeddings": 512, "type_vocab_size": 2}


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json` of a weights folder, checked for what a BERT needs.

    Raises:
        WeightsError: the file is missing, is no JSON, or does not describe a BERT.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError("weights_no_file", name=folder.name, file=CONFIG) from None
    except (ValueError, OSError, RecursionError):
        raise WeightsError("weights_bad_file", name=folder.name, file=CONFIG) from None
    if not isinstance(config, dict) or config.get("model_type", "bert") != "bert":
        kind = config.get("model_type") if isinstance(config, dict) else type(config).__name__
        raise WeightsError("weights_not_bert", name=folder.name, kind=kind)
    for key, (least, most) in _SIZES.items():
        value = config.get(key, _USUAL.get(key))
        if type(value) is not int or not least <= value <= most:
            raise WeightsError("weights_bad_file", name=folder.name, file=CONFIG)
    if config["hidden_size"] % config["num_attention_heads"]:
        raise WeightsError("weights_bad_file", name=folder.name, file=CONFIG)
    for key, usual, kinds in (
        ("hidden_act", "gelu", tuple(_KNOWN_ACTIVATIONS)),
        ("position_embedding_type", "absolute", ("absolute",)),
        ("layer_norm_eps", 1e-12, (1e-12,)),  # the one that bert4keras has
    ):
        if config.get(key, usual) not in kinds:
            raise WeightsError("weights_setting", name=folder.name, setting=key, value=str(config[key])[:40])
    return config


def read_tensors(folder: Path) -> dict[str, np.ndarray]:
    """All tensors of `model.safetensors`, as float32, by their name in the file.

    Raises:
        WeightsError: no such file (a folder with only pickles is refused so), a broken one, or a number in it that
            is not finite.
    """
    from safetensors import SafetensorError, deserialize

    path = folder / WEIGHTS
    if not path.is_file():
        pickles = any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.h5"))
        raise WeightsError("weights_only_pickle" if pickles else "weights_no_file", name=folder.name, file=WEIGHTS)
    tensors = {}
    try:
        for name, stored in deserialize(path.read_bytes()):
            tensors[name] = _as_float32(stored)
    except (SafetensorError, OSError, ValueError, KeyError):
        raise WeightsError("weights_bad_file", name=folder.name, file=WEIGHTS) from None
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise WeightsError("weights_not_finite", name=folder.name)
    return tensors


def _as_float32(stored: dict[str, Any]) -> np.ndarray:
    """A tensor as `safetensors.deserialize` gives it; bfloat16, which NumPy lacks, is the upper half of a float32."""
    raw, kind = stored["data"], stored["dtype"]
    if kind == "BF16":
        values = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    else:
        values = np.frombuffer(raw, {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}[kind])
    with np.errstate(over="ignore"):  # what a float32 cannot hold is infinite then, and refused
        return values.astype(np.float32).reshape(stored["shape"])


def write_folder(
    folder: Path, config: dict[str, Any], vocabulary: str, tensors: dict[str, np.ndarray], half: bool = True
) -> None:
    """Write a weights folder.

    Args:
        folder: made if it is not there.
        config: what goes into `config.json`.
        vocabulary: the whole text of `vocab.txt`.
        tensors: float32 arrays by transformers' names.
        half: store them as float16.

    What stood there before stays until all of the new is written; each file is then replaced at once.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    dtype = np.float16 if half else np.float32
    config = {**config, "dtype": np.dtype(dtype).name}
    stored = {name: np.ascontiguousarray(tensor, dtype=dtype) for name, tensor in tensors.items()}
    parts = {file: folder / f"{file}.part" for file in (CONFIG, VOCAB, WEIGHTS)}
    try:
        parts[CONFIG].write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        parts[VOCAB].write_text(vocabulary, encoding="utf-8")
        save_file(stored, parts[WEIGHTS], metadata={"format": "pt"})
        for file, part in parts.items():
            part.replace(folder / file)
    finally:  # half of one would go on filling a full disk
        for part in parts.values():
            part.unlink(missing_ok=True)


# ---- names -----------------------------------------------------------------------------------------------------
def _transformers_name(name: str) -> str:
    """bert4keras' checkpoint name → transformers' name of the same variable."""
    if name == "cls/predictions/output_bias":
        return "cls.predictions.bias"
    name = re.sub(r"layer_(\d+)", r"layer.\1", name).replace("/", ".")
    name = re.sub(r"kernel$", "weight", name)
    name = re.sub(r"gamma$", "weight", name)
    name = re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name)
    return re.sub(r"_embeddings$", "_embeddings.weight", name)


def checkpoint_from_tensors(
    tensors: dict[str, np.ndarray], names: list[str], folder: str = ""
) -> dict[str, np.ndarray]:
    """The mapping that bert4keras' `load_weights_from_checkpoint` reads, from transformers' tensors.

    Kernels are transposed (torch keeps them as out × in).  Old files say gamma and beta in their layer norms, and
    those of a bare `BertModel` have no `bert.` in front: both are found.

    Raises:
        WeightsError: a tensor that the model needs is not there.
    """
    found = {}
    for name in names:
        there = _transformers_name(name)
        old = re.sub(r"LayerNorm\.weight$", "LayerNorm.gamma", re.sub(r"LayerNorm\.bias$", "LayerNorm.beta", there))
        candidates = (there, old, there.removeprefix("bert."), old.removeprefix("bert."))
        tensor = next((tensors[c] for c in candidates if c in tensors), None)
        if tensor is None:
            raise WeightsError("weights_no_tensor", name=folder, tensor=there)
        found[name] = tensor.T if name.endswith("kernel") else tensor
    return found


# ---- bert4keras ------------------------------------------------------------------------------------------------
def build(folder: Path, application: str = "encoder", with_mlm: bool = True, dropout: float = 0.0):
    """A bert4keras transformer (its `.model` is the Keras model) with the weights of `folder`.

    Args:
        folder: a weights folder.
        application: "encoder", or "unilm" for the sequence-to-sequence mask (Dong et al. 2019, arXiv:1905.03197).
        with_mlm: add the masked language model's head; its output is logits.
        dropout: rate after attention and feed-forward layers, and inside attention, when training.

    Raises:
        WeightsError: the folder does not hold a BERT that fits its own configuration.
    """
    config, tensors = read_config(folder), read_tensors(folder)
    return build_from_tensors(config, tensors, application, with_mlm, dropout, folder.name)


def build_from_tensors(
    config: dict[str, Any],
    tensors: dict[str, np.ndarray],
    application: str = "encoder",
    with_mlm: bool = True,
    dropout: float = 0.0,
    name: str = "",
):
    """As `build`, from a configuration and tensors already read."""
    _check_sizes(config, tensors, name)
    b = backend.load()
    activation = config.get("hidden_act", "gelu")
    from_gelu = _KNOWN_ACTIVATIONS[activation]
    with backend.gelu(from_gelu or "erf"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The initializer .* is unseeded")  # all it makes is overwritten
        transformer = b.models.build_transformer_model(
            application=application,
            with_mlm="linear" if with_mlm else False,
            return_keras_model=False,
            vocab_size=config["vocab_size"],
            hidden_size=config["hidden_size"],
            num_hidden_layers=config["num_hidden_layers"],
            num_attention_heads=config["num_attention_heads"],
            intermediate_size=config["intermediate_size"],
            hidden_act="gelu" if from_gelu else activation,
            max_position=config.get("max_position_embeddings", 512),
            segment_vocab_size=config.get("type_vocab_size", 2),
            dropout_rate=dropout,
            attention_dropout_rate=dropout,
        )
    names = [n for layer, ns in transformer.variable_mapping().items() if layer in transformer.layers for n in ns]
    try:
        transformer.load_weights_from_checkpoint(checkpoint_from_tensors(tensors, names, name))
    except ValueError:  # Keras: a shape that does not fit
        raise WeightsError("weights_bad_shape", name=name) from None
    return transformer


def _check_sizes(config: dict[str, Any], tensors: dict[str, np.ndarray], name: str) -> None:
    """Nothing, if the tensors that a model's size comes from are there: before anything of the promised size is built.

    Raises:
        WeightsError: one is not, or has another shape.
    """
    width = config["hidden_size"]
    sizes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], width),
        "embeddings.position_embeddings.weight": (config.get("max_position_embeddings", 512), width),
    }
    inner = (config["intermediate_size"], width)
    sizes |= {f"encoder.layer.{i}.intermediate.dense.weight": inner for i in range(config["num_hidden_layers"])}
    kernel = (width, width)
    sizes |= {f"encoder.layer.{i}.attention.self.query.weight": kernel for i in range(config["num_hidden_layers"])}
    for ending, shape in sizes.items():
        table = next((tensors[n] for n in (f"bert.{ending}", ending) if n in tensors), None)
        if table is None:
            raise WeightsError("weights_no_tensor", name=name, tensor=f"bert.{ending}")
        if table.shape != shape:
            raise WeightsError("weights_bad_shape", name=name)


def tensors_from_model(transformer) -> dict[str, np.ndarray]:
    """The transformer's variables as float32 arrays by transformers' names: the inverse of `build`."""
    tensors = {}
    for layer, names in transformer.variable_mapping().items():
        if layer not in transformer.layers:
            continue
        for name, variable in zip(names, transformer.layers[layer].trainable_weights, strict=True):
            value = np.asarray(variable, dtype=np.float32)
            tensors[_transformers_name(name)] = value.T if name.endswith("kernel") else value
    return tensors


def random_tensors(config: dict[str, Any], seed: int = 0) -> dict[str, np.ndarray]:
    """Weights of an untrained `BertForMaskedLM` (normal, 0.02): for tests, benchmarks and training from nothing.

    Drawn here rather than left to bert4keras, which reuses one initialiser and so starts the query, key, value and
    output kernels of a layer identical.
    """
    rng = np.random.default_rng(seed)
    width, inner = config["hidden_size"], config["intermediate_size"]
    tensors: dict[str, np.ndarray] = {}

    def dense(name: str, rows: int, columns: int) -> None:
        tensors[f"{name}.weight"] = rng.normal(0, 0.02, (rows, columns)).astype(np.float32)
        tensors[f"{name}.bias"] = np.zeros(rows, np.float32)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = np.ones(width, np.float32), np.zeros(width, np.float32)

    sizes = {"word": config["vocab_size"], "position": config.get("max_position_embeddings", 512)}
    for kind, size in {**sizes, "token_type": config.get("type_vocab_size", 2)}.items():
        table = rng.normal(0, 0.02, (size, width)).astype(np.float32)
        tensors[f"bert.embeddings.{kind}_embeddings.weight"] = table
    norm("bert.embeddings.LayerNorm")
    for i in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{i}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            dense(f"{layer}.attention.{part}", width, width)
        norm(f"{layer}.attention.output.LayerNorm")
        dense(f"{layer}.intermediate.dense", inner, width)
        dense(f"{layer}.output.dense", width, inner)
        norm(f"{layer}.output.LayerNorm")
    dense("cls.predictions.transform.dense", width, width)
    norm("cls.predictions.transform.LayerNorm")
    tensors["cls.predictions.bias"] = np.zeros(config["vocab_size"], np.float32)
    return tensors
