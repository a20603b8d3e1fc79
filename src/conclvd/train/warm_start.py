"""The motion module that a run starts from: a new one, or another's weights with ours added."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from diffusers import UNet2DConditionModel

from conclvd.errors import InvalidRequest
from conclvd.models.attention import ABSENT, SPARSE_CAUSAL, VERSATILE
from conclvd.models.motion import MotionModule, attention_kinds
from conclvd.models.weights import load_motion_module
from conclvd.train.settings import TrainSettings

PAPERS = (VERSATILE, SPARSE_CAUSAL)  # the attentions of a new module


def starting_module(
    unet: UNet2DConditionModel,
    settings: TrainSettings,
    tell: Callable[[str], None] = lambda line: None,
) -> MotionModule:
    """The motion module of step 0, in float32.

    A new one is the identity. One that is loaded keeps its weights; a sparse-causal attention that
    is added to it has a zero-initialised output, so that step 0 gives exactly its own output.
    `tell` gets a line for each of its attentions that the settings make another one.
    Raises ModelError for a module that cannot be loaded, InvalidRequest where it cannot become
    what the settings ask for.
    """
    if settings.motion_module_name_or_path is None:
        if settings.rank:
            raise InvalidRequest(
                "a motion LoRA (rank above 0) is added to a trained module; name one with "
                "--motion-module-name-or-path"
            )
        return new_module(unet, settings)
    source = load_motion_module(settings.motion_module_name_or_path, dtype=torch.float32)
    return with_attentions(source, settings, tell)


def new_module(unet: UNet2DConditionModel, settings: TrainSettings) -> MotionModule:
    """An untrained motion module for `unet`, the same for the same seed.

    Raises InvalidRequest when the attentions cannot have as many heads as the settings say.
    """
    heads = settings.motion_num_attention_heads
    widths = sorted(set(unet.config.block_out_channels))
    if any(width % heads for width in widths):
        raise InvalidRequest(
            f"motion_num_attention_heads must divide the widths of the base's blocks, {widths}, "
            f"found {heads}; use a divisor of {math.gcd(*widths)}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        module: MotionModule = MotionModule(
            block_out_channels=tuple(unet.config.block_out_channels),
            motion_layers_per_block=unet.config.layers_per_block,
            motion_num_attention_heads=heads,
            motion_norm_num_groups=unet.config.norm_num_groups,
            motion_max_seq_length=settings.motion_max_seq_length,
            attention_kinds=settings.attention_kinds or PAPERS,
        )
    return module


def with_attentions(
    source: MotionModule, settings: TrainSettings, tell: Callable[[str], None]
) -> MotionModule:
    """`source` with the attentions that the settings ask for, its weights where they were."""
    own = attention_kinds(source)
    added = own if SPARSE_CAUSAL in own or settings.rank else (*own, SPARSE_CAUSAL)
    wanted = tuple(settings.attention_kinds or added)
    if wanted == own:
        return source
    if len(own) > len(wanted):
        raise InvalidRequest(
            f"{settings.motion_module_name_or_path} has the attentions {', '.join(own)}; "
            f"attention_kinds {', '.join(wanted)} would throw away a trained one"
        )
    for place, (was, becomes) in enumerate(zip(own, wanted, strict=False), 1):
        if was == SPARSE_CAUSAL and becomes == VERSATILE:
            # its queries and keys never acted, so they never learned
            raise InvalidRequest(
                f"attention {place} of {settings.motion_module_name_or_path} is {was}, which "
                f"trains no queries and keys for the {becomes} one that attention_kinds asks for; "
                "leave attention_kinds out to keep it"
            )
        if was not in (becomes, ABSENT):
            tell(
                f"attention {place} of {settings.motion_module_name_or_path}, trained as {was}, "
                f"becomes {becomes}, as attention_kinds asks; leave attention_kinds out to keep it"
            )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        config = {k: v for k, v in source.config.items() if not k.startswith("_")}
        module: MotionModule = MotionModule(**{**config, "attention_kinds": wanted})
    # Only the added attention has weights that the source lacks.
    module.load_state_dict(source.state_dict(), strict=len(own) == len(wanted))
    return module
