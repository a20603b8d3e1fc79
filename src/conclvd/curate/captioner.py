"""Models that say what is in a picture: any of transformers' image-to-text models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

from conclvd.errors import ModelError
from conclvd.models.source import CHECKPOINT_SUFFIXES, resolve
from conclvd.tensors import Frame

Language = Literal["en", "zh"]

_HUB_FILES: Final = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
_TOKENS: Final = 96  # of a caption, at most
_ASKED: Final = {
    "en": "Describe this picture in one sentence: what can be seen, and in which style.",
    "zh": "用一句中文描述这幅画面：画中有什么，是什么风格。",
}


class Captioner:
    """A captioning model (BLIP, GIT, ViT with GPT-2, …) or a chat model that sees (LLaVA, …).

    `name` is a folder, or a Hub id, which is downloaded when it is not in the cache; weights are
    safetensors, and no code of the folder runs. A chat model is asked for `language`, or with
    `prompt`; to the others a prompt is given only when there is one. Raises ModelError.
    """

    def __init__(self, name: str, language: Language = "en", prompt: str | None = None) -> None:
        folder = resolve(name, hub_files=_HUB_FILES)
        if not folder.is_dir():
            raise ModelError(f"{name} is one file, {CHECKPOINT_SUFFIXES[0]}; name a model's folder")
        self.name = folder.resolve().name if Path(name).expanduser().is_dir() else name
        try:
            self._load(folder)
        except (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"cannot write captions with {name}: {reason}; name the folder of an image-to-text "
                "model of transformers, with its processor and safetensors"
            ) from error
        chats = getattr(self._processor, "chat_template", None) is not None
        self._chat = (prompt or _ASKED[language]) if chats else None
        self._prompt = None if chats else prompt

    def _load(self, folder: Path) -> None:
        import torch
        from transformers import (
            AutoImageProcessor,
            AutoModelForImageTextToText,
            AutoProcessor,
            AutoTokenizer,
            ProcessorMixin,
        )

        on_gpu = torch.cuda.is_available()
        model: Any = AutoModelForImageTextToText.from_pretrained(
            folder, use_safetensors=True, dtype="auto" if on_gpu else torch.float32
        )
        self._model = model.to("cuda" if on_gpu else "cpu").eval()
        processor: Any = AutoProcessor.from_pretrained(folder)
        if isinstance(processor, ProcessorMixin):
            self._processor, self._tokenizer = processor, processor.tokenizer
        else:  # two parts that no processor joins, as in ViT with GPT-2
            self._processor = AutoImageProcessor.from_pretrained(folder)
            self._tokenizer = AutoTokenizer.from_pretrained(folder)

    def __call__(self, picture: Frame) -> str:
        """The model's sentence on a picture, uint8 [h w 3] RGB: one line, maybe empty."""
        import torch

        given = self._inputs(picture).to(self._model.device, self._model.dtype)
        with torch.inference_mode():
            tokens = self._model.generate(**given, do_sample=False, max_new_tokens=_TOKENS)[0]
        if self._chat is not None:
            tokens = tokens[given["input_ids"].shape[1] :]  # the question comes back before it
        said = " ".join(self._tokenizer.decode(tokens, skip_special_tokens=True).split())
        return said.removeprefix(self._prompt or "").strip()

    def _inputs(self, picture: Frame) -> Any:
        from PIL import Image

        image = Image.fromarray(picture)
        if self._chat is not None:
            parts = [{"type": "image", "image": image}, {"type": "text", "text": self._chat}]
            return self._processor.apply_chat_template(
                [{"role": "user", "content": parts}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
        words = {} if self._prompt is None else {"text": self._prompt}
        return self._processor(images=image, return_tensors="pt", **words)
