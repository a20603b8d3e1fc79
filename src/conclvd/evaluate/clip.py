"""A CLIP that judges frames: any folder of transformers' layout, or ink-mini's own judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from conclvd.errors import ModelError
from conclvd.files import short_hash
from conclvd.models.diffusers_folder import load_weights
from conclvd.models.source import EMBEDDED, resolve
from conclvd.tensor_file import model_errors
from conclvd.tensors import Frames

BATCH, GPU_BATCH = 16, 256  # frames at once
PROCESSORS = ("preprocessor_config.json", "processor_config.json")  # the latter by CLIPProcessor
HUB_FILES = (
    "config.json",
    *PROCESSORS,
    "tokenizer*",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "model*.safetensors*",
    "pytorch_model*.bin*",
)


class Clip:
    """Embeddings of frames and prompts, of length 1, by one CLIP.

    `name` says which: the folder's or model's name and the first digits of its weights' SHA-256.
    """

    def __init__(
        self,
        name: str,
        model: CLIPModel,
        tokenizer: CLIPTokenizer,
        processor: CLIPImageProcessorPil,
        batch: int | None = None,
    ) -> None:
        self.name, self.processor = name, processor
        self._model, self._tokenizer = model, tokenizer
        self._batch = batch or (GPU_BATCH if model.device.type == "cuda" else BATCH)
        self._texts: dict[str, Tensor] = {}

    def frames(self, frames: Frames) -> Float[Tensor, "t d"]:
        """Embeddings of uint8 frames [t h w 3]; NaN where the model gives NaN."""
        return self.pictures(prepared(frames, self.processor))

    @torch.inference_mode()
    def pictures(self, pictures: Float[Tensor, "t 3 s s"]) -> Float[Tensor, "t d"]:
        """Embeddings of `prepared` frames; NaN where the model gives NaN."""
        found = []
        for part in torch.split(pictures, self._batch):
            seen = self._model.get_image_features(pixel_values=part.to(self._model.device))
            found.append(functional.normalize(seen.pooler_output, dim=-1).cpu())
        return torch.cat(found)

    @torch.inference_mode()
    def prompt(self, text: str) -> Float[Tensor, d]:
        """The embedding of a prompt, cut to the length that the model reads."""
        if text not in self._texts:
            tokens = self._tokenizer(
                [text],
                padding="max_length",
                max_length=self._limit,
                truncation=True,
                return_tensors="pt",
            ).to(self._model.device)
            seen = self._model.get_text_features(
                input_ids=tokens.input_ids, attention_mask=tokens.attention_mask
            )
            self._texts[text] = functional.normalize(seen.pooler_output, dim=-1)[0].cpu()
        return self._texts[text]

    def too_long(self, texts: Sequence[str]) -> int:
        """How many of the texts have an end that the model does not read."""
        return sum(len(self._tokenizer(t, verbose=False).input_ids) > self._limit for t in texts)

    @property
    def _limit(self) -> int:
        return int(self._model.config.text_config.max_position_embeddings)


def prepared(frames: Frames, processor: CLIPImageProcessorPil) -> Float[Tensor, "t 3 s s"]:
    """uint8 frames [t h w 3] as they enter a CLIP."""
    pixels: Tensor = processor(list(frames), return_tensors="pt").pixel_values
    return pixels


def load_clip(name: str, device: torch.device | str = "cpu") -> Clip:
    """The CLIP called `name`: "ink-mini" (its judge), a folder, or a Hub id; in float32.

    A folder without a tokenizer takes the one beside it, as in an embedded model's. Raises
    ModelError when a part is missing or broken.
    """
    folder = resolve(name, hub_files=HUB_FILES)
    folder = folder / "judge" if name == EMBEDDED else folder
    weights = _weights(folder)
    with model_errors(str(folder)):
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
        if kind != "clip":
            raise ModelError(f"{folder} holds a model of type {kind!r}; name the folder of a CLIP")
    model = load_weights(CLIPModel, folder, torch.float32)
    return Clip(
        f"{_title(name)} {short_hash(*weights)}",
        model.to(device),
        _tokenizer(folder),
        _processor(folder, model.config.vision_config.image_size),
    )


def _title(name: str) -> str:
    """ink-mini's judge, the name of a folder wherever it is, or an id of the Hub."""
    if name == EMBEDDED:
        return f"{EMBEDDED} judge"
    place = Path(name).expanduser()
    return place.resolve().name if place.is_dir() else name


def _weights(folder: Path) -> list[Path]:
    """The files that transformers loads: whole, in shards, or a pickle where there is no other."""
    names = ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model*.bin")
    found = next((files for name in names if (files := sorted(folder.glob(name)))), [])
    if not (folder / "config.json").is_file() or not found:
        raise ModelError(
            f"{folder} holds no CLIP; name a folder with config.json, model.safetensors, the "
            f"tokenizer and {' or '.join(PROCESSORS)}"
        )
    return found


def _tokenizer(folder: Path) -> CLIPTokenizer:
    for place in (folder, folder.parent / "tokenizer"):
        if (place / "tokenizer.json").is_file() or (place / "vocab.json").is_file():
            with model_errors(str(place)):
                return CLIPTokenizer.from_pretrained(place, local_files_only=True)
    raise ModelError(f"{folder} has no tokenizer.json or vocab.json; copy the CLIP's whole folder")


def _processor(folder: Path, side: int) -> CLIPImageProcessorPil:
    """How pictures enter the CLIP: as its folder says, or as conclvd trains a judge."""
    found = next((file for name in PROCESSORS if (file := folder / name).is_file()), None)
    if found is not None:
        with model_errors(str(found)):
            return CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
    if (folder / "tokenizer.json").is_file() or (folder / "vocab.json").is_file():
        raise ModelError(
            f"{folder} has no {' or '.join(PROCESSORS)}, which say how pictures enter this CLIP; "
            "copy the CLIP's whole folder"
        )
    half = [0.5] * 3
    return CLIPImageProcessorPil(
        size={"height": side, "width": side},
        do_center_crop=False,
        resample=4,  # PIL's BOX: the mean over the area
        image_mean=half,
        image_std=half,
    )
