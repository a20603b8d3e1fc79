"""Mountains: a profile, facets that radiate from the summit, washes, dry strokes, mist below.

The relief is ridged noise in coordinates that fan out from the summit (angle, height), differenced
along the angle into light and shaded planes; a wandering spine divides the lit from the shaded
flank; colour runs from the top to the foot and dissolves into mist.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from conclvd.paint.draw.layers import Sheet
from conclvd.paint.noise import FloatArray, fbm, fbm_line, layered, smoothstep, value_noise
from conclvd.paint.scene.scene import Peak

_GOLD = np.array([0.86, 0.68, 0.32], np.float32)
_SNOW = np.array([0.97, 0.975, 0.985], np.float32)
# Size of the noise tables that facets and strokes are fetched from: height steps, and angles for
# broad and for fine facets.
_STEPS, _BROAD, _FINE = 72, 256, 400
# How far beyond the summit the lines of the fan meet, and how many facets there are, by kind.
_FAN = {"steep": 0.22, "round": 0.60, "karst": 2.5, "ridge": 0.40}
_FACETS = {"steep": 9.0, "round": 11.0, "karst": 12.0, "ridge": 11.0}
# Width of the part that is painted, in half widths.
_REACH = {"steep": 1.3, "round": 2.3, "karst": 1.25, "ridge": 1.7}
_RELIEF = {"steep": 0.80, "round": 0.40, "karst": 0.75, "ridge": 0.80}


@dataclass(frozen=True)
class Rock:
    """The colours of a mountain, each float32 [3]."""

    top: FloatArray
    flank: FloatArray
    foot: FloatArray
    ink: FloatArray
    light: FloatArray


@dataclass(frozen=True)
class Manner:
    """How a mountain is painted.

    `detail`, `edge`, `strokes`, `gold` and `snow` are strengths (0 for none, about 1 for full);
    `rough` scales the unevenness of the outline, `frequency` the number of facets, `fade` is the
    share of the height at which the foot colour is reached.
    """

    detail: float = 1.0
    edge: float = 0.5
    strokes: float = 0.3
    rough: float = 1.0
    frequency: float = 0.7
    fade: float = 0.9
    gold: float = 0.0
    snow: float = 0.0


@dataclass(frozen=True)
class Skyline:
    """The outline of a painted peak: y [n] over x [n], world units, and the peak's height."""

    x: FloatArray
    y: FloatArray
    height: float


@dataclass(frozen=True)
class _Form:
    """A peak in the coordinates it is painted in; arrays are [h w] or rows and columns of it."""

    across: FloatArray  # [h w] distance from the summit's vertical, in half widths
    down: FloatArray  # [h w] height below the summit, 0 to 1 at the base
    depth: FloatArray  # [h w] height below the outline, in peak heights
    slope: FloatArray  # [w] length of the outline per unit of x
    sky: FloatArray  # [w] the outline's y
    warp: FloatArray  # [h w] slow noise that bends everything
    height: float
    texels: float  # the peak's height in texels


def paint_peak(
    sheet: Sheet,
    rng: np.random.Generator,
    peak: Peak,
    base: float,
    rock: Rock,
    manner: Manner,
) -> Skyline | None:
    """Paint one peak that stands on `base` over the sheet; None when it is off the sheet."""
    reach = _REACH[peak.kind] * peak.half_width
    _, columns = sheet.window(peak.x - reach, 0, peak.x + reach, 0)
    if columns.stop - columns.start < 4:
        return None
    x = sheet.x[columns]
    u = (x - peak.x) / peak.half_width
    u = u * (1 + np.float32(rng.uniform(-0.18, 0.18)) * np.sign(u))
    outline = _profile(peak.kind, u, len(x) / sheet.scale, rng, manner.rough)
    sky = (base - peak.height * outline).astype(np.float32)
    rows, _ = sheet.window(0, float(sky.min()) - 2 / sheet.scale, 0, base + 0.01)
    if rows.stop - rows.start < 4:
        return None
    form = _form(sheet, rng, peak, base, rows, columns, sky)
    y = sheet.y[rows, None]
    edge = np.clip(form.depth * (form.texels / 1.25) / form.slope + 0.5, 0, 1)
    dissolve = smoothstep(-(y + form.warp * 0.25 * form.height), -base, -(base - 0.3 * form.height))
    coats = _coats(form, rng, peak.kind, rock, manner)
    sheet.blend(layered(coats, edge * dissolve), rows, columns)
    return Skyline(x, sky, peak.height)


