"""AdamW with warm-up and cosine, gradients averaged over processes, state that can be saved."""

import math

import torch

# AdamW would import it when it is made, and triton with it, whose LLVM crashes where Mesa's came first.
import torch._dynamo
import torch.distributed as dist
from torch import nn

WARMUP_STEPS = 200
MAX_GRADIENT_NORM = 1.0


class Optimization:
    """Steps the parameters of some modules along a fixed schedule.

    Args:
        modules: by name; the names key the saved state.
        lr: peak learning rate.
        steps: length of the schedule.
    """

    def __init__(self, modules: dict[str, nn.Module], *, lr: float, steps: int) -> None:
        self.lr, self.steps = lr, steps
        self.names = [f"{m}.{n}" for m, module in modules.items() for n, _ in module.named_parameters()]
        self.parameters = [p for module in modules.values() for p in module.parameters()]
        self.adam = torch.optim.AdamW(self.parameters, lr=lr, weight_decay=1e-4, betas=(0.9, 0.99))

    def step(self, loss: torch.Tensor, step: int) -> None:
        """Descend `loss`; `step` counts from 0 and sets the learning rate."""
        progress = min(1.0, step / self.steps)
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))
        for group in self.adam.param_groups:
            group["lr"] = self.lr * min(1.0, (step + 1) / WARMUP_STEPS) * cosine
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        if dist.is_initialized():
            for p in self.parameters:
                if p.grad is not None:
                    dist.all_reduce(p.grad, op=dist.ReduceOp.SUM)
                    p.grad /= dist.get_world_size()
        nn.utils.clip_grad_norm_(self.parameters, MAX_GRADIENT_NORM)
        self.adam.step()

    def state(self) -> dict[str, torch.Tensor]:
        """Adam's moments by parameter name, for safetensors."""
        tensors = {}
        for name, parameter in zip(self.names, self.parameters, strict=True):
            for key, value in self.adam.state.get(parameter, {}).items():
                tensors[f"{name}/{key}"] = value.detach().clone()
        return tensors

    def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        for name, parameter in zip(self.names, self.parameters, strict=True):
            moments = {k.rsplit("/", 1)[1]: v for k, v in tensors.items() if k.rsplit("/", 1)[0] == name}
            if moments:
                self.adam.state[parameter] = moments
