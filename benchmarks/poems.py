"""Does a model paint what a line of a poem names? 20 well-known lines, a probe, its answers.

    python benchmarks/poems.py [--model ink-mini] [--seeds 2] [--device auto] [--batch 1]

Of every line the things and facts that can be painted are written beside it, as the probe names
them; the share of these that the probe sees in the generated videos is told by line.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from conclvd.generate.generator import Generator
from conclvd.generate.pixels import to_model_range
from conclvd.models.probe import Probe, load_probe
from conclvd.models.source import EMBEDDED, ink_mini, resolve
from conclvd.tensors import Frames
from report import report
from sampling import generate_keyframes

ANY_MOUNTAINS: Final = "mountains"


@dataclass(frozen=True)
class Line:
    """A line, who wrote it, and what is paintable in it.

    `seen` are kinds of elements, "mountains" (of whatever kind), or a question of the probe with
    its answer, "weather snow".
    """

    text: str
    poet: str
    seen: tuple[str, ...]


LINES: Final = (
    Line("孤舟蓑笠翁，独钓寒江雪", "Liu Zongyuan", ("boat", "fisherman", "weather snow")),
    Line("飞流直下三千尺，疑是银河落九天", "Li Bai", ("waterfall",)),
    Line("白云生处有人家", "Du Mu", ("mist_clouds", "village")),
    Line("两岸青山相对出，孤帆一片日边来", "Li Bai", ("mountains", "sailboat", "sun")),
    Line("孤帆远影碧空尽，唯见长江天际流", "Li Bai", ("sailboat",)),
    Line("日照香炉生紫烟，遥看瀑布挂前川", "Li Bai", ("sun", "waterfall", "mountains")),
    Line("明月松间照，清泉石上流", "Wang Wei", ("moon", "pine", "waterfall", "rocks")),
    Line("明月出天山，苍茫云海间", "Li Bai", ("moon", "mountains", "mist_clouds")),
    Line("小桥流水人家", "Ma Zhiyuan", ("bridge", "village")),
    Line("接天莲叶无穷碧，映日荷花别样红", "Yang Wanli", ("lotus",)),
    Line("南朝四百八十寺，多少楼台烟雨中", "Du Mu", ("pagoda", "weather rain")),
    Line("无边落木萧萧下，不尽长江滚滚来", "Du Fu", ("weather leaves",)),
    Line("碧玉妆成一树高，万条垂下绿丝绦", "He Zhizhang", ("willow",)),
    Line("山重水复疑无路，柳暗花明又一村", "Lu You", ("mountains", "willow", "village")),
    Line("一道残阳铺水中，半江瑟瑟半江红", "Bai Juyi", ("sun", "palette dusk")),
    Line("蒹葭苍苍，白露为霜", "Book of Songs", ("reeds",)),
    Line("竹外桃花三两枝", "Su Shi", ("bamboo", "blossom")),
    Line("雁引愁心去，山衔好月来", "Li Bai", ("geese", "mountains", "moon")),
    Line("停车坐爱枫林晚，霜叶红于二月花", "Du Mu", ("tree", "palette autumn")),
    Line("千山鸟飞绝，万径人踪灭", "Liu Zongyuan", ("mountains", "palette snow")),
)


def answers(probe: Probe, video: Frames) -> frozenset[str]:
    """What the probe sees in a video [t h w 3], in the words of `Line.seen`."""
    with torch.inference_mode():
        logits = {k: v.mean(0) for k, v in probe(to_model_range(torch.from_numpy(video))).items()}
    kinds = zip(probe.presence, logits["presence"], strict=True)
    found = {kind for kind, logit in kinds if logit > 0}
    for question, choices in probe.choices.items():
        answer = choices[int(logits[question].argmax())]
        found.add(f"{question} {answer}")
        if question == "mountains" and answer != "none":
            found.add(ANY_MOUNTAINS)
    return frozenset(found)


def share_seen(line: Line, found: frozenset[str]) -> float:
    """The part of what the line names that was found."""
    return float(np.mean([name in found for name in line.seen]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default=EMBEDDED, help="a model's folder, or ink-mini")
    parser.add_argument("--probe", type=Path, help="probe.safetensors; that of the model")
    parser.add_argument("--seeds", type=int, default=1, help="videos a line")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=1, help="videos at once")
    parser.add_argument("--guidance-scale", type=float, default=8.0)
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error(f"--seeds {arguments.seeds}: give 1 or more")
    own = resolve(arguments.model, hub_files=()) / "probe.safetensors"
    probe = load_probe(
        arguments.probe or (own if own.is_file() else ink_mini() / "probe.safetensors")
    )
    generator = Generator.load(arguments.model, device=arguments.device)
    shares = np.zeros((arguments.seeds, len(LINES)))
    for seed in range(arguments.seeds):
        videos = generate_keyframes(
            generator,
            [line.text for line in LINES],
            batch=arguments.batch,
            frames=arguments.frames,
            steps=arguments.steps,
            guidance_scale=arguments.guidance_scale,
            first_seed=1000 * seed,
        )
        for i, (line, video) in enumerate(zip(LINES, videos, strict=True)):
            shares[seed, i] = share_seen(line, answers(probe, video))
    means = zip(LINES, shares.mean(0), strict=True)
    figures: dict[str, object] = {f"{line.text} ({line.poet})": float(s) for line, s in means}
    figures |= {"videos a line": arguments.seeds, "guidance scale": arguments.guidance_scale}
    report("poems", {**figures, "mean": float(shares.mean())})


if __name__ == "__main__":
    main()
