"""The network: transformers' BertForMaskedLM, asked at some places of a batch only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import BertConfig, BertForMaskedLM

from recipes.pretraining import RecipeError
from recipes.pretraining.sampling import Batch
from recipes.pretraining.settings import heads

# What other makers' bases have beyond ours: a pooled [CLS], the head of another objective, a table of numbers.
_PASSED_OVER = ("bert.pooler.", "cls.seq_relationship.", "bert.embeddings.position_ids")


@dataclass(frozen=True)
class Machine:
    """How a run is computed; nothing of it is kept, a run may go on on another machine.

    device: "cuda", "cpu", or "auto": the GPU if there is one.
    precision: "bfloat16" (matrix products only, weights stay float32), "float32", or "auto": the first where the
    processor computes in it.
    compile: "yes", "no", or "auto": on a GPU; where compiling fails, or gives another loss, it is done without.
    micro: pieces that are computed at once; a batch of more is accumulated.  None: 65,536 on a GPU, else 16,384.
    """

    device: str = "auto"
    precision: str = "auto"
    compile: str = "auto"
    micro: int | None = None

    def resolved(self) -> Machine:
        """The same with everything decided.

        Raises:
            RecipeError: a GPU is asked for, and there is none.
        """
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise RecipeError("There is no GPU that torch can use: leave --device out, or take cpu.")
        precision = self.precision
        if precision == "auto":
            able = torch.cuda.is_bf16_supported() if device == "cuda" else _cpu_has_bfloat16()
            precision = "bfloat16" if able else "float32"
        compiling = self.compile if self.compile != "auto" else ("yes" if device == "cuda" else "no")
        return Machine(device, precision, compiling, self.micro or (65536 if device == "cuda" else 16384))

    @property
    def dtype(self) -> torch.dtype:
        """What matrix products are computed in."""
        return getattr(torch, self.precision)


def _cpu_has_bfloat16() -> bool:
    """Whether the processor has instructions for it: without them it is slower than float32."""
    with contextlib.suppress(AttributeError, RuntimeError):
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def make(vocabulary: int, layers: int, width: int, places: int, seed: int) -> BertForMaskedLM:
    """A network with random weights, the same for the same seed, its heads as many as `settings.heads` says."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads(width),
        intermediate_size=4 * width, max_position_embeddings=places, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, pad_token_id=0, attn_implementation="sdpa",
    )  # fmt: skip
    return BertForMaskedLM(config)


