"""Muon for the matrices of the encoder, AdamW for the rest, under one rate.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) steps along the momentum made orthogonal by five
Newton-Schulz iterations; scaled to the size of AdamW's steps (Liu et al. 2025, arXiv:2502.16982, equation 4) both take
the same rate.  torch has a Muon too; it goes matrix by matrix, hundreds of small products a step that leave a large
GPU waiting.  Here all matrices of a shape go through them together.
"""

from __future__ import annotations

from typing import Any

import torch

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # steepest at zero, where the small singular values are
_ITERATIONS = 5


def orthogonal(matrices: torch.Tensor, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    """(count, rows, columns) → the same with all singular values near 1, computed in `dtype`."""
    a, b, c = _COEFFICIENTS
    x = matrices.to(dtype)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


class Optimizers:
    """Both of them.

    Args:
        model: a `BertForMaskedLM`.
        decay: weight decay of the matrices, in units of the rate.
        dtype: what Muon's iterations are computed in.
    """

    def __init__(self, model: torch.nn.Module, decay: float, dtype: torch.dtype) -> None:
        named = list(model.named_parameters())
        matrices = [p for name, p in named if p.ndim == 2 and ".encoder." in name]
        others = [p for name, p in named if not (p.ndim == 2 and ".encoder." in name)]
        shapes = dict.fromkeys(p.shape for p in matrices)
        self.matrices = [[p for p in matrices if p.shape == shape] for shape in shapes]
        self.momenta = [torch.zeros(len(group), *group[0].shape, device=group[0].device) for group in self.matrices]
        self.decay, self.dtype = decay, dtype
        fused = True if others[0].is_cuda else None
        self.adam = torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0, fused=fused)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One update of all parameters from their gradients, which are then gone."""
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        for group, momentum in zip(self.matrices, self.momenta, strict=True):
            gradient = torch.stack([p.grad for p in group])
            momentum.lerp_(gradient, 0.05)
            update = orthogonal(gradient.lerp_(momentum, 0.95), self.dtype)  # Nesterov's
            size = 0.2 * max(group[0].shape) ** 0.5
            torch._foreach_mul_(group, 1 - rate * self.decay)
            torch._foreach_add_(group, list(update.unbind()), alpha=-rate * size)
            for parameter in group:
                parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """What has to be kept to go on."""
        return {"momenta": self.momenta, "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        for momentum, kept in zip(self.momenta, state["momenta"], strict=True):
            momentum.copy_(kept)
        self.adam.load_state_dict(state["adam"])
