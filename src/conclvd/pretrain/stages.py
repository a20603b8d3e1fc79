"""The stages of training an embedded base, from the command line's values to a run."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from conclvd.errors import TrainingError
from conclvd.pretrain.painting import FIRST_TRAINING_SEED, PaintOrder, paint_sample
from conclvd.pretrain.sizes import INK_MINI, TOY
from conclvd.pretrain.step_form import step_form
from conclvd.train.log import Log

TOKENIZER_CLIPS = 1000
VOCABULARY = 4000
COMPILED = ("autoencoder", "judge", "probe")


def run_stage(arguments: Namespace) -> dict[str, float]:
    """Run the stage that the command line names; returns its last figures.

    Raises TrainingError for what the stage does not take, or does not find.
    """
    _check(arguments)
    sizes = TOY if arguments.toy else INK_MINI
    if arguments.stage == "clips":
        from conclvd.pretrain.clip_folder import paint_clips

        order = PaintOrder(frames=8, fps=6.0, size=sizes.picture, long_every=10, interest=True)
        return paint_clips(arguments.out, arguments.seconds, arguments.workers, order)
    if arguments.stage == "average":
        return _average(arguments)
    given: dict[str, Any] = {
        "out": arguments.out,
        "seconds": arguments.seconds,
        "workers": arguments.workers,
        "weights": arguments.weights,
        "clips": arguments.clips,
    }
    if arguments.batch:
        given["batch"] = arguments.batch
    if arguments.stage in COMPILED:
        given["compile"] = not (arguments.toy or arguments.eager)
    if arguments.toy:
        given |= {"capacity": 64, "first_clips": 8}
    if arguments.stage == "tokenizer":
        return _tokenizer(arguments.out, sizes.text_tokens, 20 if arguments.toy else None)
    if arguments.stage == "autoencoder":
        from conclvd.pretrain.autoencoder import AutoencoderRun, train_autoencoder

        given |= {"held_out": 4} if arguments.toy else {}
        return train_autoencoder(AutoencoderRun(sizes=sizes, **given))
    if arguments.stage == "probe":
        from conclvd.pretrain.probe import ProbeRun, train_probe

        return train_probe(ProbeRun(picture=sizes.picture, **given))
    if arguments.stage == "flow":
        from conclvd.pretrain.flow import FlowRun, train_flow

        if given.pop("clips") is not None:
            raise TrainingError("stage flow paints its clips itself, with their flow: no --clips")
        if arguments.toy:
            given |= {"picture": 128, "updates": 2, "held_out": 2, "first_clips": 4}
        return train_flow(FlowRun(graph=not arguments.eager, **given))
    if arguments.model is None:
        raise TrainingError(f"stage {arguments.stage} needs --model, the parts trained before it")
    if arguments.stage == "judge":
        from conclvd.pretrain.judge import JudgeRun, train_judge

        tokenizer = arguments.model / "tokenizer"
        return train_judge(JudgeRun(sizes=sizes, tokenizer=tokenizer, **given))
    given |= {"sizes": sizes, "model": arguments.model}
    if arguments.stage == "base":
        from conclvd.pretrain.base import BaseRun, train_base

        judge_start = (arguments.model / "judge").is_dir()
        given |= {"emphasis": arguments.emphasis, "form": arguments.form}
        return train_base(BaseRun(judge_start=judge_start, **given))
    from conclvd.pretrain.motion import MotionRun, train_motion

    return train_motion(MotionRun(emphasis=arguments.emphasis, **given))


def _check(arguments: Namespace) -> None:
    for option, path in (
        ("--model", arguments.model), ("--weights", arguments.weights), ("--clips", arguments.clips)
    ):  # fmt: skip
        if path is not None and not path.exists():
            raise TrainingError(f"there is nothing at {path}, which {option} names; check the name")
    if arguments.form is not None:
        step_form(arguments.form)


def _average(arguments: Namespace) -> dict[str, float]:
    from conclvd.pretrain.merged_base import average_bases

    if arguments.model is None or arguments.weights is None:
        raise TrainingError("stage average needs --model and --weights, the bases to average")
    apart = average_bases(arguments.weights, arguments.model, arguments.out)
    Log(arguments.out / "average.jsonl", shown_as="average").write(**apart)
    return apart


def _tokenizer(out: Path, max_tokens: int, clips: int | None) -> dict[str, float]:
    from conclvd.paint.words.captions import vocabulary
    from conclvd.pretrain.saving import save_part
    from conclvd.pretrain.tokenizer import train_tokenizer

    words = vocabulary()
    known = {"en": sorted(words.english), "zh": sorted(words.chinese)}
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(known, ensure_ascii=False, indent=0)
    (out / "vocabulary.json").write_text(text + "\n", encoding="utf-8")
    # two frames a second apart: what moves is told to move
    order = PaintOrder(frames=2, fps=1.0, size=64, captions=6)
    seeds = FIRST_TRAINING_SEED + np.arange(clips or TOKENIZER_CLIPS)
    captions = [c for seed in seeds for c in paint_sample(int(seed), order).captions]
    tokenizer = train_tokenizer(captions, vocabulary=VOCABULARY, max_tokens=max_tokens)
    save_part(tokenizer, out / "tokenizer")
    lengths = [len(ids) for ids in tokenizer(captions).input_ids]
    return {
        "tokens": float(len(tokenizer)),
        "mean_length": float(np.mean(lengths)),
        "cut": float(np.mean(np.asarray(lengths) > max_tokens)),
    }
