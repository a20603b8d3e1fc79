"""How well an autoencoder keeps the brush, on held-out painted frames it was never shown.

    python benchmarks/autoencoder.py [--model FOLDER] [--count 120] [--sheet docs/autoencoder.jpg]

PSNR, SSIM, stroke energy in mountains (gradient magnitude, decoded over painted, at 1, 2 and 4
pixels), and the AUC of patches (patches.py). The sheet shows painted frames above decoded ones.
"""

from __future__ import annotations

import argparse
from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from conclvd.generate.pixels import to_model_range
from conclvd.models.source import ink_mini
from conclvd.paint.draw.compositor import Compositor, Trace
from conclvd.paint.draw.layers import texels_per_unit
from conclvd.paint.draw.painter import paint_scene
from conclvd.paint.draw.visibility import seen_parts
from conclvd.paint.scene.compose import compose_scene
from conclvd.pretrain.autoencoder import STROKE_SCALES
from conclvd.pretrain.fidelity import psnr, ssim, steepness
from conclvd.workers import each
from patches import patch_auc
from report import report

FIRST_SEED = 700_000
COLUMNS = 4
SECONDS = 0.7  # into the scene


def painted(
    size: tuple[int, int], seed: int
) -> tuple[int, UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
    """A seed, a frame of its scene, and where that shows mountains and nothing before them."""
    width, height = size
    scene = compose_scene(seed, aspect=width / height)
    compositor = Compositor(paint_scene(scene, texels_per_unit(height)), scene.camera, *size)
    traces = list[Trace]()
    frame = compositor.frame(SECONDS, traces)
    shown = np.zeros((height, width), np.float32)
    for trace, rows, columns, _, seen in seen_parts(traces, width, height):
        if trace.layer.kind == "mountains":
            shown[rows, columns] += seen
    return seed, frame, shown > 0.5


def stroke_energy(
    decoded: Float[Tensor, "1 3 h w"],
    wanted: Float[Tensor, "1 3 h w"],
    mountains: Bool[np.ndarray, "h w"],
    pixels: int,
) -> tuple[float, float]:
    """Sums of gradient magnitude in the mountains at a scale, decoded and painted."""
    where = torch.from_numpy(mountains)[None, None].float()
    where = torch.nn.functional.avg_pool2d(where, pixels)[..., :-1, :-1] > 0.99
    found, there = (steepness(picture, pixels)[where].sum().item() for picture in (decoded, wanted))
    return found, there


def through(autoencoder: AutoencoderKL, frame: Tensor) -> Float[Tensor, "1 3 h w"]:
    """A frame [h w 3] encoded and decoded, in [0, 1]."""
    with torch.inference_mode():
        pictures = to_model_range(frame[None]).to(autoencoder.device, autoencoder.dtype)
        decoded = autoencoder.decode(autoencoder.encode(pictures).latent_dist.mean).sample
    shown: Tensor = (decoded.float().cpu() / 2 + 0.5).clamp(0, 1)
    return (255 * shown).round() / 255  # as painted ones are


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, help="folder with a vae; else ink-mini's")
    parser.add_argument("--count", type=int, default=120, help="held-out scenes")
    parser.add_argument("--size", default="512x512", metavar="WIDTHxHEIGHT")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--sheet", type=Path, default=Path("docs/autoencoder.jpg"))
    arguments = parser.parse_args()
    folder = arguments.model or ink_mini()
    autoencoder = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.bfloat16)
    autoencoder.to(arguments.device, memory_format=torch.channels_last)
    width, height = (int(side) for side in arguments.size.split("x"))
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.count)
    figures: dict[str, list[float]] = {"psnr": [], "ssim": []}
    energy: dict[int, list[tuple[float, float]]] = {scale: [] for scale in STROKE_SCALES}
    both = list[tuple[Tensor, Tensor]]()
    done = each(partial(painted, (width, height)), seeds, None)
    found = sorted(tqdm(done, total=len(seeds), desc="painting", unit="frame"), key=itemgetter(0))
    for _, frame, mountains in tqdm(found, desc="decoding", unit="frame"):
        wanted = torch.from_numpy(frame)[None].permute(0, 3, 1, 2).float() / 255
        decoded = through(autoencoder, torch.from_numpy(frame))
        figures["psnr"].append(psnr(decoded, wanted).item())
        figures["ssim"].append(ssim(decoded, wanted).item())
        for scale in STROKE_SCALES:
            energy[scale].append(stroke_energy(decoded, wanted, mountains, scale))
        both.append((wanted, decoded))
    columns = [torch.cat(pair, dim=2)[0] for pair in both[:COLUMNS]]
    rows = (torch.cat(columns, dim=2).permute(1, 2, 0) * 255).round().byte().numpy()
    arguments.sheet.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rows).save(arguments.sheet, quality=92)
    sums = {scale: np.sum(values, axis=0) for scale, values in energy.items()}
    report(
        "autoencoder",
        {
            "frames": len(both),
            "PSNR, mean (dB)": float(np.mean(figures["psnr"])),
            "PSNR, worst tenth (dB)": float(np.quantile(figures["psnr"], 0.1)),
            "SSIM, mean": float(np.mean(figures["ssim"])),
            **{f"stroke energy, {s} px": float(sums[s][0] / sums[s][1]) for s in STROKE_SCALES},
            "patch AUC": patch_auc([p for p, _ in both], [d for _, d in both]),
        },
    )


if __name__ == "__main__":
    main()
