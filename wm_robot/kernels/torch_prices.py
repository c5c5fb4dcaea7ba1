"""Cost terms on torch's kernels."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import gelu, linear, softplus

from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance, Term

Constants = tuple[Tensor, ...]


class Price(NamedTuple):
    """A term as a function and the tensors that it reads, so that others of its form can take their place.

    Args:
        per_step: costs (K, H) from the constants, latents (K, H, L), past actions (T − 1, nu) and actions
            (K, H, nu).
        step_weights: (H,).
        constants: what the term's goal, weights and limits come to.
    """

    per_step: Callable[[Constants, Tensor, Tensor, Tensor], Tensor]
    step_weights: Tensor
    constants: Constants


def prepare(terms: Sequence[Term]) -> list[Price]:
    """`terms` on tensors of torch's current device."""
    return [_price(term) for term in terms]


def same_form(prices: Sequence[Price], others: Sequence[Price]) -> bool:
    """Whether both are the same functions of tensors of the same shapes."""
    return _form(prices) == _form(others)


def overwrite(prices: Sequence[Price], others: Sequence[Price]) -> None:
    """Let `prices` be `others`, which have the same form, in the memory where they are."""
    for price, other in zip(prices, others, strict=True):
        for ours, theirs in zip(_tensors(price), _tensors(other), strict=True):
            ours.copy_(theirs)


def total_price(prices: Sequence[Price], latents: Tensor, past_actions: Tensor, actions: Tensor) -> Tensor:
    """Costs (K,) of actions (K, H, nu) that led to `latents` (K, H, L)."""
    total = torch.zeros(len(actions))
    for price in prices:
        total += price.per_step(price.constants, latents, past_actions, actions) @ price.step_weights
    return total


def torch_gelu(x: Tensor) -> Tensor:
    """GELU in its tanh form."""
    return gelu(x, approximate="tanh")


def torch_linear(weights: Mapping[str, Tensor], layer: str, x: Tensor) -> Tensor:
    """x (..., in) through a layer, (..., out)."""
    return linear(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])


def _tensors(price: Price) -> Constants:
    return price.step_weights, *price.constants


def _form(prices: Sequence[Price]) -> list[object]:
    return [(price.per_step, [t.shape for t in _tensors(price)]) for price in prices]


def _price(term: Term) -> Price:
    step_weights = torch.tensor(term.step_weights)
    match term:
        case Readout():
            constants = torch.tensor(term.offset), torch.tensor(term.scale)
            if term.matrix is None:
                return Price(_entries, step_weights, constants)
            return Price(_readout, step_weights, (*constants, torch.tensor(term.matrix)))
        case TemporalDistance():
            w = {name: torch.tensor(array) for name, array in term.head.parameters.items()}
            first = w["in.bias"] + w["goal.weight"] @ torch.tensor(term.goal)
            others = [w[f"{layer}.{part}"] for layer in term.head.layers for part in ("weight", "bias")]
            constants = (w["in.weight"], first, *others, w["out.weight"], w["out.bias"])
            return Price(_distance, step_weights, constants)
        case Smoothness():
            return Price(_smoothness, step_weights, ())
        case ActionLimits():
            return Price(_excess, step_weights, (torch.tensor(term.limit, dtype=torch.float32),))


def _entries(constants: Constants, z: Tensor, past: Tensor, a: Tensor) -> Tensor:
    offset, scale = constants
    return (z[..., : len(offset)] + offset).square() @ scale


def _readout(constants: Constants, z: Tensor, past: Tensor, a: Tensor) -> Tensor:
    offset, scale, matrix = constants
    return (z @ matrix.T + offset).square() @ scale


def _distance(constants: Constants, z: Tensor, past: Tensor, a: Tensor) -> Tensor:
    *inner, out, out_bias = constants
    h = z
    for weight, bias in zip(inner[::2], inner[1::2], strict=True):
        h = torch_gelu(linear(h, weight, bias))
    return softplus(linear(h, out, out_bias)).mean(dim=-1)


def _smoothness(constants: Constants, z: Tensor, past: Tensor, a: Tensor) -> Tensor:
    before = past[-1:].expand(len(a), -1, -1)
    before = before if before.shape[1] else a[:, :1]
    return (torch.cat([before, a], dim=1).diff(dim=1) ** 2).sum(dim=-1)


def _excess(constants: Constants, z: Tensor, past: Tensor, a: Tensor) -> Tensor:
    (limit,) = constants
    return (a.abs() - limit).clamp(min=0).square().sum(dim=-1)
