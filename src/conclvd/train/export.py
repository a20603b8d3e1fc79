"""What comes out of a run: a folder that `conclvd generate --motion` reads, with its model card."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import UNetMotionModel

from conclvd import __version__
from conclvd.errors import TrainingError
from conclvd.files import write_text
from conclvd.generate.recipe import versions
from conclvd.models.motion import MotionModule, attention_kinds
from conclvd.models.source import MOTION
from conclvd.models.weights import save_motion_module
from conclvd.train.checkpoint import ADVICE
from conclvd.train.journal import read_log
from conclvd.train.lora import FILE, merged_weights, save_lora
from conclvd.train.prepare import Materials
from conclvd.train.settings import TrainSettings

CARD = "README.md"


def export(
    unet: UNetMotionModel,
    module: MotionModule,
    materials: Materials,
    settings: TrainSettings,
    step: int,
) -> Path:
    """Write the motion module of `unet` in half precision, with its config, hashes and card."""
    folder = settings.output_dir / MOTION
    if settings.rank:
        module.load_state_dict(merged_weights(unet, module))
        save_lora(unet, folder)
    else:
        # what was frozen is as it was, for the U-Net has it in half precision
        learned = {name: p for name, p in unet.named_parameters() if p.requires_grad}
        module.load_state_dict(learned, strict=False)
    save_motion_module(
        module,
        folder,
        base_hash=materials.base_hashes["unet"],
        dataset_hash=materials.clips.sha256,
        dtype=torch.float16,
    )
    card = model_card(materials, settings, attention_kinds(module), step)
    write_text(folder / CARD, card, TrainingError, advice=ADVICE)
    return folder


def model_card(
    materials: Materials, settings: TrainSettings, kinds: tuple[str, ...], step: int
) -> str:
    """The model card, filled in, as Markdown with the Hub's header."""
    clips = settings.train_batch_size * settings.gradient_accumulation_steps
    rows_of_log = read_log(settings.output_dir)
    log = [row for row in rows_of_log if "loss_diff" in row]
    held_out = [row for row in rows_of_log if "held_out_loss_diff" in row]
    changes = [
        f"step {row['step']:,}: {row['settings']}" for row in rows_of_log if "settings" in row
    ]
    rows = {
        "base": f"{materials.base_name}, U-Net sha256 {materials.base_hashes['unet'][:16]}…",
        "started from": settings.motion_module_name_or_path or "a new module, the identity",
        "attentions of a block": ", ".join(kinds),
        "motion LoRA": f"rank {settings.rank}, worked in" if settings.rank else "no",
        "dataset": f"{len(materials.clips.clips)} clips, sha256 {materials.clips.sha256[:16]}…; "
        f"{len(materials.held_out)} held out, {len(materials.clips.skipped)} passed over",
        "a sample": f"{settings.num_frames} frames, stride {settings.sample_stride}, "
        f"{settings.resolution} x {settings.resolution} pixels",
        "steps": f"{step:,} of {clips} samples a process",
        "learning rate": f"{settings.learning_rate:g}, {settings.lr_scheduler}",
        "contrastive loss": f"weight {settings.lambda_con:g}, "
        f"for the first {settings.contrastive_until:.0%} of the steps",
        **({"changed on the way": "; ".join(changes)} if changes else {}),
        "moving average": f"decay {settings.ema_decay:g}" if settings.use_ema else "no",
        "last training L_diff": f"{log[-1]['loss_diff']:.4f}" if log else "not logged",
        "held-out L_diff": " → ".join(
            f"{row['held_out_loss_diff']:.4f}" for row in (held_out[:1] + held_out[-1:])
        )
        or "no clip was held out",
        "versions": ", ".join(f"{name} {number}" for name, number in versions().items()),
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    lora = (
        f"\n`{FILE}` is the LoRA alone, for a pipeline with the module that it started from: "
        "`pipeline.load_lora_weights(folder)`.\n"
        if settings.rank
        else ""
    )
    return (
        "---\nlibrary_name: diffusers\ntags: [conclvd, motion-module, text-to-video]\n---\n"
        f"# Motion module\n\nTrained with conclvd {__version__} (`conclvd train`).\n\n"
        f"| | |\n| --- | --- |\n{table}\n\n"
        "Use it with its base:\n\n"
        f'    conclvd generate "…" --model {materials.base_name} --motion FOLDER\n\n'
        "or, in Python, `ConCLVDPipeline.from_pretrained(base, "
        "motion_adapter=MotionModule.from_pretrained(folder))`.\n"
        f"{lora}"
    )
