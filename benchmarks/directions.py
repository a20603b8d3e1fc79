"""Does a word of direction help to see painted boats through noise? The right one and the wrong.

    python benchmarks/directions.py [--clips 40] [--model ink-mini] [--motion FOLDER]

Held-out clips with a boat that goes left or right, and a caption that says so, are noised. Of each
the noise is predicted with that caption and with one of a boat that goes the other way. `right` is
the part of clips in which the right caption errs less at that time step, `gain` by how much of the
error in the mean. The video U-Net is asked, and beside it the base frame by frame: what its
features do not tell, a motion module cannot obey. In minutes it says what boats in a hundred
generated videos say (`motion.py`), and says it before they obey.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from diffusers import UNetMotionModel
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from conclvd.generate.generator import Generator
from conclvd.models.components import load_base
from conclvd.models.source import EMBEDDED
from conclvd.paint.clip import PaintedClip, paint_clip
from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words.captions import Language, planned_caption
from conclvd.pretrain.base import new_scheduler
from conclvd.pretrain.directions import BOAT, GOING, NEITHER, directions
from conclvd.pretrain.latent_store import encode_frames
from conclvd.train.losses import add_noise
from conclvd.train.text import encode_captions
from report import report

FIRST_SEED = 620_000
STEPS = (200, 400, 600, 800, 950)
OTHER = {"left": "right", "right": "left"}


def captions_of(attributes: Attributes, seed: int) -> tuple[str, str]:
    """A caption, and the same with a boat that goes the other way."""
    language: Language = "en" if seed % 2 else "zh"
    turned = tuple(
        replace(each, motion=OTHER[each.motion])
        if each.kind in GOING[BOAT] and each.motion in OTHER
        else each
        for each in attributes.elements
    )
    both = (attributes, replace(attributes, elements=turned))
    texts = [planned_caption(each, np.random.default_rng(seed), language)[0] for each in both]
    return texts[0], texts[1]


def boats(count: int) -> Iterator[tuple[PaintedClip, str, str]]:
    """Painted clips whose caption says which way a boat goes, and the captions, right and wrong."""
    seed = FIRST_SEED
    while count:
        clip = paint_clip(
            seed, frames=8, composition="lake", boat="boat" if seed % 3 else "sailboat"
        )
        right, wrong = captions_of(clip.attributes, seed)
        if directions(clip.attributes.to_dict())[BOAT] != NEITHER and right != wrong:
            count -= 1
            yield clip, right, wrong
        seed += 1


@torch.inference_mode()
def errors(
    unet: nn.Module, noisy: Float[Tensor, "n c h w"], noise: Tensor, step: int, states: list[Tensor]
) -> list[float]:
    """Mean squared error of the predicted noise of one clip, with each text's states [l d]."""
    number, count = next(unet.parameters()).dtype, len(noisy)
    found = []
    for state in states:
        texts, latents = state.to(number).expand(count, -1, -1), noisy.to(number)
        if isinstance(unet, UNetMotionModel):
            predicted = unet(latents.transpose(0, 1)[None], step, texts).sample[0].transpose(0, 1)
        else:
            predicted = unet(latents, step, texts).sample
        found.append(float((predicted.float() - noise).square().mean()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--motion", help="another motion module than the model's own")
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    generator = Generator.load(arguments.model, arguments.motion, device=arguments.device)
    pipeline = generator.pipeline
    device = pipeline.device
    base = load_base(arguments.model, dtype=pipeline.unet.dtype).unet.to(device)
    asked = {"video": pipeline.unet, "base": base}
    alphas = new_scheduler().alphas_cumprod.to(device)
    found: dict[tuple[str, int], list[list[float]]] = {}
    for index, (clip, *texts) in enumerate(
        tqdm(boats(arguments.clips), total=arguments.clips, unit="clip")
    ):
        frames = torch.from_numpy(clip.frames)[None].to(device)
        tokens = encode_captions(pipeline.tokenizer, texts).to(device)
        with torch.inference_mode():
            clean = encode_frames(pipeline.vae, frames)[0]
            states = list(pipeline.text_encoder(tokens).last_hidden_state)
        random = torch.Generator().manual_seed(index)
        noise = torch.randn(clean.shape, generator=random).to(device)
        for step in STEPS:
            noisy = add_noise(clean[None], noise[None], alphas[step][None])[0]
            for name, unet in asked.items():
                found.setdefault((name, step), []).append(errors(unet, noisy, noise, step, states))
    figures: dict[str, object] = {"clips": arguments.clips}
    for (name, step), pairs in sorted(found.items()):
        right, wrong = np.array(pairs).T
        figures[f"{name}, t {step}, right"] = float((right < wrong).mean())
        figures[f"{name}, t {step}, gain"] = float((wrong - right).mean() / wrong.mean())
    report("directions", figures)


if __name__ == "__main__":
    main()