def load_weights(model: BertForMaskedLM, folder: Path, needed: str = "") -> list[str]:
    """Put the weights of a folder into the network; all whose name begins with `needed` have to be there.

    Returns:
        The names of those that the network has no place for.

    Raises:
        RecipeError: they are not there, or are of another shape.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(folder / "model.safetensors")
        keys = model.load_state_dict({n: t.float() for n, t in tensors.items()}, strict=False)
    except (OSError, SafetensorError) as error:
        raise RecipeError(f"The weights of {folder} cannot be read: {error}") from None
    except RuntimeError:
        raise RecipeError(f"The weights of {folder} are of another shape than the network.") from None
    lost = [n for n in keys.missing_keys if n.startswith(needed) and ".decoder." not in n]  # those are tied to others
    if lost:
        raise RecipeError(f"The weights of {folder} lack {lost[0]}.")
    return keys.unexpected_keys


def load_base(model: BertForMaskedLM, folder: Path) -> None:
    """`load_weights` of a base that a run goes on from: none of its weights may be left over.

    Raises:
        RecipeError: they are not there, or are of another shape: deeper, say.
    """
    over = [name for name in load_weights(model, folder) if not name.startswith(_PASSED_OVER)]
    if over:
        raise RecipeError(f"The weights of {folder} are of another shape than the network: {over[0]} has no place.")


class Asker:
    """Computes the loss of batches.

    Args:
        model: the network, on the machine's device.
        machine: with everything decided.

    Raises:
        RecipeError: this version of transformers does not follow the mask of the prefix objective.
    """

    def __init__(self, model: BertForMaskedLM, machine: Machine) -> None:
        self.model, self.machine = model, machine
        self._forward: Callable = self._plain
        torch.set_float32_matmul_precision("high")
        self._check_mask()

    @torch.no_grad()
    def _check_mask(self) -> None:
        """Whether a piece is hidden from those before it: how a mask is taken has changed among versions of
        transformers, and a network that sees what it has to foretell trains very well and learns nothing."""
        tokens = torch.full((2, 8), 5, device=self.machine.device)
        tokens[1, 6] = 4
        seps = torch.full((2,), 3, device=self.machine.device)
        hidden = self.model.bert(tokens, **self._view(tokens, seps)).last_hidden_state
        same = (hidden[0] - hidden[1]).abs().amax(-1) < 1e-4
        if not same[:6].all() or same[6:].any():
            raise RecipeError(f"transformers {transformers.__version__} does not follow the mask; 5.23 does.")

    @staticmethod
    def _view(tokens: torch.Tensor, seps: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """Segments and mask of a batch: the first segment is seen by all, the second from left to right.  Without a
        parting there is no mask, and attention runs in its fastest form."""
        if seps is None:
            return {}
        place = torch.arange(tokens.shape[1], device=tokens.device)
        seen = (place <= seps[:, None])[:, None] | (place <= place[:, None])  # (rows, asking, asked)
        return {"token_type_ids": (place > seps[:, None]).long(), "attention_mask": seen[:, None]}

    def __call__(self, batch: Batch) -> torch.Tensor:
        """Summed loss (nats), pieces found and pieces asked, as one tensor (3,), float32; only the first has a
        gradient.  What is only measured has shapes of its own, and is not compiled for."""
        return (self._forward if self.model.training else self._plain)(*self._arrays(batch))

    def _arrays(self, batch: Batch) -> tuple[torch.Tensor | None, ...]:
        """What the network takes; places are those in all the rows one after the other.  A GPU is asked at all of them,
        so that shapes stay the same; a CPU only where there is something to be found."""
        places = (batch.places + batch.tokens.shape[1] * np.arange(len(batch))[:, None]).reshape(-1)
        labels = batch.labels.reshape(-1)
        if self.machine.device == "cpu" and self.machine.compile == "no":
            places, labels = places[labels >= 0], labels[labels >= 0]
        arrays = (batch.tokens, batch.seps, places, labels)
        moved = [None if a is None else torch.from_numpy(a).to(self.machine.device, non_blocking=True) for a in arrays]
        return tuple(None if tensor is None else tensor.long() for tensor in moved)

    def _plain(
        self, tokens: torch.Tensor, seps: torch.Tensor | None, places: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        with torch.autocast(self.machine.device, torch.bfloat16, enabled=self.machine.precision == "bfloat16"):
            hidden = self.model.bert(tokens, **self._view(tokens, seps)).last_hidden_state
            logits = self.model.cls(hidden.flatten(0, 1).index_select(0, places)).float()
        loss = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
        found, real = (logits.argmax(-1) == labels).sum(), (labels >= 0).sum()
        return torch.stack([loss, found.float(), real.float()])

    def compile(self, trials: list[Batch], say: Callable[[str], None]) -> None:
        """Let torch compile the computation, and keep it so only if all trial batches come out as without."""
        compiled = torch.compile(self._plain, dynamic=False)
        try:
            for batch in trials:
                arrays = self._arrays(batch)
                with torch.no_grad():
                    wanted = self._plain(*arrays)[0].item()
                loss = compiled(*arrays)[0]
                loss.backward()
                if not abs(loss.item() - wanted) <= 0.02 * abs(wanted):
                    raise ValueError(f"a loss of {loss.item():.1f} where it should be {wanted:.1f}")
            self._forward = compiled
            say("compiled")
        except Exception as error:  # whatever the compiler of a strange machine stumbles over
            first = str(error).strip().split("\n")[0][:200]
            say(f"goes on without compiling: {type(error).__name__}: {first}")
        finally:
            self.model.zero_grad(set_to_none=True)
