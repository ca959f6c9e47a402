"""What tests share: tiny weights, made here rather than kept in the repository."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from core import bert
from core.titling.copying import HEADS

# The same examples in each run, so that a run that was green stays green; new ones: --hypothesis-profile=default.  How
# long one takes says more of what else the machine does.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHINESE = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "今天气很好海东林与王莹旗舰店新闻记者从获悉研究表明采用该模型提高准确率北京上海市公司技术系统数据方法文章标题实验结果"
)
TINY_CONFIG = {
    "model_type": "bert",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 160,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "titling": {"copy": "pointer", "max_source": 96},
}


def tiny_vocabulary() -> list[str]:
    """Specials, punctuation, digits and Latin letters alone and inside a word, some Chinese characters."""
    western = string.digits + string.ascii_lowercase
    pieces = [*SPECIALS, *",。!?:《》「」、-.,!?", *western, *(f"##{c}" for c in western), "##ing", "the", *CHINESE]
    return list(dict.fromkeys(pieces))


def tiny_titling_weights(name: str, parent: Path, noise: float) -> Path:
    """A titling folder `name` in `parent`, of 2 layers of width 32."""
    pieces = tiny_vocabulary()
    config = {**TINY_CONFIG, "vocab_size": len(pieces)}
    rng = np.random.default_rng(4)
    tensors = {n: t + rng.normal(0, noise, t.shape) for n, t in bert.random_tensors(config, seed=3).items()}
    shapes = HEADS[config["titling"]["copy"]].shapes(config["hidden_size"], config["vocab_size"])
    tensors |= {n: rng.normal(0, max(noise, 0.02), shape) for n, shape in shapes.items()}
    bert.write_folder(parent / name, config, "\n".join(pieces) + "\n", tensors)
    return parent / name


@pytest.fixture(scope="session")
def tiny_titling_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Titling weights of 2 layers of width 32 that have learned nothing; made once, never to be written to."""
    return tiny_titling_weights("tiny-titling", tmp_path_factory.mktemp("weights"), 0.0)


@pytest.fixture(scope="session")
def decided_titling_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with larger weights: no two titles are so close that rounding decides between them."""
    return tiny_titling_weights("tiny-titling", tmp_path_factory.mktemp("decided"), 0.3)
