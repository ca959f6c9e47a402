"""BERT with the UniLM mask and a copy head: the model that writes titles.

Built by bert4keras; method of https://kexue.fm/archives/6933 (UniLM, Dong et al. 2019, arXiv:1905.03197): the article
is seen whole, the title from left to right, and the masked language model's head foretells the next piece.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import backend, bert
from core.errors import VisitorError, WeightsError
from core.titling.copying import HEADS, KINDS
from core.titling.data import MAX_TITLE
from core.tokenizer import Tokenizer


class TitlingModel:
    """The bert4keras transformer, its copy head and its tokenizer.

    Args:
        folder: a weights folder; without a `titling` section in its config.json it is a base to train from.
        copy: the copy head (`core.titling.copying.KINDS`); None takes what the folder says.
        max_source: pieces of [CLS] article [SEP] that are read; None takes what the folder says.
        dropout: rate while training.
    """

    def __init__(
        self, folder: Path, copy: str | None = None, max_source: int | None = None, dropout: float = 0.0
    ) -> None:
        self.config = bert.read_config(folder)
        settings = self._settings(folder)
        tensors = bert.read_tensors(folder)
        self.tokenizer = Tokenizer(folder / bert.VOCAB)
        if len(self.tokenizer) != self.config["vocab_size"]:
            raise WeightsError("weights_vocabulary", name=folder.name)
        self.copy = copy or settings.get("copy", "none")
        self.max_source = max_source or settings.get("max_source", 256)
        places = self.config.get("max_position_embeddings", 512)
        if not 3 <= self.max_source <= places - MAX_TITLE:
            raise VisitorError("out_of_range", name="max_source", least=3, most=places - MAX_TITLE)
        self.transformer = bert.build_from_tensors(self.config, tensors, "unilm", True, dropout, folder.name)
        last = f"Transformer-{self.config['num_hidden_layers'] - 1}-FeedForward-Norm"
        keras = backend.load().keras
        self.encoder = keras.Model(self.transformer.model.inputs, self.transformer.layers[last].output)
        for name, shape in HEADS[self.copy].shapes(self.config["hidden_size"], self.config["vocab_size"]).items():
            if name in tensors and tensors[name].shape != shape:
                raise WeightsError("weights_bad_shape", name=folder.name)
            if name not in tensors and settings.get("copy") == self.copy:
                raise WeightsError("weights_no_tensor", name=folder.name, tensor=name)
        self.head = HEADS[self.copy](self.config["hidden_size"], self.config["vocab_size"], tensors)

    def _settings(self, folder: Path) -> dict[str, Any]:
        """The `titling` section of config.json; empty for a base.

        Raises:
            WeightsError: it names what does not exist.
        """
        settings = self.config.get("titling", {})
        known = isinstance(settings, dict) and settings.get("copy", "none") in KINDS
        if not known or type(settings.get("max_source", 256)) is not int:
            raise WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG)
        return settings

    @property
    def variables(self) -> list[Any]:
        """Everything that is trained."""
        return [*self.transformer.model.trainable_variables, *self.head.variables.values()]

    def logits(self, hidden: Any) -> Any:
        """The masked language model's head alone: (batch, time, width) → (batch, time, vocabulary)."""
        layers = self.transformer.layers
        x = layers["MLM-Norm"](layers["MLM-Dense"](hidden))
        x = layers["MLM-Bias"](layers["Embedding-Token"](x, mode="dense"))
        return backend.load().tf.cast(x, "float32")

    def loss(
        self, tokens: Any, segments: Any, sources: Any, targets: Any, tags: Any, training: bool
    ) -> tuple[Any, Any]:
        """Summed negative log likelihood of the titles' pieces, and how many there are (see `data.Batch`)."""
        tf = backend.load().tf
        hidden = tf.cast(self.encoder([tokens, segments], training=training), tf.float32)
        place = sources[:, None] - 1 + tf.range(tf.shape(targets)[1])[None]
        place = tf.minimum(place, tf.shape(tokens)[1] - 1)
        at = tf.gather(hidden, place, batch_dims=1)
        longest = tf.reduce_max(sources)
        ids = tokens[:, :longest] * (1 - segments[:, :longest])
        memory = self.head.prepare(hidden[:, :longest], ids)
        wanted = tf.cast(targets > 0, tf.float32)
        found = self.head.log_likelihood(memory, at, self.logits(at), targets, tags)
        return -tf.reduce_sum(found * wanted), tf.reduce_sum(wanted)

    def save(self, folder: Path) -> None:
        """Write the weights folder: everything needed to load the model again."""
        tensors = bert.tensors_from_model(self.transformer)
        tensors |= {name: v.numpy() for name, v in self.head.variables.items()}
        config = {**self.config, "titling": {"copy": self.copy, "max_source": self.max_source}}
        bert.write_folder(folder, config, self.tokenizer.vocabulary_text, tensors)
