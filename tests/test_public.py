"""The public surface: its names, and what importing it costs."""

import subprocess
import sys

import pytest

import conclvd

PUBLIC = [
    "ConCLVDPipeline",
    "Generator",
    "MotionModule",
    "PaintedClip",
    "Request",
    "Video",
    "ink_mini",
    "paint_clip",
]


def test_public_names_are_these_and_can_be_imported():
    assert conclvd.__all__ == PUBLIC
    assert all(getattr(conclvd, name) is not None for name in PUBLIC)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = conclvd.nothing


@pytest.mark.parametrize("module", ["conclvd", "conclvd.cli.main"])
def test_importing_does_not_load_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'diffusers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_shipped_model_is_whole_and_its_shards_are_small():
    folder = conclvd.ink_mini()
    weights = list(folder.rglob("*.safetensors"))
    assert max(file.stat().st_size for file in weights) < 15e6
    shipped = sum(f.stat().st_size for f in weights if "judge" not in f.parts and f.stem != "probe")
    assert shipped < 48 * 2**20
