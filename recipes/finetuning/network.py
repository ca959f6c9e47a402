"""Reading by masks and reading seq2seq, in PyTorch: the losses of `core/reading/model.py`, tensor names and all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import BertConfig, BertForMaskedLM

from recipes.pretraining import network as pretraining
from recipes.pretraining.network import Machine

POSITIONS = 0.5  # weight of the loss of the pointer's place, as in core/reading/model.py
_TINY = 1e-9
HEAD = "copy."
_SHAPE = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
          "max_position_embeddings", "type_vocab_size", "hidden_act")  # fmt: skip


class ReadingNetwork(nn.Module):
    """BERT with its masked language model's head and a pointer gate (See, Liu & Manning 2017, arXiv:1704.04368).

    Args:
        config: the base's configuration, a dictionary.
        dropout: rate inside the encoder, behind its layers.
    """

    def __init__(self, config: dict, dropout: float) -> None:
        super().__init__()
        known = {key: value for key, value in config.items() if key in _SHAPE}
        self.bert = BertForMaskedLM(
            BertConfig(**known, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0, pad_token_id=0,
                       attn_implementation="sdpa")
        )  # fmt: skip
        width = config["hidden_size"]
        shapes = {"query.weight": (width, width), "key.weight": (width, width), "gate.weight": (2 * width, 1)}
        self.copy = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(torch.randn(shape) * 0.02) for name, shape in shapes.items()}
        )
        self.copy["gate_bias"] = nn.Parameter(torch.zeros(1))

    def load(self, folder: Path) -> None:
        """The weights of a base, or of a reading model."""
        from safetensors.torch import load_file

        pretraining.load_weights(self.bert, folder)
        for name, tensor in load_file(folder / "model.safetensors").items():
            if name.startswith(HEAD):
                self.copy[name.removeprefix(HEAD).replace(".", "_")].data.copy_(tensor.float())

    def tensors(self) -> dict[str, np.ndarray]:
        """All weights as float32, by the names they have in a weights folder."""
        found = {
            name: tensor.detach().float().cpu().numpy()
            for name, tensor in self.bert.state_dict().items()
            if ".decoder." not in name
        }
        copy = {HEAD + name.replace("_", ".", 1): p.detach().float().cpu().numpy() for name, p in self.copy.items()}
        return found | copy

    # ---- losses ----------------------------------------------------------------------------------------------------
    def masks(self, tokens, first, starts, targets) -> torch.Tensor:
        """Mean over the rows; the arrays are those of `core.reading.batches.collate`."""
        hidden = self.bert.bert(tokens, attention_mask=(tokens > 0).long()).last_hidden_state
        asked = hidden[:, 1 : 1 + targets.shape[1]]
        there = torch.arange(tokens.shape[1], device=tokens.device)[None] >= first[:, None]
        likely, attention = self._likelihood(hidden, torch.where(there, tokens, 0), asked, targets)
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
        place = torch.arange(tokens.shape[1], device=tokens.device)
        seen = (place < sources[:, None])[:, None] | (place <= place[:, None])
        hidden = self.bert.bert(tokens, token_type_ids=segments, attention_mask=seen[:, None]).last_hidden_state
        at = (sources[:, None] - 1 + torch.arange(targets.shape[1], device=tokens.device)).clamp(max=len(place) - 1)
        asked = torch.gather(hidden, 1, at[..., None].expand(-1, -1, hidden.shape[-1]))
        likely, _ = self._likelihood(hidden, torch.where(place < sources[:, None], tokens, 0), asked, targets)
        real = (targets > 0).float()
        return (-(likely * real).sum(1) / real.sum(1)).mean()

    def _likelihood(self, hidden, ids, asked, targets) -> tuple[torch.Tensor, torch.Tensor]:
        """log p of the targets (rows, pieces) under the gate, and the pointer's attention over the row.

        ids: of the pieces that can be pointed at, 0 for others.
        """
        logits = self.bert.cls(asked).float()
        keys = hidden @ self.copy["key_weight"]
        query = asked @ self.copy["query_weight"] / hidden.shape[-1] ** 0.5
        scores = (query @ keys.transpose(1, 2)).float().masked_fill((ids == 0)[:, None], -1e9)
        attention = scores.softmax(-1)
        both = torch.cat([asked, attention.to(hidden.dtype) @ hidden], -1)
        gate = (both @ self.copy["gate_weight"] + self.copy["gate_bias"]).float()[..., 0]
        same = (targets[:, :, None] == ids[:, None]) & (ids > 0)[:, None]
        copied = torch.log((attention * same).sum(-1) + _TINY) + F.logsigmoid(-gate)
        written = -F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(gate)
        return torch.logaddexp(written + F.logsigmoid(gate), copied), attention

    def loss(self, arrays: tuple[np.ndarray, ...], machine: Machine) -> torch.Tensor:
        """Of either kind of batch; five arrays are those of seq2seq."""
        moved = [torch.from_numpy(np.asarray(a)).long().to(machine.device) for a in arrays]
        with torch.autocast(machine.device, torch.bfloat16, enabled=machine.precision == "bfloat16"):
            return self.masks(*moved) if len(moved) == 4 else self.seq2seq(*moved[:4])
