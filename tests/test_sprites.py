"""The sprites: where they land, that they repeat, and that they follow palette and keywords."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from conclvd.paint.draw import birds, boats, brushwork, buildings, plants
from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.scene.palette import PALETTES, Palette, palette

Draw = Callable[[Canvas, np.random.Generator, Palette, float, float, float], None]
Texture = npt.NDArray[np.float32]
SCALE = 192


def boat(sail: bool, heading: int = 1) -> Draw:
    return lambda c, r, p, x, y, s: boats.draw_boat(
        c, r, p, x, y, s, heading=heading, fisherman=True, canopy=True, sail=sail
    )


# name: (draw, left, right, up, down): the box around the foot point, in units of the size, that
# must hold everything drawn.
SPRITES: dict[str, tuple[Draw, float, float, float, float]] = {
    "boat": (boat(False), 1.45, 0.8, 0.7, 0.2),
    "sail": (boat(True), 1.45, 0.8, 1.2, 0.2),
    "house": (buildings.draw_house, 0.8, 0.8, 0.9, 0.1),
    "hut": (
        lambda c, r, p, x, y, s: buildings.draw_house(c, r, p, x, y, s, thatched=True),
        0.8, 0.8, 0.9, 0.1,
    ),
    "pavilion": (
        lambda c, r, p, x, y, s: buildings.draw_pavilion(c, r, p, x, y, s, tiers=2),
        0.7, 0.7, 1.3, 0.1,
    ),
    "pagoda": (
        lambda c, r, p, x, y, s: buildings.draw_pagoda(c, r, p, x, y, s, storeys=7),
        0.3, 0.3, 1.25, 0.1,
    ),
    "bridge": (buildings.draw_bridge, 0.7, 0.7, 0.6, 0.1),
    "pine": (plants.draw_pine, 1.0, 1.0, 1.3, 0.1),
    "willow": (
        lambda c, r, p, x, y, s: plants.draw_willow(c, r, p, x, y, s, side=1),
        0.9, 1.1, 1.3, 0.1,
    ),
    "bamboo": (plants.draw_bamboo, 0.9, 1.1, 1.4, 0.1),
    "round tree": (plants.draw_round_tree, 0.9, 0.9, 1.3, 0.1),
    "blossom tree": (plants.draw_blossom_tree, 1.1, 1.1, 1.5, 0.2),
    "branch": (
        lambda c, r, p, x, y, s: plants.draw_blossom_branch(c, r, p, x, y, s, angle=0.3),
        0.8, 1.6, 1.3, 1.3,
    ),
    "leaves": (
        lambda c, r, p, x, y, s: plants.draw_blossom_branch(
            c, r, p, x, y, s, angle=0.3, leaves=True
        ),
        0.8, 1.6, 1.3, 1.3,
    ),
    "bare tree": (plants.draw_bare_tree, 1.0, 1.0, 1.4, 0.2),
    "reeds": (plants.draw_reeds, 1.0, 1.2, 0.9, 0.15),
    "lotus": (plants.draw_lotus, 1.7, 1.7, 1.1, 0.4),
    "goose": (lambda c, r, p, x, y, s: birds.draw_goose(c, p, x, y, s, 1.0, 1), 0.8, 0.8, 0.9, 0.8),
    "crane": (lambda c, r, p, x, y, s: birds.draw_crane(c, p, x, y, s, 1.0, 1), 1.1, 1.1, 1, 0.9),
    "seal": (lambda c, r, p, x, y, s: brushwork.draw_seal(c, r, x, y, s),
             0.15, 1.15, 0.15, 1.35),
}  # fmt: skip


def paint(draw: Draw, seed: int = 4, name: str = "jade", size: float = 0.3) -> Texture:
    canvas = Canvas(2 * SCALE, 2 * SCALE, scale=SCALE)
    draw(canvas, np.random.default_rng(seed), palette(name, np.random.default_rng(0)), 1, 1, size)
    return canvas.texture()


@pytest.mark.parametrize("sprite", SPRITES)
def test_a_sprite_is_drawn_within_its_box_and_premultiplied(sprite: str) -> None:
    draw, left, right, up, down = SPRITES[sprite]
    for seed in range(4):
        texture = paint(draw, seed)
        assert (texture[..., :3] <= texture[..., 3:]).all()
        rows, columns = np.nonzero(texture[..., 3] > 0.05)
        assert len(rows) > 20
        slack = 2 / SCALE
        assert 1 - 0.3 * left - slack < columns.min() / SCALE
        assert columns.max() / SCALE < 1 + 0.3 * right + slack
        assert 1 - 0.3 * up - slack < rows.min() / SCALE
        assert rows.max() / SCALE < 1 + 0.3 * down + slack


@pytest.mark.parametrize("sprite", SPRITES)
def test_the_same_seed_paints_the_same(sprite: str) -> None:
    draw = SPRITES[sprite][0]
    np.testing.assert_array_equal(paint(draw), paint(draw))


@pytest.mark.parametrize("sprite", sorted(set(SPRITES) - {"goose", "crane", "petal"}))
def test_another_seed_paints_another(sprite: str) -> None:
    draw = SPRITES[sprite][0]
    assert any(np.abs(paint(draw, 4) - paint(draw, seed)).max() > 0.1 for seed in (5, 6, 7))


@pytest.mark.parametrize("sprite", sorted(set(SPRITES) - {"seal"}))
def test_a_sprite_follows_its_palette(sprite: str) -> None:
    draw = SPRITES[sprite][0]
    assert np.abs(paint(draw, name="autumn") - paint(draw, name="night")).mean() > 1e-4


@pytest.mark.parametrize("name", PALETTES)
def test_every_palette_can_paint_every_sprite(name: str) -> None:
    for draw, *_ in SPRITES.values():
        assert paint(draw, name=name, size=0.1).any()


@pytest.mark.parametrize("sprite", SPRITES)
@pytest.mark.parametrize("size", [0.0, -0.1, float("nan")])
def test_a_size_that_is_not_positive_is_refused(sprite: str, size: float) -> None:
    with pytest.raises(ValueError, match="size"):
        paint(SPRITES[sprite][0], size=size)


@pytest.mark.parametrize("sail", [False, True])
def test_a_boat_heading_left_mirrors_one_heading_right(sail: bool) -> None:
    right, left = paint(boat(sail, 1)), paint(boat(sail, -1))
    np.testing.assert_allclose(right, left[:, ::-1], atol=6 / 255)
    assert np.abs(right - left).max() > 0.3


@pytest.mark.parametrize("draw", [birds.draw_goose, birds.draw_crane])
def test_a_bird_heading_left_mirrors_one_heading_right(
    draw: Callable[[Canvas, Palette, float, float, float, float, int], None],
) -> None:
    tones = palette("ink", np.random.default_rng(0))
    textures = []
    for heading in (1, -1):
        canvas = Canvas(64, 64, scale=64)
        draw(canvas, tones, 0.5, 0.5, 0.3, 0.8, heading)
        textures.append(canvas.texture())
    np.testing.assert_allclose(textures[0], textures[1][:, ::-1], atol=6 / 255)


def test_wings_beat() -> None:
    tones = palette("ink", np.random.default_rng(0))
    tops = []
    for phase in (np.pi / 2, -np.pi / 2):
        canvas = Canvas(64, 64, scale=64)
        birds.draw_goose(canvas, tones, 0.5, 0.5, 0.4, phase, 1)
        tops.append(np.nonzero(canvas.texture()[..., 3] > 0.3)[0].min())
    assert tops[0] < tops[1] - 5


def test_a_moving_boat_trails_a_wake_behind_its_stern() -> None:
    covered = {}
    for moving in (True, False):
        canvas = Canvas(256, 96, scale=64)
        boats.draw_boat(canvas, np.random.default_rng(1), palette("ink", np.random.default_rng(2)),
                        2.0, 0.8, 1.0, heading=1, moving=moving)  # fmt: skip
        shape = canvas.texture()[..., 3]
        covered[moving] = (shape[:, :90].sum(), shape[:, 175:].sum())
    assert covered[True][0] > covered[False][0] + 20
    assert covered[True][1] == covered[False][1]


def test_blossoms_take_the_colour_asked_for() -> None:
    def blue(c: Canvas, r: np.random.Generator, p: Palette, x: float, y: float, s: float) -> None:
        plants.draw_blossom_branch(c, r, p, x, y, s, angle=0.3, bloom=(0.1, 0.2, 1.0))

    def share(texture: Texture) -> float:
        blues = (texture[..., 2] > texture[..., 0] + 0.25) & (texture[..., 3] > 0.5)
        return float(blues.mean() / (texture[..., 3] > 0.5).mean())

    assert share(paint(blue, name="autumn")) > 0.3
    assert share(paint(SPRITES["branch"][0], name="autumn")) == 0


@pytest.mark.parametrize("draw", [buildings.draw_house, buildings.draw_pagoda, plants.draw_pine])
def test_snow_whitens(draw: Callable[..., None]) -> None:
    def white(snow: bool) -> float:
        def drawn(
            c: Canvas, r: np.random.Generator, p: Palette, x: float, y: float, s: float
        ) -> None:
            draw(c, r, p, x, y, s, snow=snow)

        texture = paint(drawn, name="snow")
        return float(texture[..., :3].sum() / (3 * texture[..., 3].sum()))  # mean brightness

    assert white(True) > white(False) + 0.05


def test_counts_out_of_range_are_refused() -> None:
    canvas, rng = Canvas(8, 8, scale=8), np.random.default_rng(0)
    tones = palette("ink", rng)
    with pytest.raises(ValueError, match="tiers"):
        buildings.draw_pavilion(canvas, rng, tones, 0, 0, 1, tiers=0)
    with pytest.raises(ValueError, match="storeys"):
        buildings.draw_pagoda(canvas, rng, tones, 0, 0, 1, storeys=1)
    with pytest.raises(ValueError, match="stalk"):
        plants.draw_bamboo(canvas, rng, tones, 0, 0, 1, stalks=0)
    with pytest.raises(ValueError, match="count"):
        plants.draw_reeds(canvas, rng, tones, 0, 0, 1, count=0)
    with pytest.raises(ValueError, match="heading"):
        boat(False, heading=2)(canvas, rng, tones, 0, 0, 1)


def test_a_wash_stays_premultiplied_and_near_what_was_painted() -> None:
    texture = paint(SPRITES["lotus"][0])
    before = texture.copy()
    washed = brushwork.wash(texture, np.random.default_rng(0), 0.4, 1.5)
    np.testing.assert_array_equal(texture, before)
    assert washed.dtype == np.float32
    assert 0 <= washed.min() <= washed.max() <= 1
    assert (washed[..., :3] <= washed[..., 3:] + 1e-6).all()
    assert np.abs(washed - texture).max() > 0.05
    top, bottom, left, right = brushwork.painted_box(texture, margin=4) or (0, 0, 0, 0)
    outside = np.ones(texture.shape[:2], bool)
    outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(washed[outside], texture[outside])


def test_a_wash_of_nothing_is_nothing_and_another_shape_is_refused() -> None:
    rng = np.random.default_rng(0)
    assert not brushwork.wash(np.zeros((8, 9, 4), np.float32), rng).any()
    with pytest.raises(ValueError, match="h w 4"):
        brushwork.wash(np.zeros((8, 9, 3), np.float32), rng)
