"""The tasks' networks in PyTorch: the losses of `core/*/model.py`, tensor names and all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from torch import nn
from transformers import BertConfig, BertForMaskedLM

from core.reading.model import POSITIONS
from recipes.pretraining import RecipeError
from recipes.pretraining import network as pretraining
from recipes.pretraining.network import Machine

_TINY = 1e-9
_SHAPE = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
          "max_position_embeddings", "type_vocab_size", "hidden_act")  # fmt: skip


class TaskNetwork(nn.Module):
    """BERT with its masked language model's head, and the heads of a task.

    Args:
        config: the base's configuration, a dictionary.
        dropout: rate inside the encoder, behind its layers.
        heads: name in the weights file → what it is before anything is loaded.
    """

    needed = ""  # the beginning of the names that the encoder's weights have in the task's

    def __init__(self, config: dict, dropout: float, heads: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        known = {key: value for key, value in config.items() if key in _SHAPE}
        self.bert = BertForMaskedLM(
            BertConfig(**known, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0, pad_token_id=0,
                       attn_implementation="sdpa")
        )  # fmt: skip
        self.names = tuple(heads)
        self.heads = nn.ParameterDict({_key(name): nn.Parameter(start) for name, start in heads.items()})

    def head(self, name: str) -> nn.Parameter:
        """One of the task's own tensors, by its name in the weights file."""
        return self.heads[_key(name)]

    def load(self, folder: Path, heads: bool = True) -> bool:
        """The weights of a base, or of a model of the task.

        Args:
            folder: the weights.
            heads: whether to take the task's heads too, where all are there; else they stay as they are.

        Returns:
            Whether the heads were taken.
        """
        from safetensors.torch import load_file

        pretraining.load_weights(self.bert, folder, self.needed)
        tensors = load_file(folder / "model.safetensors")
        if not heads or any(n not in tensors or tensors[n].shape != self.head(n).shape for n in self.names):
            return False
        for name in self.names:
            self.head(name).data.copy_(tensors[name].float())
        return True

    def check(self) -> None:
        """Whether this version of transformers computes what is meant.

        Raises:
            RecipeError: it does not.
        """

    def tensors(self) -> dict[str, np.ndarray]:
        """All weights as float32, by the names they have in a weights folder."""
        found = {
            name: tensor.detach().float().cpu().numpy()
            for name, tensor in self.bert.state_dict().items()
            if ".decoder." not in name and name.startswith(self.needed)
        }
        return found | {name: self.head(name).detach().float().cpu().numpy() for name in self.names}

    @staticmethod
    def kind(arrays: tuple[np.ndarray, ...]) -> str:
        """What a batch is called in the log."""
        return "training"

    def loss(self, arrays: tuple[np.ndarray, ...], machine: Machine) -> torch.Tensor:
        """The mean loss of a batch as the task's batches are."""
        moved = [torch.from_numpy(np.asarray(a)).to(machine.device, non_blocking=True) for a in arrays]
        moved = [tensor if tensor.is_floating_point() else tensor.long() for tensor in moved]
        with torch.autocast(machine.device, torch.bfloat16, enabled=machine.precision == "bfloat16"):
            return self._loss(*moved)

    def _loss(self, *arrays: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


def _key(name: str) -> str:
    return name.replace(".", "-")  # PyTorch allows no dots


class PointerNetwork(TaskNetwork):
    """A task whose answer is written or pointed at, through a gate (See, Liu & Manning 2017, arXiv:1704.04368)."""

    def __init__(self, config: dict, dropout: float) -> None:
        width = config["hidden_size"]
        shapes = {"copy.query.weight": (width, width), "copy.key.weight": (width, width),
                  "copy.gate.weight": (2 * width, 1)}  # fmt: skip
        heads = {name: torch.randn(shape) * 0.02 for name, shape in shapes.items()}
        super().__init__(config, dropout, heads | {"copy.gate.bias": torch.zeros(1)})

    def log_likelihood(
        self, hidden: torch.Tensor, ids: torch.Tensor, asked: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """log p of the targets (rows, pieces) under the gate, and the pointer's attention over the row.

        Args:
            hidden: (rows, length, width) of the encoder.
            ids: (rows, length) pieces that can be pointed at, 0 for others.
            asked: (rows, pieces, width) places that foretell.
            targets: (rows, pieces), 0 where there is none.
        """
        logits = self.bert.cls(asked).float()
        keys = hidden @ self.head("copy.key.weight")
        query = asked @ self.head("copy.query.weight") / hidden.shape[-1] ** 0.5
        scores = (query @ keys.transpose(1, 2)).float().masked_fill((ids == 0)[:, None], -1e9)
        attention = scores.softmax(-1)
        both = torch.cat([asked, attention.to(hidden.dtype) @ hidden], -1)
        gate = (both @ self.head("copy.gate.weight") + self.head("copy.gate.bias")).float()[..., 0]
        same = (targets[:, :, None] == ids[:, None]) & (ids > 0)[:, None]
        copied = torch.log((attention * same).sum(-1) + _TINY) + F.logsigmoid(-gate)
        written = -F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(gate)
        return torch.logaddexp(written + F.logsigmoid(gate), copied), attention

    def foretold(
        self, tokens: torch.Tensor, segments: torch.Tensor, sources: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """log p of the targets (rows, pieces) under the UniLM mask, written behind `sources` pieces of segment 0."""
        hidden = self._written(tokens, segments, sources)
        place = torch.arange(tokens.shape[1], device=tokens.device)
        at = (sources[:, None] - 1 + torch.arange(targets.shape[1], device=tokens.device)).clamp(max=len(place) - 1)
        asked = torch.gather(hidden, 1, at[..., None].expand(-1, -1, hidden.shape[-1]))
        likely, _ = self.log_likelihood(hidden, torch.where(place < sources[:, None], tokens, 0), asked, targets)
        return likely

    def _written(self, tokens: torch.Tensor, segments: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        place = torch.arange(tokens.shape[1], device=tokens.device)
        seen = (place < sources[:, None])[:, None] | (place <= place[:, None])
        return self.bert.bert(tokens, token_type_ids=segments, attention_mask=seen[:, None]).last_hidden_state

    @torch.no_grad()
    def check(self) -> None:
        """As of any network: how a mask is taken has changed among versions of transformers, and a network that sees
        what it has to foretell trains very well and learns nothing."""
        before, device = self.training, self.head("copy.gate.bias").device
        self.eval()
        tokens = torch.full((2, 8), 5, device=device)
        tokens[1, 6] = 4
        hidden = self._written(tokens, torch.zeros_like(tokens), torch.full((2,), 4, device=device))
        self.train(before)
        same = (hidden[0] - hidden[1]).abs().amax(-1) < 1e-4
        if not same[:6].all() or same[6:].any():
            raise RecipeError(f"transformers {transformers.__version__} does not follow the mask; 5.23 does.")


class TitlingNetwork(PointerNetwork):
    """The twin of `core.titling.model.TitlingModel` with the pointer."""

    def _loss(self, tokens, segments, sources, targets) -> torch.Tensor:
        """Mean over the titles' pieces; the arrays are those of `core.titling.data.collate`."""
        real = (targets > 0).float()
        return -(self.foretold(tokens, segments, sources, targets) * real).sum() / real.sum().clamp(min=1)


class ReadingNetwork(PointerNetwork):
    """The twin of `core.reading.model.ReadingModel`, by masks and seq2seq."""

    @staticmethod
    def kind(arrays: tuple[np.ndarray, ...]) -> str:
        """The way that a batch teaches; five arrays are those of seq2seq."""
        return "masks" if len(arrays) == 4 else "seq2seq"

    def _loss(self, *arrays) -> torch.Tensor:
        return self.masks(*arrays) if self.kind(arrays) == "masks" else self.seq2seq(*arrays[:4])

    def masks(self, tokens, first, starts, targets) -> torch.Tensor:
        """Mean over the rows; the arrays are those of `core.reading.batches.collate`."""
        hidden = self.bert.bert(tokens, attention_mask=(tokens > 0).long()).last_hidden_state
        asked = hidden[:, 1 : 1 + targets.shape[1]]
        there = torch.arange(tokens.shape[1], device=tokens.device)[None] >= first[:, None]
        likely, attention = self.log_likelihood(hidden, torch.where(there, tokens, 0), asked, targets)
        real = (targets > 0).float()
        loss = -(likely * real).sum(1) / real.sum(1)
        # the answer's pieces also by their place, at whichever of the known places it is
        places = starts[:, :, None] + torch.arange(targets.shape[1], device=tokens.device)  # (rows, starts, pieces)
        at = torch.gather(attention, 2, places.clamp(0, tokens.shape[1] - 1).transpose(1, 2))
        found = (at * (starts >= 0).float()[:, None]).sum(2)
        answer = torch.cat([real[:, 1:], torch.zeros_like(real[:, :1])], 1)  # without the [SEP] behind it
        place = -(torch.log(found + _TINY) * answer).sum(1) / answer.sum(1).clamp(min=1)
        return (loss + POSITIONS * place).mean()

    def seq2seq(self, tokens, segments, sources, targets) -> torch.Tensor:
        """Mean over the rows; the arrays are those of `core.reading.batches.collate_seq2seq`."""
        real = (targets > 0).float()
        likely = self.foretold(tokens, segments, sources, targets)
        return (-(likely * real).sum(1) / real.sum(1)).mean()
