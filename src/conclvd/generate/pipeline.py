"""The diffusers pipeline of a base with a ConCLVD motion module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AnimateDiffPipeline, MotionAdapter, UNet2DConditionModel, UNetMotionModel
from torch import Tensor

from conclvd.errors import ModelError
from conclvd.models.motion import (
    MotionModule,
    attach,
    attention_kinds,
    copy_added,
    set_attention,
)
from conclvd.models.source import MOTION
from conclvd.models.weights import KINDS, WEIGHTS, load_motion_module
from conclvd.tensor_file import read_header


class ConCLVDPipeline(AnimateDiffPipeline):  # type: ignore[misc]  # diffusers ships no types
    """`AnimateDiffPipeline` whose motion blocks are what the motion module says (Eq. (7), (8)).

    It loads, saves and is called like any other pipeline of diffusers:

        pipeline = ConCLVDPipeline.from_pretrained(folder)
        frames = pipeline("a boat on a misty river", num_frames=8).frames[0]

    `folder` is a saved pipeline of this class, or a Stable Diffusion folder with a motion module
    in its `motion_adapter` subfolder or given as `motion_adapter=`.
    """

    def __init__(
        self,
        vae: Any,
        text_encoder: Any,
        tokenizer: Any,
        unet: UNet2DConditionModel | UNetMotionModel,
        motion_adapter: MotionAdapter,
        scheduler: Any,
        feature_extractor: Any = None,
        image_encoder: Any = None,
    ) -> None:
        if motion_adapter is None:
            raise ModelError(
                "a ConCLVDPipeline needs a motion module; pass motion_adapter=MotionModule(...) "
                "or load a folder with one"
            )
        refuse_lost_attention(motion_adapter)
        if isinstance(unet, UNet2DConditionModel):
            unet = attach(unet, motion_adapter)
        else:
            copy_added(motion_adapter, unet)
            set_attention(unet, attention_kinds(motion_adapter))
        super().__init__(
            vae=vae,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            unet=unet,
            motion_adapter=motion_adapter,
            scheduler=scheduler,
            feature_extractor=feature_extractor,
            image_encoder=image_encoder,
        )

    def decode_latents(self, latents: Tensor, decode_chunk_size: int = 16) -> Tensor:
        """Frames of latents [b c n h w], in the autoencoder's number format.

        That may be another than the U-Net's: in bfloat16 a decoded sky shows bands.
        """
        decoded: Tensor = super().decode_latents(latents.to(self.vae.dtype), decode_chunk_size)
        return decoded

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, **kwargs: Any
    ) -> ConCLVDPipeline:
        """Load a pipeline as `DiffusionPipeline.from_pretrained` does, with its motion module.

        All parts get one number format, `dtype`, float32 if it is not given.
        """
        folder = Path(pretrained_model_name_or_path) / MOTION
        # diffusers' older name of the argument is still in many people's code
        dtype = kwargs.setdefault("dtype", kwargs.pop("torch_dtype", torch.float32))
        if "motion_adapter" not in kwargs and folder.is_dir():
            kwargs["motion_adapter"] = load_motion_module(folder, dtype=dtype)
        pipeline: ConCLVDPipeline = super().from_pretrained(pretrained_model_name_or_path, **kwargs)
        return pipeline

    @classmethod
    def load_config(cls, *args: Any, **kwargs: Any) -> Any:
        """The parts that diffusers is to load: all but a motion module of ours.

        diffusers loads classes of its own and of transformers only; `from_pretrained` loads ours.
        """
        config = super().load_config(*args, **kwargs)
        library, _ = config.get(MOTION, ("diffusers", None))
        if library != "diffusers":
            del config[MOTION]
        return config


def refuse_lost_attention(module: MotionAdapter) -> None:
    """Raise ModelError for one of our modules that was loaded as a plain `MotionAdapter`.

    All its weights fit, but its second attention would run as another one.
    """
    if isinstance(module, MotionModule) or "attention_kinds" in module.config:
        return
    origin = module.config.get("_name_or_path")
    weights = Path(origin) / WEIGHTS if origin else None
    if weights is not None and weights.is_file() and KINDS in read_header(weights):
        raise ModelError(
            f"{origin} is a ConCLVD motion module, but it was loaded as a MotionAdapter and lost "
            "its sparse-causal attention; load it with conclvd.MotionModule.from_pretrained"
        )
