"""From a sentence to a video in the style of Chinese landscape painting (山水).

The public names are loaded on first use: importing conclvd does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conclvd.generate.generator import Generator, Video
    from conclvd.generate.pipeline import ConCLVDPipeline
    from conclvd.generate.request import Request
    from conclvd.models.motion import MotionModule
    from conclvd.models.source import ink_mini
    from conclvd.paint.clip import PaintedClip, paint_clip

__version__ = "0.1.0"

_HOMES = {
    "ConCLVDPipeline": "conclvd.generate.pipeline",
    "Generator": "conclvd.generate.generator",
    "MotionModule": "conclvd.models.motion",
    "PaintedClip": "conclvd.paint.clip",
    "Request": "conclvd.generate.request",
    "Video": "conclvd.generate.generator",
    "ink_mini": "conclvd.models.source",
    "paint_clip": "conclvd.paint.clip",
}

__all__ = [
    "ConCLVDPipeline",
    "Generator",
    "MotionModule",
    "PaintedClip",
    "Request",
    "Video",
    "ink_mini",
    "paint_clip",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'conclvd' has no attribute {name!r}")
