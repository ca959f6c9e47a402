"""The sequence-to-sequence model of 2018: https://kexue.fm/archives/5861.

One embedding for article and title.  Encoder: twice layer norm, then an LSTM in both directions; the greatest value of
each of its outputs over the article is the article's vector c.  Decoder: twice a layer norm whose gain 1 + γ(c) and
shift β(c) come from c by two small networks (self-modulated, Chen et al. 2019, arXiv:1810.01365), then an LSTM.  Its
states ask the encoder's by multi-head attention, and both together foretell the next piece:
y = LeakyReLU([state, attention]·W + b)·V + d.  The prior (`core.titling.copying.Prior`) adds what stands in the
article.

The post ran the whole model again for each character; here the two states of the LSTM are carried from step to step,
so that a title of n pieces costs n steps.  Ours too: padding is hidden from every part, the backward LSTM among them.
The arithmetic is that of tf_keras' layers, which a test holds it to; TensorFlow's fused LSTM kernel does the loop.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import backend, bert
from core.errors import VisitorError, WeightsError
from core.titling import seq2seq_config
from core.titling.copying import HEADS
from core.titling.seq2seq_config import COPIES, Sizes
from core.titling.seq2seq_weights import check_shapes, first_tensors, word_embeddings
from core.tokenizer import Tokenizer

_MASKED = -1e9
_EPSILON = 1e-6
_LAYERS = 2


class Seq2SeqModel:
    """The model, its prior and its tokenizer; what `core.decoding.Decoder` calls a network.

    Args:
        folder: a weights folder of such a model; or a BERT's, to train from: then the vocabulary is its, and the
            embedding and the output layer begin as the principal components of its word embeddings.
        copy: "prior" or "none"; None takes what the folder says, "prior" for a BERT.
        max_source: pieces of [CLS] article [SEP] that are read; None takes what the folder says.
        dropout: rate while training, after the embedding and before the output layer.
        sizes: of a model that is trained from a BERT; None: the usual ones.
        seed: of what such a model begins with.

    Raises:
        WeightsError: the folder holds neither.
        VisitorError: no such copy head, or max_source out of range.

    Shapes use B articles, K beams (or T places of a title), S pieces of an article, H hidden_size, E embedding_size.
    """

    def __init__(
        self, folder: Path, copy: str | None = None, max_source: int | None = None, dropout: float = 0.0,
        sizes: Sizes | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        self.tf = backend.load().tf
        tensors = bert.read_tensors(folder)
        self.tokenizer = Tokenizer(folder / bert.VOCAB)
        if seq2seq_config.is_seq2seq(folder):
            config = seq2seq_config.read_config(folder)
            section, self.sizes = config["titling"], seq2seq_config.sizes(config)
            check_shapes(tensors, self._all_shapes(self.sizes, section["copy"]), folder.name)
        else:
            vocabulary, section = bert.read_config(folder)["vocab_size"], {"copy": "prior", "max_source": 128}
            self.sizes = sizes or Sizes(vocabulary)
            tensors = first_tensors(self.sizes, word_embeddings(tensors, vocabulary, folder.name), seed)
        if len(self.tokenizer) != self.sizes.vocab_size:
            raise WeightsError("weights_vocabulary", name=folder.name)
        self.copy = copy or section["copy"]
        if self.copy not in COPIES:
            raise VisitorError("bad_choice", name="copy", choices=", ".join(COPIES))
        self.max_source = max_source or section["max_source"]
        if not 3 <= self.max_source <= 4096:
            raise VisitorError("out_of_range", name="max_source", least=3, most=4096)
        self.config = self.sizes.config(self.copy, self.max_source)
        self.dropout = dropout
        self.vocabulary, self.start = self.sizes.vocab_size, self.tokenizer.cls
        self.head = HEADS[self.copy](self.sizes.embedding_size, self.vocabulary, tensors)
        self._v = {
            name: self.tf.Variable(tensors[name], dtype=self.tf.float32, name=name.replace(".", "_"))
            for name in self.sizes.shapes()
        }

    @staticmethod
    def _all_shapes(sizes: Sizes, copy: str) -> dict[str, tuple[int, ...]]:
        return sizes.shapes() | HEADS[copy].shapes(sizes.embedding_size, sizes.vocab_size)

    # ---- training and keeping -----------------------------------------------------------------------------------
    @property
    def variables(self) -> list[Any]:
        """Everything that is trained."""
        return [*self._v.values(), *self.head.variables.values()]

    def loss(self, tokens: Any, targets: Any, training: bool) -> tuple[Any, Any]:
        """Summed negative log likelihood of the titles' pieces by teacher forcing, and how many there are.

        tokens: (B, S) ids of [CLS] article [SEP], 0 = padding.  targets: (B, T) title [SEP], 0 where there is none.
        """
        tf = self.tf
        _, memory = self.read(tokens, training)
        features = self._drop(self.forced(targets, memory, training), training)
        at = tf.where(targets > 0)  # the output layer is most of the work: nothing of it is spent on padding
        features = tf.gather_nd(features, at)
        prior = self.head.prepare(None, tokens).get("bias")
        if prior is None:
            scores = self._scores(features)
        else:  # (y + prior) / 2, halved where it is small: (pieces, vocabulary) is the largest array by far
            scores = tf.matmul(features / 2, self._v["output.weight"])
            scores += tf.gather((self._v["output.bias"] + prior[:, 0]) / 2, at[:, 0])
        wanted = tf.gather_nd(targets, at)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, scores)
        return tf.reduce_sum(loss), tf.cast(tf.shape(at)[0], tf.float32)

    def forced(self, targets: Any, memory: dict[str, Any], training: bool = False) -> Any:
        """What foretells each piece of the titles when those before it are given: (B, T) → (B, T, E)."""
        tf = self.tf
        before = tf.pad(targets[:, :-1], [[0, 0], [1, 0]], constant_values=self.start)
        x = tf.transpose(self._drop(tf.gather(self._v["embedding.weight"], before), training), [1, 0, 2])
        for i in range(_LAYERS):
            gain, shift = memory["gains"][i], memory["shifts"][i]
            x = self._sequence(self._normal(x) * gain[:, 0] + shift[:, 0], f"decoder.{i}")
        return self._features(tf.transpose(x, [1, 0, 2]), memory)

    def save(self, folder: Path) -> None:
        """Write the weights folder: everything needed to load the model again."""
        tensors = {name: v.numpy() for name, v in {**self._v, **self.head.variables}.items()}
        bert.write_folder(folder, self.config, self.tokenizer.vocabulary_text, tensors)

    # ---- the article --------------------------------------------------------------------------------------------
    def read(self, tokens: Any, training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Read articles: tokens (B, S), 0 = padding.

        Returns:
            the encoder's outputs (B, S, H), 0 at padding, and the memory that `step` wants: attention "keys"
            (B, heads, head size, S) and "values" (B, heads, S, head size), the "bias" (B, 1, 1, S) that hides padding,
            and the layer norms' "gains" and "shifts", each (B, 1, width).
        """
        tf, v = self.tf, self._v
        mask = tokens > 0
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), 1)
        there = tf.transpose(tf.cast(mask, tf.float32))[..., None]
        x = tf.transpose(self._drop(tf.gather(v["embedding.weight"], tokens), training), [1, 0, 2])
        for i in range(_LAYERS):
            x = self._normal(x) * v[f"encoder.{i}.norm.weight"] + v[f"encoder.{i}.norm.bias"]
            back = tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)  # each row begins at its own last piece
            back = self._sequence(back, f"encoder.{i}.backward")
            back = tf.reverse_sequence(back, lengths, seq_axis=0, batch_axis=1)
            x = tf.concat([self._sequence(x, f"encoder.{i}.forward"), back], -1) * there
        hidden = tf.transpose(x, [1, 0, 2])
        # an LSTM's output lies above -1: padding is never the greatest
        article = tf.reduce_max(tf.where(mask[..., None], hidden, -1.0), 1)
        memory = {
            "keys": tf.transpose(self._heads(hidden, "key"), [0, 2, 3, 1]),
            "values": tf.transpose(self._heads(hidden, "value"), [0, 2, 1, 3]),
            "bias": tf.where(mask, 0.0, _MASKED)[:, None, None],
            "gains": [1 + self._small(article, f"decoder.{i}.gain")[:, None] for i in range(_LAYERS)],
            "shifts": [self._small(article, f"decoder.{i}.shift")[:, None] for i in range(_LAYERS)],
        }
        return hidden, memory

    # ---- the title, piece by piece ------------------------------------------------------------------------------
    def first(self, hidden: Any, memory: dict[str, Any], lengths: Any) -> tuple[Any, Any, Any]:
        """The step that the start piece makes: what foretells a title's first piece (B, E), and the states after it,
        (B, 1, 2·H) each."""
        tf = self.tf
        articles = tf.shape(lengths)[0]
        nothing = tf.zeros(tf.stack([articles, 1, _LAYERS * self.sizes.hidden_size]))
        features, h, c = self.step(tf.fill(tf.stack([articles, 1]), self.start), None, memory, nothing, nothing)
        return features[:, 0], h, c

    def reorder(self, state: Any, parent: Any) -> Any:
        """The states of the beams `parent` (B, K) of each article, (B, K, 2·H)."""
        return self.tf.gather(state, parent, batch_dims=1)

    def step(self, piece: Any, place: Any, memory: dict[str, Any], h: Any, c: Any) -> tuple[Any, Any, Any]:
        """One more piece.

        Args:
            piece: (B, K) ids.
            place: nothing: an LSTM knows no places.
            memory: what `read` returned.
            h, c: outputs and cells of both LSTMs after the pieces before, (B, K, 2·H) each.

        Returns:
            features (B, K, E), and h and c after the piece.
        """
        tf = self.tf
        x = tf.gather(self._v["embedding.weight"], piece)
        hs, cs = (tf.split(state, _LAYERS, -1) for state in (h, c))
        for i in range(_LAYERS):
            x = self._normal(x) * memory["gains"][i] + memory["shifts"][i]
            gates = self._dense(tf.concat([x, hs[i]], -1), self._v[f"decoder.{i}.kernel"], self._v[f"decoder.{i}.bias"])
            take, keep, new, give = tf.split(gates, 4, -1)
            cs[i] = tf.sigmoid(keep) * cs[i] + tf.sigmoid(take) * tf.tanh(new)
            x = hs[i] = tf.sigmoid(give) * tf.tanh(cs[i])
        return self._features(x, memory), tf.concat(hs, -1), tf.concat(cs, -1)

    def logits(self, features: Any, memory: dict[str, Any]) -> Any:
        """The output layer, without the prior: (B, K, E) → (B, K, vocabulary)."""
        shape = self.tf.shape(features)
        flat = self._scores(self.tf.reshape(features, [-1, self.sizes.embedding_size]))
        return self.tf.reshape(flat, [shape[0], shape[1], self.vocabulary])

    def specs(self, memory: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """What stays the same of memory and state in any batch: one graph serves all."""
        tf, s = self.tf, self.sizes
        free = {
            "keys": tf.TensorSpec([None, s.num_attention_heads, s.head_size, None]),
            "values": tf.TensorSpec([None, s.num_attention_heads, None, s.head_size]),
            "bias": tf.TensorSpec([None, 1, 1, None]),
        }
        for name in ("gains", "shifts"):
            free[name] = [tf.TensorSpec([None, 1, t.shape[-1]]) for t in memory[name]]
        return free, tf.TensorSpec([None, None, _LAYERS * s.hidden_size])

    # ---- parts --------------------------------------------------------------------------------------------------
    def _sequence(self, x: Any, name: str) -> Any:
        """An LSTM over x (time, batch, width), from nothing: its outputs (time, batch, state)."""
        tf = self.tf
        # the older kernel: the newer one (BlockLSTMV2, gates in Keras' order) has a wrong gradient in TensorFlow 2.21
        kernel, bias = (
            tf.concat([take, new, keep, give], -1)
            for take, keep, new, give in (tf.split(self._v[f"{name}.{part}"], 4, -1) for part in ("kernel", "bias"))
        )
        width = kernel.shape[1] // 4
        nothing, unused = tf.zeros(tf.stack([tf.shape(x)[1], width])), tf.zeros([width])
        return tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(tf.shape(x)[0], tf.int64), x=x, cs_prev=nothing, h_prev=nothing, w=kernel, b=bias,
            wci=unused, wcf=unused, wco=unused, forget_bias=0.0, cell_clip=-1.0, use_peephole=False,
        ).h  # fmt: skip

    def _features(self, states: Any, memory: dict[str, Any]) -> Any:
        """Attention and the dense layer: the decoder's states (B, K, H) → (B, K, E)."""
        tf = self.tf
        query = tf.transpose(self._heads(states, "query"), [0, 2, 1, 3]) * self.sizes.head_size**-0.5
        weights = tf.nn.softmax(tf.matmul(query, memory["keys"]) + memory["bias"])
        seen = tf.transpose(tf.matmul(weights, memory["values"]), [0, 2, 1, 3])
        shape = tf.shape(states)
        seen = tf.reshape(seen, tf.stack([shape[0], shape[1], self.sizes.num_attention_heads * self.sizes.head_size]))
        both = tf.concat([states, seen], -1)
        return tf.nn.leaky_relu(self._dense(both, self._v["output.dense.weight"], self._v["output.dense.bias"]), 0.2)

    def _scores(self, features: Any) -> Any:
        """(n, E) → (n, vocabulary)."""
        return self.tf.nn.bias_add(self.tf.matmul(features, self._v["output.weight"]), self._v["output.bias"])

    def _heads(self, x: Any, name: str) -> Any:
        """(B, n, H) → (B, n, heads, head size)."""
        tf, shape = self.tf, self.tf.shape(x)
        projected = self._dense(x, self._v[f"attention.{name}.weight"])
        return tf.reshape(
            projected, tf.stack([shape[0], shape[1], self.sizes.num_attention_heads, self.sizes.head_size])
        )

    def _small(self, article: Any, name: str) -> Any:
        """The small network behind a gain or a shift: (B, H) → (B, width)."""
        v = self._v
        inner = self.tf.nn.relu(self._dense(article, v[f"{name}.inner.weight"], v[f"{name}.inner.bias"]))
        return self._dense(inner, v[f"{name}.outer.weight"], v[f"{name}.outer.bias"])

    def _dense(self, x: Any, kernel: Any, bias: Any = None) -> Any:
        tf = self.tf
        flat = tf.matmul(tf.reshape(x, [-1, kernel.shape[0]]), kernel)
        flat = flat if bias is None else tf.nn.bias_add(flat, bias)
        return tf.reshape(flat, tf.concat([tf.shape(x)[:-1], [kernel.shape[1]]], 0))

    def _normal(self, x: Any) -> Any:
        """x with mean 0 and variance 1 over its last axis."""
        tf = self.tf
        x -= tf.reduce_mean(x, -1, keepdims=True)
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + _EPSILON)

    def _drop(self, x: Any, training: bool) -> Any:
        return self.tf.nn.dropout(x, self.dropout) if training and self.dropout else x
