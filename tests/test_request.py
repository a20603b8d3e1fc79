"""Settings are checked once, where they enter."""

from __future__ import annotations

from fractions import Fraction

import pytest

from conclvd.errors import InvalidRequest
from conclvd.generate.recipe import Recipe, read_recipe
from conclvd.generate.request import Request
from naming import named

LIMITS = {"native_size": 256, "side_step": 8, "max_frames": 16}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"frames": 0}, "frames 1 32 0"),
        ({"frames": 1000}, "frames 1 32 1000"),
        ({"steps": 0}, "steps 1 1000 0"),
        ({"width": 250}, "width 8 250 248 256"),
        ({"height": 257}, "height 8 257 256 264"),
        ({"width": 0}, "width 8 4096 0"),
        ({"height": 100_000}, "height 8 4096 100000"),
        ({"guidance_scale": -1.0}, "guidance 0 100 -1"),
        ({"guidance_scale": float("nan")}, "guidance 0 100 nan"),
        ({"seed": -1}, "seed -1"),
        ({"fps": Fraction(0)}, "fps 0"),
        ({"scheduler": "ddpm"}, "scheduler ddim dpm ddpm"),
        ({"interpolation": "cubic"}, "interpolation none linear sofp cubic"),
        ({"dtype": "int8"}, "dtype auto int8"),
        ({"negative_prompt": "blur", "guidance_scale": 1.0}, "negative guidance"),
    ],
)
def test_what_cannot_be_used_is_named(settings: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=named(words)) as caught:
        Request(**{"prompt": "a boat", **settings})
    assert "\n" not in str(caught.value)


def test_open_settings_are_settled_by_the_model() -> None:
    settled = Request("a boat").settled(**LIMITS)
    assert (settled.width, settled.height) == (256, 256)
    assert settled.seed is not None
    assert settled.fps == 12  # 8 keyframes at 6 a second, with frames between them


def test_keyframes_alone_play_at_their_own_rate() -> None:
    assert Request("a boat", interpolation="none").settled(**LIMITS).fps == 6


def test_what_was_chosen_stays() -> None:
    request = Request("a boat", width=64, height=128, seed=0, fps=Fraction(24000, 1001))
    assert request.settled(**LIMITS) == request


def test_two_requests_without_a_seed_get_different_ones() -> None:
    seeds = {Request("a boat").settled(**LIMITS).seed for _ in range(5)}
    assert len(seeds) > 1


def test_more_frames_than_the_module_has_positions_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"\b16\b.*\b17\b"):
        Request("a boat", frames=17).settled(**LIMITS)


def test_a_side_must_fit_the_autoencoder() -> None:
    with pytest.raises(InvalidRequest, match=r"width.*\b16\b.*\b72\b"):
        Request("a boat", width=72).settled(**{**LIMITS, "side_step": 16})


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        request=Request("小船 & a boat", seed=7, fps=Fraction(25, 2)).settled(**LIMITS),
        attention_kinds=("versatile", "sparse_causal"),
        weights={"unet": "ab"},
        versions={"torch": "2"},
        device="cpu",
        dtype="float32",
    )


def test_a_recipe_survives_its_json(recipe: Recipe) -> None:
    text = recipe.to_json()
    assert "小船" in text
    assert "\n" not in text
    assert read_recipe(text, "a.mp4") == recipe


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("conclvd-recipe/1", "conclvd-recipe/9", "conclvd-recipe/9"),
        ('"steps": 25', '"steps": "many"', "request.steps"),
        ('"steps": 25', '"steps": 25, "moves": 1', "request.moves"),
        ('"device": "cpu"', '"device": "cpu", "x": 1', "x"),
        ('"steps": 25', '"steps": 0', "steps 1 1000 0"),
        ("{", "", "settings"),
    ],
)
def test_a_recipe_of_another_kind_is_refused(
    recipe: Recipe, old: str, new: str, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=named(words)):
        read_recipe(recipe.to_json().replace(old, new), "a.mp4")


def test_json_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"a\.mp4.*None"):
        read_recipe("[1]", "a.mp4")


def test_latent_consistency_has_as_many_steps_as_it_was_distilled_from() -> None:
    assert Request("a boat", scheduler="lcm", steps=50).steps == 50
    with pytest.raises(InvalidRequest, match=r"steps.*\b50\b.*\b51\b"):
        Request("a boat", scheduler="lcm", steps=51)
