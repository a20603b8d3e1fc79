"""How well the autoencoder keeps a picture: PSNR and SSIM on 500 held-out painted frames.

    python benchmarks/autoencoder.py [--count 500] [--device cpu] [--sheet docs/autoencoder.jpg]

The sheet shows painted frames above their reconstructions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from tqdm import tqdm

from conclvd.models.components import load_base
from conclvd.models.source import EMBEDDED
from conclvd.pretrain.fidelity import psnr, ssim
from held_out import held_out_clips
from report import report

FIRST_SEED = 700_000
COLUMNS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=500, help="held-out scenes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--processes", type=int, default=2, help="painting processes")
    parser.add_argument("--sheet", type=Path, default=Path("docs/autoencoder.jpg"))
    arguments = parser.parse_args()
    autoencoder = load_base(EMBEDDED).vae.to(arguments.device)
    clips = held_out_clips(range(FIRST_SEED, FIRST_SEED + arguments.count), arguments.processes)
    closeness, similarity = list[float](), list[float]()
    shown = list[UInt8[np.ndarray, "h w 3"]]()
    for clip in tqdm(clips, desc="reconstructing", unit="frame"):
        painted = torch.from_numpy(clip.clip.frames[4]).permute(2, 0, 1)[None].float() / 255
        painted = painted.to(arguments.device)
        with torch.inference_mode():
            latents = autoencoder.encode(painted * 2 - 1).latent_dist.mean
            decoded = (autoencoder.decode(latents).sample / 2 + 0.5).clamp(0, 1)
        closeness.append(psnr(decoded, painted).item())
        similarity.append(ssim(decoded, painted).item())
        if len(shown) < 3 * COLUMNS:
            pair = torch.cat([painted, decoded], dim=2)[0].permute(1, 2, 0)
            shown.append((pair.cpu().numpy() * 255).round().astype(np.uint8))
    rows = [np.concatenate(shown[i : i + COLUMNS], axis=1) for i in range(0, len(shown), COLUMNS)]
    arguments.sheet.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows)).save(arguments.sheet, quality=92)
    report(
        "autoencoder",
        {
            "frames": len(clips),
            "PSNR, mean (dB)": float(np.mean(closeness)),
            "PSNR, worst tenth (dB)": float(np.quantile(closeness, 0.1)),
            "SSIM, mean": float(np.mean(similarity)),
        },
    )


if __name__ == "__main__":
    main()
