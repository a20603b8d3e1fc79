"""Painted captions fit the text encoder that a tokenizer of their own is trained for."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pytest

from conclvd.curate.captions import CaptionLimit
from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.scene.attributes import Element as Seen
from conclvd.paint.scene.compose import compose_scene
from conclvd.paint.words.captions import Language, caption
from conclvd.pretrain.painting import FIRST_TRAINING_SEED
from conclvd.pretrain.sizes import INK_MINI
from conclvd.pretrain.stages import VOCABULARY
from conclvd.pretrain.tokenizer import train_tokenizer

SCENES: Final = 700
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
NOT_TOLD: Final = ("bank", "shore")


def composed(seed: int) -> Attributes:
    """About what is seen of a scene, without painting it."""
    scene = compose_scene(seed, aspect=(1.0, 1.0, 0.6, 1.6, 4.0)[seed % 5])
    drifting = scene.weather in ("petals", "leaves")
    kinds = {e.kind: e for e in scene.elements if e.kind not in NOT_TOLD}
    elements = []
    for kind, e in kinds.items():
        way = "right" if e.motion.velocity[0] > 0 else "left"
        flies = kind in ("boat", "sailboat", "geese", "cranes") and e.motion.velocity[0] != 0
        detail = e.variant if kind in ("boat", "blossom", "leaves", "tree") and e.variant else None
        side = ("left", "center", "right")[min(2, max(0, int(3 * e.x / scene.aspect)))]
        elements.append(Seen(kind, side, way if flies else None, e.count, detail, 0.02))
    return Attributes(
        scene.palette,
        time=scene.palette if scene.palette in ("dawn", "dusk", "night") else "day",
        mountains=scene.mountains,
        water=scene.water,
        weather=scene.weather,
        wind=("right" if scene.wind > 0 else "left") if drifting else None,
        camera=scene.camera.move,
        elements=tuple(elements),
        format=scene.format,
        distance=scene.view,
        brush=scene.brush if scene.brush in ("hemp", "axe", "mi", "splash") else None,
        density=scene.density,
        seal=scene.seal,
    )


@lru_cache
def drawn(language: Language) -> list[str]:
    rng = np.random.default_rng(1)
    scenes = [composed(FIRST_TRAINING_SEED + i) for i in range(SCENES)]
    return [caption(scene, rng, language) for scene in scenes for _ in range(4)]


@lru_cache
def limit() -> CaptionLimit:
    learnt = [text for language in LANGUAGES for text in drawn(language)[: 3 * SCENES]]
    tokenizer = train_tokenizer(learnt, vocabulary=VOCABULARY, max_tokens=INK_MINI.text_tokens)
    return CaptionLimit(tokenizer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_caption_in_a_hundred_is_cut_at_most(language: Language) -> None:
    lengths = np.array([limit().length(text) for text in drawn(language)[3 * SCENES :]])
    assert np.mean(lengths > limit().most) <= 0.01
    assert np.median(lengths) > 20


def test_captions_of_painted_scenes_are_told_in_full() -> None:
    assert len(set(drawn("en"))) > 0.98 * len(drawn("en"))
    assert len(set(drawn("zh"))) > 0.96 * len(drawn("zh"))