def _profile(
    kind: str, u: FloatArray, span: float, rng: np.random.Generator, rough: float
) -> FloatArray:
    """Height of the outline [n], 0 to about 1, over the distance from the summit `u` [n]."""
    far = np.abs(u)
    noise = fbm_line(rng, len(u), max(3, span * rng.uniform(9, 13)), 6, 0.55)
    if kind == "steep":
        outline = np.maximum(1 - far, 0) ** rng.uniform(1.05, 1.45) * 0.94
        outline += 0.06 * np.exp(-((u * 6) ** 2))
        outline += noise * 0.05 * rough * (0.3 + outline)
    elif kind == "round":
        outline = np.exp(-((u * 1.25) ** 2) * 1.1) + noise * 0.022 * rough
    elif kind == "karst":
        outline = np.clip(1 - far ** rng.uniform(2.6, 4.5), 0, 1) ** 0.55
        outline += noise * 0.05 * rough * (0.4 + outline)
    else:
        outline = np.maximum(1 - far, 0) ** 0.8 * 0.55 + 0.45 * np.exp(-((u * 1.6) ** 2))
        outline += noise * 0.10 * rough
        outline *= smoothstep(-far, -1.5, -0.7)
    if kind in ("steep", "ridge"):
        for side in (-1, 1):
            for _ in range(int(rng.integers(0, 3))):
                place = side * rng.uniform(0.3, 0.75)
                tall, wide = (1 - abs(place)) * rng.uniform(0.9, 1.2), rng.uniform(0.22, 0.4)
                near = np.maximum(1 - np.abs(u - place) / wide, 0) ** 1.1 * 0.22
                broad = np.maximum(1 - np.abs(u - place) / (wide * 2.4), 0) ** 1.15 * 0.78
                outline = np.maximum(outline, tall * (near + broad) + noise * 0.04)
    return np.asarray(outline, np.float32)


def _form(
    sheet: Sheet,
    rng: np.random.Generator,
    peak: Peak,
    base: float,
    rows: slice,
    columns: slice,
    sky: FloatArray,
) -> _Form:
    """The coordinates of a peak with the outline `sky` in a window of the sheet."""
    x, y = sheet.x[columns], sheet.y[rows, None]
    slope = np.sqrt(1 + np.gradient(sky, 1 / sheet.scale) ** 2).astype(np.float32)
    slope = np.minimum(cv2.blur(slope[None], (3, 1))[0], 12)
    h, w = len(y), len(x)
    return _Form(
        across=np.broadcast_to((x - peak.x) / peak.half_width, (h, w)),
        down=np.broadcast_to(np.clip((y - base + peak.height) / peak.height, 0, 1.2), (h, w)),
        depth=(y - sky) / np.float32(peak.height),
        slope=slope,
        sky=sky,
        warp=fbm(rng, h, w, 4, 5, 3) * np.float32(0.07),
        height=peak.height,
        texels=peak.height * sheet.scale,
    )


def _angles(frequency: float) -> int:
    """Columns of the noise tables that facets of a frequency need."""
    return _BROAD if frequency < 0.8 else _FINE


def _fan(form: _Form, kind: str, angles: int) -> tuple[FloatArray, FloatArray]:
    """Where in the noise tables every texel looks: (angle, height) maps [h w]."""
    start = _FAN[kind]
    angle = (form.across + form.warp * 1.1) / (form.down + start) * (1 + start)
    across = (angle / 5.2 + 0.5) * (angles - 1)
    along = np.clip(form.down + form.warp, 0, 1) * (_STEPS - 1)
    return across.astype(np.float32), along.astype(np.float32)


def _ridged(rng: np.random.Generator, facets: float, steps: float, angles: int) -> FloatArray:
    """Noise with sharp crests, [steps angles] of the tables."""
    total = np.zeros((_STEPS, angles), np.float32)
    for octave in range(4):
        noise = value_noise(rng, _STEPS, angles, steps * 1.45**octave, facets * 2**octave)
        total += np.float32(0.5**octave) * (1 - 2 * np.abs(noise))
    return total


