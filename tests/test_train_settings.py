"""Settings of a training run: TOML, presets, flags, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from conclvd.errors import InvalidRequest
from conclvd.train.settings import TrainSettings, preset_names, read_settings

DATA = {"train_data_dir": "clips"}


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_complete_but_for_the_data(name: str) -> None:
    assert read_settings(name, DATA).train_data_dir == Path("clips")


def test_the_presets_are_the_rows_of_the_papers_table() -> None:
    paper = read_settings("paper", DATA)
    assert (paper.num_frames, paper.sample_stride, paper.resolution) == (8, 4, 256)
    assert (paper.train_batch_size, paper.learning_rate, paper.max_train_steps) == (1, 1e-5, 40_000)
    assert (paper.lambda_con, paper.proportion_empty_prompts, paper.snr_gamma) == (0.07, 0.1, None)
    changed = {
        "without-sc-attn": {"attention_kinds": ["versatile", "none"]},
        "without-clofnoise": {"lambda_con": 0.0},
        "animatediff": {"attention_kinds": ["versatile", "versatile"], "lambda_con": 0.0},
    }
    for name, values in changed.items():
        assert read_settings(name, DATA) == paper.model_copy(update=values)


def test_flags_are_on_top_of_the_file(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    text = 'train_data_dir = "a"\nseed = 3\nresolution = 64\n'
    config.write_text(text, encoding="utf-8-sig")  # with a mark, as editors on Windows write it
    found = read_settings(str(config), {"seed": 4})
    assert (found.seed, found.resolution, found.span) == (4, 64, 29)
    assert found.cache == Path("conclvd-run/cache")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('train_data_dir = "a"\nlearn_rate = 1', "'learn_rate'.*learning_rate"),
        ('train_data_dir = "a"\nzzz = 1', "'zzz'.*`conclvd train --help`"),
        ("seed = 1", "train_data_dir .*--train-data-dir"),
        ('train_data_dir = "a"\nnum_frames = 1', "num_frames: .* 2 .*found 1"),
        ('train_data_dir = "a"\nlr_scheduler = "step"', "lr_scheduler: .*'cosine'"),
        ('train_data_dir = "a"\nvalidation_seed = 4294967296', "validation_seed: .*4294967296"),
        ('train_data_dir = "a"\nresolution = 100', "found 100; use 96 or 104"),
        (
            'train_data_dir = "a"\nlr_warmup_steps = 9\nmax_train_steps = 9',
            "lr_warmup_steps .9",
        ),
        (
            'train_data_dir = "a"\nattention_kinds = ["none", "versatile"]',
            "attention_kinds:.*none",
        ),
        ("seed =", "c.toml.*TOML"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    config = tmp_path / "c.toml"
    config.write_text(text)
    with pytest.raises(InvalidRequest, match=message):
        read_settings(str(config), {})


def test_a_missing_file_names_the_presets() -> None:
    with pytest.raises(InvalidRequest, match=r"'sd15'.*sd15-8gb"):
        read_settings("sd15", DATA)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in TrainSettings.model_fields.values())
