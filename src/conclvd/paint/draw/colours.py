"""Which colours a palette's mountains, far hills and land have in a weather and at a distance."""

import numpy as np

from conclvd.paint.draw.pigment import Pigments
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette, rgb

_SNOW = np.array([0.965, 0.97, 0.975], np.float32)
_GOLD = {"qinglu": rgb("cfa44c"), "jade": rgb("d8cf96")}


def weather_tint(palette: Palette, weather: str) -> tuple[FloatArray, FloatArray]:
    """Colours of the upper and the lower sky: rain and snowfall are greyer than fair weather."""
    # A ground that is dark already would turn to mud.
    much = float(np.interp(palette.sky.mean(), [0.60, 0.85], [0.55, 1.0]))
    if weather == "rain":
        rainy = mix(palette.sky, palette.wash, 0.37 * much)
        return rainy, mix(palette.mist, palette.wash, 0.13 * much)
    if weather == "snow":
        cold = np.array([0.56, 0.61, 0.67], np.float32)
        grey = mix(palette.far, cold, 0.6)
        # Grey over a warm ground is mud: that one darkens in its own hue.
        warm = float(np.interp(np.ptp(palette.sky), [0.10, 0.30], [0.0, 0.7]))
        grey = mix(grey, palette.sky * 0.74, warm)
        return mix(palette.sky, grey, 0.60 * much), mix(palette.mist, grey, 0.32 * much)
    return palette.sky, palette.mist


def pigments(palette: Palette, weather: str, distance: float = 0.0) -> Pigments:
    """The colours of a mountain in brushwork, `distance` 0 near to 1 far."""
    mist = weather_tint(palette, weather)[1]
    top, flank, foot, wash = palette.top, palette.flank, palette.foot, palette.wash
    if weather == "rain":
        top, flank, foot = mix(top, wash, 0.22), mix(flank, mist, 0.25), mix(foot, mist, 0.5)
    if weather == "snow" and palette.name != "snow":
        top, flank, foot = mix(top, _SNOW, 0.72), mix(flank, _SNOW, 0.6), mix(foot, _SNOW, 0.4)
    tint = mix(palette.foliage, palette.ink, 0.15)
    gold = _GOLD.get(palette.name, palette.light)
    # Air lies between: what is far takes the colour of the far hills and of the mist.
    air = 0.55 * distance
    return Pigments(
        ink=mix(palette.ink, palette.far, 0.35 * air),
        wash=mix(wash, palette.far, air),
        top=mix(top, palette.far, air),
        flank=mix(flank, mix(palette.far, mist, 0.4), air),
        foot=mix(foot, mist, 0.35 + air * 0.6),
        tint=mix(tint, palette.far, air),
        gold=gold,
    )


def hill_tones(palette: Palette, weather: str, depth: float) -> tuple[FloatArray, FloatArray]:
    """Crest and foot colours of washed hills; `depth` 0 the farthest to 1 near."""
    mist = weather_tint(palette, weather)[1]
    near = mix(palette.far, mix(palette.top, palette.wash, 0.45), 0.25 + 0.75 * depth)
    crest = mix(mist, near, 0.42 + 0.55 * depth)
    if weather == "snow":
        crest = mix(crest, _SNOW, 0.35)
    return crest, mix(mist, crest, 0.12 + 0.2 * depth)


def land_tones(palette: Palette, weather: str) -> Pigments:
    """The colours of near land: earth with a little green on its crests."""
    base = pigments(palette, weather)
    green = mix(palette.foliage, palette.flank, 0.45)
    share = {"ink": 0.2, "silk": 0.25, "snow": 0.0, "night": 0.2}.get(palette.name, 0.5)
    if weather == "snow" or palette.name == "snow":
        return base
    return Pigments(
        ink=base.ink, wash=mix(base.wash, base.ink, 0.2), top=mix(base.top, green, share),
        flank=mix(base.flank, mix(base.foot, base.wash, 0.25), 0.5), foot=base.foot,
        tint=base.tint, gold=base.gold,
    )  # fmt: skip
