"""Triples in PyTorch: the twin of `core.triples.model.TriplesModel`."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F

from core.triples.model import FIRST_BIAS, OBJECT_POWER, SUBJECT_POWER
from recipes.finetuning.network import TaskNetwork

_SMALLEST = 1e-7
_EPSILON = 1e-7  # of bert4keras' norms


class TriplesNetwork(TaskNetwork):
    """BERT with two pointers: subjects, and under a norm that a subject conditions, its objects.

    Args:
        config: the base's configuration.
        dropout: rate inside the encoder.
        labels: columns are two a label, where an object starts and where it ends.
    """

    needed = "bert."  # and not the masked language model's head

    def __init__(self, config: dict, dropout: float, labels: int) -> None:
        width = config["hidden_size"]
        super().__init__(config, dropout, {
            "triples.subject.weight": torch.randn(width, 2) * 0.02,
            "triples.subject.bias": torch.full((2,), FIRST_BIAS),
            "triples.norm.beta": torch.zeros(width),
            "triples.norm.gamma": torch.ones(width),
            "triples.norm.beta_of_subject": torch.zeros(2 * width, width),
            "triples.norm.gamma_of_subject": torch.zeros(2 * width, width),
            "triples.object.weight": torch.randn(width, 2 * labels) * 0.02,
            "triples.object.bias": torch.full((2 * labels,), FIRST_BIAS),
        })  # fmt: skip

    @property
    def last_norm(self) -> torch.nn.LayerNorm:
        """The encoder's."""
        return self.bert.bert.encoder.layer[-1].output.LayerNorm

    def load(self, folder: Path, heads: bool = True) -> bool:
        """As of any network; without the heads the conditional norm starts as the encoder's own last norm."""
        had = super().load(folder, heads)
        if not had:
            self.head("triples.norm.beta").data.copy_(self.last_norm.bias.data)
            self.head("triples.norm.gamma").data.copy_(self.last_norm.weight.data)
        return had

    def _encode(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The encoder's output and its last norm's input, float32."""
        kept = []
        hook = self.last_norm.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
        try:
            output = self.bert.bert(tokens, attention_mask=(tokens > 0).long()).last_hidden_state
        finally:
            hook.remove()
        return output.float(), kept[0].float()

    def _object_logits(self, before: torch.Tensor, subjects: torch.Tensor) -> torch.Tensor:
        sentence = subjects[:, 0]
        condition = torch.cat([before[sentence, subjects[:, 1]], before[sentence, subjects[:, 2]]], -1)
        beta = condition @ self.head("triples.norm.beta_of_subject") + self.head("triples.norm.beta")
        gamma = condition @ self.head("triples.norm.gamma_of_subject") + self.head("triples.norm.gamma")
        centred = before[sentence] - before[sentence].mean(-1, keepdim=True)
        normed = centred * torch.rsqrt(centred.square().mean(-1, keepdim=True) + _EPSILON)
        logits = (normed * gamma[:, None] + beta[:, None]) @ self.head("triples.object.weight")
        return (logits + self.head("triples.object.bias")).float()

    def _loss(
        self, tokens, subject_labels, subject_weights, subjects, positives, ignored, columns, weights
    ) -> torch.Tensor:  # fmt: skip
        """The post's loss; the arrays are those of `core.triples.data.Batch`."""
        output, before = self._encode(tokens)
        real = (tokens > 0).float()
        logits = (output @ self.head("triples.subject.weight") + self.head("triples.subject.bias")).float()
        entropy = cross_entropy(logits, subject_labels, SUBJECT_POWER) * subject_weights
        seen = (subject_weights > 0).any(-1).float()
        subject_loss = entropy.mean(-1).sum() / seen.sum().clamp(min=1)

        logits = self._object_logits(before, subjects)
        labels, counted = torch.zeros_like(logits), torch.ones_like(logits)
        labels[positives.unbind(1)] = 1.0
        counted[ignored.unbind(1)] = 0.0
        own = torch.arange(logits.shape[2], device=logits.device)[None] // 2 == columns[:, None]
        taught = ((columns < 0)[:, None] | own).float()
        asked = real[subjects[:, 0]] * weights[:, None]
        entropy = cross_entropy(logits, labels, OBJECT_POWER) * counted * taught[:, None] * asked[:, :, None]
        return subject_loss + 0.5 * entropy.sum() / asked.sum().clamp(min=1)


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, power: int) -> torch.Tensor:
    """−log of p = sigmoid(x)ⁿ where the label is 1, −log(1 − p) where it is 0; safe for any x."""
    log_p = power * F.logsigmoid(logits)
    log_not = torch.log((-torch.expm1(log_p)).clamp(min=_SMALLEST))
    return -(labels * log_p + (1.0 - labels) * log_not)
