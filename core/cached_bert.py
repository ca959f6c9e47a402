"""A bert4keras BERT as a sequence-to-sequence model with a key-value cache.

bert4keras re-runs the whole sequence for each new piece.  Under the UniLM mask nothing behind the first [SEP] is seen
from before it, so the article's keys and values can be computed once (`read`), and each further piece needs one
column of attention (`step`).  The variables are the transformer's own, looked at when a graph runs: a model in
training decodes with the weights it has just reached.
"""

from __future__ import annotations

from typing import Any

from core import backend

_MASKED = -1e9


class CachedBert:
    """The arithmetic of one transformer, article first and title piece by piece.

    Args:
        transformer: from `core.bert.build(…, application="unilm")`.
        config: its configuration.

    Shapes use B articles, K beams, S pieces of the article, T pieces written so far, L layers, H heads, E width a head.
    """

    def __init__(self, transformer: Any, config: dict[str, Any]) -> None:
        self.tf = backend.load().tf
        self.layers = transformer.layers
        self.depth, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.width, self.vocabulary = config["hidden_size"], config["vocab_size"]
        self.head_width = self.width // self.heads
        self.places = config.get("max_position_embeddings", 512)
        # that of the products of matrices; sums, norms and softmax are float32 always
        self.dtype = self.tf.as_dtype(self.layers["Transformer-0-FeedForward"].compute_dtype)

    # ---- the article --------------------------------------------------------------------------------------------
    def read(self, tokens: Any) -> tuple[Any, dict[str, Any]]:
        """Read articles: tokens (B, S), 0 = padding.

        Returns:
            hidden (B, S, width), and the memory that `step` wants: per layer "keys" (B, H, E, S) and "values"
            (B, H, S, E), the "bias" (B, 1, 1, S) that hides padding, and the projections joined for use in a loop.
        """
        tf = self.tf
        shape = tf.shape(tokens)
        hidden = self._embed(tokens, tf.range(shape[1])[None], 0)
        bias = tf.where(tokens > 0, 0.0, _MASKED)[:, None, None]
        projections = [self._projection(i) for i in range(self.depth)]
        # laid out for a few rows at a time: with the table as it is stored, the head took half of a step
        head = tf.cast(tf.transpose(self._table("Embedding-Token")), self.dtype)
        keys, values = [], []
        for i in range(self.depth):
            q, k, v = (
                tf.transpose(tf.reshape(x, [shape[0], shape[1], self.heads, self.head_width]), [0, 2, 1, 3])
                for x in tf.split(self._dense(hidden, *projections[i]), 3, -1)
            )
            weights = tf.nn.softmax(self._product(q, k, transpose_b=True) + bias)
            seen = tf.transpose(self._product(weights, v), [0, 2, 1, 3])
            hidden = self._rest_of_layer(hidden, tf.reshape(seen, [shape[0], shape[1], self.width]), i)
            keys.append(tf.transpose(k, [0, 1, 3, 2]))  # once here rather than at every step
            values.append(v)
        return hidden, {"keys": keys, "values": values, "bias": bias, "projections": projections, "head": head}

    # ---- the title ----------------------------------------------------------------------------------------------
    def first(self, hidden: Any, memory: dict[str, Any], lengths: Any) -> tuple[Any, Any, Any]:
        """What foretells a title's first piece, the last place of the article (B, width), and keys and values of no
        piece at all, (L, B, H, 1, 0, E) each."""
        tf = self.tf
        nothing = tf.zeros(tf.stack([self.depth, tf.shape(lengths)[0], self.heads, 1, 0, self.head_width]))
        return tf.gather(hidden, lengths - 1, batch_dims=1), nothing, nothing

    def reorder(self, cache: Any, parent: Any) -> Any:
        """The cache of the beams `parent` (B, K) of each article, (L, B, H, K, T, E)."""
        tf = self.tf
        _, articles, _, beams, written, _ = tf.unstack(tf.shape(cache))
        blocks = tf.stack([self.depth, articles * self.heads * beams, written * self.head_width])
        first = tf.reshape(tf.range(articles * self.heads) * beams, [-1, self.heads, 1])
        rows = tf.reshape(first + parent[:, None], [-1])  # a gather of whole blocks, all layers and heads at once
        shape = tf.stack([self.depth, articles, self.heads, tf.shape(parent)[1], written, self.head_width])
        return tf.reshape(tf.gather(tf.reshape(cache, blocks), rows, axis=1), shape)

    def step(self, piece: Any, place: Any, memory: dict[str, Any], keys: Any, values: Any) -> tuple[Any, Any, Any]:
        """One more piece.

        Args:
            piece: (B, K) ids.
            place: (B, K) positions.
            memory: what `read` returned.
            keys, values: of the pieces written before, (L, B, H, K, T, E).

        Returns:
            hidden (B, K, width), and keys and values one column longer.
        """
        tf = self.tf
        shape = tf.shape(piece)
        rows = tf.reshape(self._embed(piece, place, 1), [-1, self.width])  # (B·K, width): no shapes in the layers
        split = tf.stack([shape[0], shape[1], 3, self.heads, self.head_width])
        lengths = tf.stack([tf.shape(memory["bias"])[-1], tf.shape(keys)[4] + 1])
        old_keys, old_values = tf.unstack(keys, self.depth), tf.unstack(values, self.depth)
        for i in range(self.depth):
            joined = tf.reshape(self._dense(rows, *memory["projections"][i]), split)
            q, k, v = tf.unstack(tf.transpose(joined, [2, 0, 3, 1, 4]))  # each (B, H, K, E)
            old_keys[i] = tf.concat([old_keys[i], k[..., None, :]], 3)
            old_values[i] = tf.concat([old_values[i], v[..., None, :]], 3)
            to_source = tf.matmul(q, memory["keys"][i]) + memory["bias"]
            to_written = tf.reduce_sum(old_keys[i] * q[..., None, :], -1)  # so few: faster than a product of matrices
            weights = tf.split(tf.nn.softmax(tf.concat([to_source, to_written], -1)), lengths, -1, num=2)
            seen = tf.matmul(weights[0], memory["values"][i])
            seen += tf.reduce_sum(weights[1][..., None] * old_values[i], -2)
            rows = self._rest_of_layer(rows, tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, self.width]), i)
        hidden = tf.reshape(rows, tf.stack([shape[0], shape[1], self.width]))
        return hidden, tf.stack(old_keys), tf.stack(old_values)

    def logits(self, hidden: Any, memory: dict[str, Any]) -> Any:
        """The masked language model's head: (B, K, width) → (B, K, vocabulary)."""
        tf = self.tf
        kernel, bias = self.layers["MLM-Dense"].trainable_weights
        x = self._dense(tf.reshape(hidden, [-1, self.width]), kernel, bias)
        x = self._norm(self.layers["MLM-Dense"].activation(x), "MLM-Norm")
        flat = tf.nn.bias_add(self._product(x, memory["head"]), self.layers["MLM-Bias"].trainable_weights[0])
        shape = tf.shape(hidden)
        return tf.reshape(flat, [shape[0], shape[1], self.vocabulary])

    def specs(self, memory: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """What stays the same, in any batch, of what `read` returns and of keys or values: one graph serves all."""
        tf = self.tf
        keys = tf.TensorSpec([None, self.heads, self.head_width, None])
        values = tf.TensorSpec([None, self.heads, None, self.head_width])
        fixed = {
            "keys": [keys] * self.depth,
            "values": [values] * self.depth,
            "bias": tf.TensorSpec([None, 1, 1, None]),
            "projections": tf.nest.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), memory["projections"]),
            "head": tf.TensorSpec([self.width, self.vocabulary], self.dtype),
        }
        return fixed, tf.TensorSpec([self.depth, None, self.heads, None, None, self.head_width])

    # ---- parts --------------------------------------------------------------------------------------------------
    def _table(self, name: str) -> Any:
        return self.layers[name].trainable_weights[0]

    def _embed(self, tokens: Any, places: Any, segment: int) -> Any:
        tf = self.tf
        x = tf.gather(self._table("Embedding-Token"), tokens) + self._table("Embedding-Segment")[segment]
        x += tf.gather(self._table("Embedding-Position"), tf.minimum(places, self.places - 1))
        return self._norm(x, "Embedding-Norm")

    def _norm(self, x: Any, name: str) -> Any:
        tf = self.tf
        beta, gamma = self.layers[name].trainable_weights
        x -= tf.reduce_mean(x, -1, keepdims=True)
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + 1e-12) * gamma + beta

    def _product(self, a: Any, b: Any, **options: Any) -> Any:
        """tf.matmul in the precision that the model was built for; float32 comes out."""
        tf = self.tf
        if self.dtype == tf.float32:
            return tf.matmul(a, b, **options)
        return tf.cast(tf.matmul(tf.cast(a, self.dtype), tf.cast(b, self.dtype), **options), tf.float32)

    def _dense(self, x: Any, kernel: Any, bias: Any) -> Any:
        tf = self.tf
        if x.shape.rank == 2:
            return tf.nn.bias_add(self._product(x, kernel), bias)
        flat = tf.nn.bias_add(self._product(tf.reshape(x, [-1, kernel.shape[0]]), kernel), bias)
        return tf.reshape(flat, tf.concat([tf.shape(x)[:-1], [kernel.shape[1]]], 0))

    def _projection(self, i: int) -> tuple[Any, Any]:
        """Query, key and value as one kernel and one bias; the query already divided by √E."""
        qk, qb, kk, kb, vk, vb, _, _ = self.layers[f"Transformer-{i}-MultiHeadSelfAttention"].trainable_weights
        scale = self.head_width**-0.5
        kernel = self.tf.concat([qk * scale, kk, vk], 1)
        return self.tf.cast(kernel, self.dtype), self.tf.concat([qb * scale, kb, vb], 0)

    def _rest_of_layer(self, hidden: Any, seen: Any, i: int) -> Any:
        attention = f"Transformer-{i}-MultiHeadSelfAttention"
        feed_forward = f"Transformer-{i}-FeedForward"
        *_, kernel, bias = self.layers[attention].trainable_weights
        hidden = self._norm(hidden + self._dense(seen, kernel, bias), f"{attention}-Norm")
        inner, inner_bias, outer, outer_bias = self.layers[feed_forward].trainable_weights
        x = self.layers[feed_forward].activation[0](self._dense(hidden, inner, inner_bias))
        return self._norm(hidden + self._dense(x, outer, outer_bias), f"{feed_forward}-Norm")
