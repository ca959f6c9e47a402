"""The sizes of the 2018 sequence-to-sequence model, and how they stand in a weights folder; no TensorFlow here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import bert
from core.errors import WeightsError

MODEL_TYPE = "seq2seq"
COPIES = ("none", "prior")  # heads of `core.titling.copying` that it can have
# Least and greatest value of each size: a hostile file must not fill the memory.
_RANGES = {
    "vocab_size": (6, 1 << 20),
    "embedding_size": (1, 1 << 12),
    "hidden_size": (2, 1 << 12),
    "num_attention_heads": (1, 128),
    "head_size": (1, 1 << 10),
}


@dataclass(frozen=True)
class Sizes:
    """vocab_size: word pieces.  embedding_size: of a piece, and of what the output layer reads.  hidden_size: of both
    directions of an encoder's layer together, and of a decoder's.  num_attention_heads, head_size: of the attention.
    """

    vocab_size: int
    embedding_size: int = 128
    hidden_size: int = 192
    num_attention_heads: int = 8
    head_size: int = 16

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the model but the prior's, by name.

        An LSTM's kernel is that of input and state together, (input + state, 4·state), its gates in Keras' order:
        input, forget, cell, output.
        """
        v, e, h, a = self.vocab_size, self.embedding_size, self.hidden_size, self.num_attention_heads * self.head_size
        found: dict[str, tuple[int, ...]] = {"embedding.weight": (v, e)}
        for i, width in enumerate((e, h)):
            found |= {f"encoder.{i}.norm.weight": (width,), f"encoder.{i}.norm.bias": (width,)}
            for way in ("forward", "backward"):
                found[f"encoder.{i}.{way}.kernel"] = (width + h // 2, 2 * h)
                found[f"encoder.{i}.{way}.bias"] = (2 * h,)
        for i, width in enumerate((e, h)):
            for part in ("gain", "shift"):
                name, inner = f"decoder.{i}.{part}", max(1, h // 4)
                found |= {f"{name}.inner.weight": (h, inner), f"{name}.inner.bias": (inner,)}
                found |= {f"{name}.outer.weight": (inner, width), f"{name}.outer.bias": (width,)}
            found |= {f"decoder.{i}.kernel": (width + h, 4 * h), f"decoder.{i}.bias": (4 * h,)}
        found |= {f"attention.{name}.weight": (h, a) for name in ("query", "key", "value")}
        found |= {"output.dense.weight": (h + a, e), "output.dense.bias": (e,)}
        return found | {"output.weight": (e, v), "output.bias": (v,)}

    def config(self, copy: str, max_source: int) -> dict[str, Any]:
        """What stands in `config.json`."""
        return {"model_type": MODEL_TYPE, **asdict(self), "titling": {"copy": copy, "max_source": max_source}}


def is_seq2seq(folder: Path) -> bool:
    """Whether `config.json` says that the folder holds such a model; False where it cannot be read."""
    try:
        config = json.loads((folder / bert.CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(config, dict) and config.get("model_type") == MODEL_TYPE


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json` of such a folder, checked.

    Raises:
        WeightsError: it is missing, no JSON, or describes no such model.
    """
    try:
        config = json.loads((folder / bert.CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError("weights_no_file", name=folder.name, file=bert.CONFIG) from None
    except (ValueError, OSError, RecursionError):
        raise WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG) from None
    bad = WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG)
    if not isinstance(config, dict) or config.get("model_type") != MODEL_TYPE:
        raise bad
    for key, (least, most) in _RANGES.items():
        if type(config.get(key)) is not int or not least <= config[key] <= most:
            raise bad
    section = config.get("titling")
    if config["hidden_size"] % 2 or not isinstance(section, dict) or section.get("copy") not in COPIES:
        raise bad
    if type(section.get("max_source")) is not int or not 3 <= section["max_source"] <= 4096:
        raise bad
    return config


def sizes(config: dict[str, Any]) -> Sizes:
    """The sizes in a configuration that `read_config` has checked."""
    return Sizes(**{name: config[name] for name in _RANGES})
