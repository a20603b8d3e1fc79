"""The stages of training an embedded base, from the command line's values to a run."""

from __future__ import annotations

import json
from argparse import Namespace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from conclvd.errors import TrainingError
from conclvd.files import whole_folder
from conclvd.pretrain.painting import FIRST_TRAINING_SEED, PaintOrder, paint_sample
from conclvd.pretrain.sizes import INK_MINI, TOY
from conclvd.pretrain.step_form import step_form
from conclvd.train.log import Log
from conclvd.workers import each

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

        frames = arguments.frames
        order = (
            PaintOrder(frames=8, fps=6.0, sizes=sizes.painted, long_every=10)
            if frames is None
            else PaintOrder(frames=frames, fps=2.0, sizes=sizes.painted)
        )
        painted = arguments.out, arguments.seconds, arguments.workers, order
        return paint_clips(*painted, keep=arguments.keep)
    if arguments.stage == "average":
        return _average(arguments)
    if arguments.stage in ("pack", "unpack"):
        return _packed(arguments)
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
        clips = 20 if arguments.toy else TOKENIZER_CLIPS
        return _tokenizer(arguments.out, sizes.text_tokens, clips, arguments.workers)
    if arguments.stage == "autoencoder":
        from conclvd.pretrain.autoencoder import AutoencoderRun, train_autoencoder

        given |= {"held_out": 4} if arguments.toy else {}
        given["frozen"] = arguments.frozen
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
        given |= {"form": arguments.form, "patience": arguments.patience}
        return train_base(BaseRun(judge_start=judge_start, **given))
    from conclvd.pretrain.motion import MotionRun, train_motion

    return train_motion(MotionRun(**given))


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


def _packed(arguments: Namespace) -> dict[str, float]:
    from conclvd.models.eight_bits import pack_folder, unpack_folder

    if arguments.model is None:
        raise TrainingError(f"stage {arguments.stage} needs --model, the folder to copy")
    change = pack_folder if arguments.stage == "pack" else unpack_folder
    with whole_folder(arguments.out, TrainingError) as fresh:
        change(arguments.model, fresh)
    size = sum(file.stat().st_size for file in arguments.out.rglob("*") if file.is_file())
    return {"megabytes": size / 1e6}


def _tokenizer(out: Path, max_tokens: int, clips: int, workers: int) -> dict[str, float]:
    from conclvd.paint.words.captions import vocabulary
    from conclvd.pretrain.saving import save_part
    from conclvd.pretrain.tokenizer import train_tokenizer

    words = vocabulary()
    known = {"en": sorted(words.english), "zh": sorted(words.chinese)}
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(known, ensure_ascii=False, indent=0)
    (out / "vocabulary.json").write_text(text + "\n", encoding="utf-8")
    # two frames a second apart: what moves is told to move
    order = PaintOrder(frames=2, fps=1.0, sizes=((64, 64), (48, 96), (144, 56)), captions=6)
    seeds = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + clips)
    painted = sorted(
        each(partial(paint_sample, order=order), seeds, workers), key=attrgetter("seed")
    )
    captions = [caption for sample in painted for caption in sample.captions]
    tokenizer = train_tokenizer(captions, vocabulary=VOCABULARY, max_tokens=max_tokens)
    save_part(tokenizer, out / "tokenizer")
    lengths = [len(ids) for ids in tokenizer(captions).input_ids]
    return {
        "tokens": float(len(tokenizer)),
        "mean_length": float(np.mean(lengths)),
        "cut": float(np.mean(np.asarray(lengths) > max_tokens)),
    }
