"""The names of the files that methods take from their Hub repositories."""

from __future__ import annotations

from typing import Final

MODULE_FILES: Final = ("config.json", "diffusion_pytorch_model.safetensors")
LCM_LORA: Final = "AnimateLCM_sd15_t2v_lora.safetensors"
LIGHTNING_FILE: Final = "animatediff_lightning_4step_diffusers.safetensors"