def _fetch(table: FloatArray, across: FloatArray, along: FloatArray) -> FloatArray:
    found = cv2.remap(table, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(found, np.float32)


def _shade(
    form: _Form,
    rng: np.random.Generator,
    kind: str,
    frequency: float,
    maps: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Shading [h w], about -1 (lit) to 1 (shaded), and the relief it comes from."""
    across, along = maps
    angles = _angles(frequency)
    table = _ridged(rng, _FACETS[kind] * frequency * 1.3, 3 if kind == "karst" else 2, angles)
    if kind == "round":
        table = cv2.GaussianBlur(table, (0, 0), sigmaX=angles / 160, sigmaY=4)
    step = np.float32(angles * 0.010 / max(frequency, 0.5))
    left = _fetch(table, across - step, along)
    relief = np.tanh((left - _fetch(table, across + step, along)) * 2.4)
    rows = form.across.shape[0]
    wander = fbm(rng, rows, 2, 4, 2, 3)[:, :1] * 0.22 * np.clip(form.down[:, :1] * 2, 0, 1)
    spine = np.tanh((form.across - wander - 0.02) / (0.03 + 0.10 * form.down))
    lower = fbm(rng, rows, 2, 5, 2, 3)[:, :1] * 0.16
    second = np.tanh((form.across - wander - lower - 0.34 * form.down) / (0.03 + 0.05 * form.down))
    spine = np.where(second > 0, spine * (1 - second) * 0.6 - 0.25 * second, spine)
    fade = smoothstep(-form.down, -1.0, -0.12)
    facets = _RELIEF[kind] * relief * (0.35 + 0.65 * np.clip(form.depth * 9, 0, 1))
    return ((facets + 0.42 * spine) * fade).astype(np.float32), left


def _coats(
    form: _Form, rng: np.random.Generator, kind: str, rock: Rock, manner: Manner
) -> list[tuple[FloatArray, FloatArray]]:
    """The coats of paint of the surface, from the ground colour to the contour."""
    h, w = form.across.shape
    maps = _fan(form, kind, _angles(manner.frequency))
    shade, relief = _shade(form, rng, kind, manner.frequency, maps)
    level = np.clip(form.down + form.warp * 1.2 + (form.depth - 0.15) * 0.25, 0, 1)
    low = smoothstep(level, manner.fade * 0.45, manner.fade)
    shade *= np.float32(manner.detail)
    rim = np.exp(np.maximum(form.depth, 0) * np.float32(-1 / 0.085)) * np.float32(manner.edge)
    rim *= 1 - 0.55 * np.clip(form.down, 0, 1)
    rim *= np.clip(0.75 + 0.5 * fbm(rng, h, w, 3, 7, 3), 0.1, 1.3)
    coats = [
        (rock.top, low),
        (rock.flank, smoothstep(level, 0.02, 0.48)),
        (rock.foot, low),
        (rock.ink * 0.55 + rock.top * 0.45, np.clip(shade, 0, 1) * (0.66 - low * 0.53)),
        (rock.light, np.clip(-shade, 0, 1) * (0.58 - low * 0.41)),
        (rock.ink * 0.6 + rock.top * 0.4, np.clip(rim, 0, 1) * 0.75),
    ]
    if manner.snow > 0:
        cap = smoothstep(-form.down - form.depth * 1.2 + 0.175 * relief, -0.75, -0.15)
        cap *= np.clip(0.6 - shade * 0.8, 0, 1) * np.float32(manner.snow)
        coats.append((_SNOW, cap))
    if manner.strokes > 0.08:
        coats.append((rock.ink, _dry_strokes(form, rng, shade, maps, manner)))
    coats.append(_contour(form, rng, rock, manner))
    return coats


def _dry_strokes(
    form: _Form,
    rng: np.random.Generator,
    shade: FloatArray,
    maps: tuple[FloatArray, FloatArray],
    manner: Manner,
) -> FloatArray:
    """Coverage [h w] of the dry texture strokes (cun), denser in the shade."""
    h, w = form.across.shape
    angles = _angles(manner.frequency)
    table = value_noise(rng, _STEPS, angles, 14, angles // 3)
    table += 0.6 * value_noise(rng, _STEPS, angles, 30, angles // 2)
    strokes = _fetch(table, *maps) + 0.55 * np.clip(shade, -1, 1)
    strokes += 0.14 * value_noise(rng, h, w, h / 1.5, w / 1.5)
    fade = smoothstep(-form.down, -1.0, -0.12) * np.clip(form.depth * 14, 0, 1)
    reach = 0.25 * max(manner.strokes - 0.6, 0)
    return smoothstep(strokes, 0.50 - reach, 1.0 - reach) * fade * np.float32(manner.strokes * 0.65)


def _contour(
    form: _Form, rng: np.random.Generator, rock: Rock, manner: Manner
) -> tuple[FloatArray, FloatArray]:
    """The coat of the contour along the outline, a line of changing weight."""
    w = form.across.shape[1]
    weight = (1.1 + 1.1 * np.clip(fbm_line(rng, w, 9, 3), -1, 1)) * 0.9 / form.texels
    inside = np.maximum(form.depth / form.slope - weight * 0.6, 0)
    line = np.exp(-((inside / np.maximum(weight, 0.25 / form.texels)) ** 2))
    line *= np.clip(1.1 - form.down * 0.75, 0, 1)
    if manner.gold > 0:
        return _GOLD, line * np.float32(manner.gold)
    return rock.ink, line * np.float32(manner.edge * 0.85)
