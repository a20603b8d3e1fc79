"""Do generated videos show what their captions tell? 200 held-out captions, a probe, a judge.

    python benchmarks/adherence.py [--count 200] [--device auto] [--batch 1]

The probe was trained on painted frames alone; its accuracy on the painted clips of the same
captions stands beside. Only facts that a caption tells are asked for; `absent` are the things that
are neither told nor painted.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn import functional
from transformers import CLIPModel

from conclvd.generate.generator import Generator
from conclvd.generate.pixels import to_model_range
from conclvd.models.probe import Probe, load_probe
from conclvd.models.source import EMBEDDED, ink_mini
from held_out import HeldOut, held_out_clips
from report import report
from sampling import generate_keyframes

FIRST_SEED = 500_000
CHOICES = 32


def read_videos(probe: Probe, videos: UInt8[np.ndarray, "b t h w 3"]) -> dict[str, Tensor]:
    """The probe's logits by question, mean over the frames of each video."""
    with torch.inference_mode():
        rows = [probe(to_model_range(torch.from_numpy(video))) for video in videos]
    return {name: torch.stack([row[name].mean(0) for row in rows]) for name in rows[0]}


def accuracies(probe: Probe, logits: dict[str, Tensor], clips: list[HeldOut]) -> dict[str, float]:
    """Part of the told facts that are seen, by question."""
    told: dict[str, list[tuple[bool, str | None]]] = {
        "palette": [(c.plan.palette or c.plan.time, c.clip.attributes.palette) for c in clips],
        "mountains": [(c.plan.mountains, c.clip.attributes.mountains) for c in clips],
        "weather": [(c.plan.weather, c.clip.attributes.weather) for c in clips],
        "time": [(c.plan.palette or c.plan.time, c.clip.attributes.time) for c in clips],
    }
    found: dict[str, float] = {}
    for question, facts in told.items():
        answers = [int(index) for index in logits[question].argmax(1)]
        right = [
            probe.choices[question][answer] == fact
            for answer, (is_told, fact) in zip(answers, facts, strict=True)
            if is_told
        ]
        found[question] = float(np.mean(right))
    seen = (logits["presence"] > 0).numpy()
    recalls, specificities, both = [], [], []
    for column, kind in enumerate(probe.presence):
        is_told = np.array([any(s.element.kind == kind for s in c.plan.elements) for c in clips])
        is_there = np.array(
            [any(e.kind == kind for e in c.clip.attributes.elements) for c in clips]
        )
        absent = ~is_there & ~is_told
        if is_told.sum() >= 3:
            recalls.append(seen[is_told, column].mean())
            found[f"told {kind} ({is_told.sum()})"] = float(recalls[-1])
            both.append((seen[is_told, column].mean() + 1 - seen[absent, column].mean()) / 2)
        if absent.sum() >= 3:
            specificities.append(1 - seen[absent, column].mean())
    found["elements, mean of told and absent"] = float(np.mean(both))
    found["told elements, mean"] = float(np.mean(recalls))
    found["absent elements, mean"] = float(np.mean(specificities))
    return found


def caption_ranks(
    generator: Generator, videos: UInt8[np.ndarray, "b t h w 3"], captions: list[str]
) -> float:
    """How often the judge ranks a video's own caption first among 32."""
    judge = CLIPModel.from_pretrained(ink_mini() / "judge", dtype=torch.float32).eval()
    side = judge.config.vision_config.image_size
    tokenizer = generator.pipeline.tokenizer
    with torch.inference_mode():
        tokens = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
        texts = judge.get_text_features(input_ids=tokens.input_ids).pooler_output
        frames = []
        for video in videos:
            small = functional.interpolate(
                to_model_range(torch.from_numpy(video)), (side, side), mode="area"
            )
            seen = judge.get_image_features(pixel_values=small).pooler_output
            frames.append(functional.normalize(seen, dim=-1).mean(0))
    scores = torch.stack(frames) @ functional.normalize(texts, dim=-1).T
    rng = np.random.default_rng(0)
    hits = []
    for i, row in enumerate(scores):
        others = rng.choice([k for k in range(len(captions)) if k != i], CHOICES - 1, replace=False)
        hits.append(bool(row[i] > row[torch.from_numpy(others)].max()))
    return float(np.mean(hits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=200, help="held-out captions")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=1, help="videos at once")
    parser.add_argument("--processes", type=int, default=2, help="painting processes")
    parser.add_argument("--guidance-scale", type=float, default=8.0)
    arguments = parser.parse_args()
    if arguments.count < CHOICES:
        parser.error(f"--count {arguments.count}: ranks are among {CHOICES} captions, give as many")
    generator = Generator.load(EMBEDDED, device=arguments.device)
    probe = load_probe(ink_mini() / "probe.safetensors")
    clips = held_out_clips(range(FIRST_SEED, FIRST_SEED + arguments.count), arguments.processes)
    captions = [c.caption for c in clips]
    videos = generate_keyframes(
        generator, captions, batch=arguments.batch, guidance_scale=arguments.guidance_scale
    )
    painted = np.stack([c.clip.frames for c in clips])
    on_generated = accuracies(probe, read_videos(probe, videos), clips)
    on_painted = accuracies(probe, read_videos(probe, painted), clips)
    figures: dict[str, object] = {
        "captions": len(clips),
        "guidance scale": arguments.guidance_scale,
        "R@1 of 32, generated": caption_ranks(generator, videos, captions),
        "R@1 of 32, painted": caption_ranks(generator, painted, captions),
    }
    for name, value in on_generated.items():
        figures[f"{name}, generated"] = value
        figures[f"{name}, painted"] = on_painted[name]
    report("adherence", figures)


if __name__ == "__main__":
    main()
