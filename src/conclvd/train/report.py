"""report.html: whether it learned, as curves and clips, in one page without a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from conclvd.errors import TrainingError
from conclvd.files import write_text
from conclvd.train.checkpoint import ADVICE
from conclvd.train.journal import read_log
from conclvd.train.prepare import Materials
from conclvd.train.settings import TrainSettings

PAGE = "report.html"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 220, 72, 26, 10
POINTS = 200  # of a curve
COLOURS = ("#1f4e79", "#b5482a", "#4b7f52", "#8a6d1d", "#6b4c86")
QUARTERS = {1: "least noise", 2: "second", 3: "third", 4: "most noise"}
# One chart a row: its title, and the figures of the log in it with their names.
CHARTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("L_diff on training and held-out clips", {
        "loss_diff": "training", "held_out_loss_diff": "held out, fixed noise"}),
    ("Training L_diff by quarter of the diffusion", {
        f"loss_diff_q{quarter}": name for quarter, name in QUARTERS.items()}),
    ("Held-out L_diff by quarter of the diffusion", {
        f"held_out_loss_diff_q{quarter}": name for quarter, name in QUARTERS.items()}),
    ("L_con", {"loss_con": "training", "held_out_loss_con": "held out"}),
    ("Contrastive accuracy: the next frame beats all negatives", {
        "contrastive_accuracy": "training", "held_out_contrastive_accuracy": "held out"}),
    ("Frame offset: what of the predicted noise depends on the frame's place alone", {
        "frame_offset": "training", "held_out_frame_offset": "held out"}),
    ("Gradient norm before clipping", {"grad_norm": "norm"}),
    ("Learning rate", {"learning_rate": "rate"}),
)  # fmt: skip
STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;
color:#222;background:#fbfaf6}h1,h2{font-weight:600}
figure{display:inline-block;margin:0 1rem 1rem 0;max-width:100%}
svg{max-width:100%;height:auto}figcaption{font-size:.9rem}video,img{width:192px;
max-width:100%;background:#ddd}table{border-collapse:collapse}
td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top}.key{display:inline-block;
width:.8em;height:.8em;margin:0 .3em 0 .8em}"""


def write_report(settings: TrainSettings, materials: Materials, kinds: Sequence[str]) -> None:
    """Write `output_dir/report.html` from the run's log; clips are linked from beside it."""
    rows = read_log(settings.output_dir)
    charts = [chart(title, names, rows) for title, names in CHARTS]
    parts = [
        f"<h1>{escape(settings.output_dir.name)}</h1>",
        summary(settings, materials, kinds, rows),
        "<h2>Curves</h2>",
        *(svg for svg in charts if svg),
        clips_table(settings, rows),
        "<h2>Passed over</h2>",
        skipped_list(materials),
        "<h2>Settings</h2><pre>",
        escape(json.dumps(json.loads(settings.model_dump_json()), indent=1, ensure_ascii=False)),
        "</pre>",
    ]
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>conclvd train: {escape(settings.output_dir.name)}'
        f"</title><style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )
    write_text(settings.output_dir / PAGE, page, TrainingError, advice=ADVICE)


def summary(
    settings: TrainSettings,
    materials: Materials,
    kinds: Sequence[str],
    rows: Sequence[dict[str, Any]],
) -> str:
    """What was trained on what, and the first and last figures."""
    facts = {
        "base": materials.base_name,
        "attentions": ", ".join(kinds),
        "clips": f"{len(materials.clips.clips)}, of them {len(materials.held_out)} held out; "
        f"{len(materials.clips.skipped)} passed over",
        "steps": f"{rows[-1]['step']:,}" if rows else "0",
        "time": f"{rows[-1]['seconds']:,.0f} s" if rows else "",
    }
    for name, label, best in (
        ("held_out_loss_diff", "held-out L_diff", min),
        ("held_out_contrastive_accuracy", "held-out contrastive accuracy", max),
        ("held_out_frame_offset", "held-out frame offset", min),
        ("loss_diff", "training L_diff", min),
    ):
        found = [row[name] for row in rows if isinstance(row.get(name), float)]
        if found:
            facts[label] = f"first {found[0]:.4f}, last {found[-1]:.4f}, best {best(found):.4f}"
    cells = "".join(f"<tr><th>{k}</th><td>{escape(str(v))}</td></tr>" for k, v in facts.items())
    return f"<table>{cells}</table>"


def chart(title: str, names: dict[str, str], rows: Sequence[dict[str, Any]]) -> str:
    """A line chart as SVG; empty when the log has none of the figures."""
    lines = {
        label: [(row["step"], row[name]) for row in rows if isinstance(row.get(name), float)]
        for name, label in names.items()
    }
    lines = {label: points for label, points in lines.items() if points}
    if not lines:
        return ""
    lines = {label: thinned(points) for label, points in lines.items()}
    everything = [point for points in lines.values() for point in points]
    most_step = max(step for step, _ in everything) or 1
    low, high = min(y for _, y in everything), max(y for _, y in everything)
    if high == low:
        low, high = low - abs(low) * 0.1 - 1e-12, high + abs(high) * 0.1 + 1e-12

    def place(step: float, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - 8) * step / most_step
        y = TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)
        return f"{x:.1f},{y:.1f}"

    drawn, keys = [], []
    for colour, (label, points) in zip(COLOURS, lines.items(), strict=False):
        path = " ".join(place(step, value) for step, value in points)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
        if len(points) == 1:
            x, y = place(*points[0]).split(",")
            drawn.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
        keys.append(f'<span class="key" style="background:{colour}"></span>{escape(label)}')
    axes = (
        f'<line x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{HEIGHT - BOTTOM}" stroke="#999"/>'
        f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH}" y2="{HEIGHT - BOTTOM}" '
        'stroke="#999"/>'
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{high:.4g}</text>'
        f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">{low:.4g}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">0</text>'
        f'<text x="{WIDTH - 4}" y="{HEIGHT - 8}" text-anchor="end">step {most_step:,}</text>'
    )
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-size="12" role="img" aria-label="{escape(title)}">{axes}{"".join(drawn)}</svg>'
        f"<figcaption>{escape(title)}<br>{''.join(keys)}</figcaption></figure>"
    )


def clips_table(settings: TrainSettings, rows: Sequence[dict[str, Any]]) -> str:
    """The validation clips: one row a prompt, one column a step (at most six).

    A run may have gone on with other prompts: each clip stands beside its own.
    """
    made = {
        row["step"]: dict(
            zip(
                told_apart(row.get("prompts", settings.validation_prompt)),
                row["clips"].split(" "),
                strict=False,  # an older log does not say which prompts they were
            )
        )
        for row in rows
        if row.get("clips")
    }
    if not made:
        return "<h2>Clips</h2><p>No validation_prompt was given.</p>"
    steps = sorted(made)
    shown = sorted({steps[round(i * (len(steps) - 1) / 5)] for i in range(6)})
    head = "".join(f"<th>step {step:,}</th>" for step in shown)
    body = ""
    for prompt in dict.fromkeys(prompt for step in shown for prompt in made[step]):
        cells = "".join(
            f"<td>{shown_clip(made[step][prompt]) if prompt in made[step] else ''}</td>"
            for step in shown
        )
        body += f"<tr><td>{escape(prompt[0])}</td>{cells}</tr>"
    return f"<h2>Clips</h2><table><tr><th>prompt</th>{head}</tr>{body}</table>"


def told_apart(prompts: Sequence[str]) -> list[tuple[str, int]]:
    """Each prompt with how often it came before: the same one twice has two seeds."""
    return [(prompt, prompts[:place].count(prompt)) for place, prompt in enumerate(prompts)]


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `POINTS` points: means over as many stretches, for a long run's noise hides all."""
    stretch = -(-len(points) // POINTS)
    if stretch < 2:
        return list(points)
    parts = [points[i : i + stretch] for i in range(0, len(points), stretch)]
    return [(part[-1][0], sum(y for _, y in part) / len(part)) for part in parts]


def shown_clip(name: str) -> str:
    """A video, or a moving picture, in a page."""
    source = escape(name)
    if not name.endswith(".mp4"):
        return f'<img src="{source}" alt="">'
    return f'<video src="{source}" loop autoplay muted controls playsinline></video>'


def skipped_list(materials: Materials) -> str:
    """The clips passed over, each with its reason."""
    if not materials.clips.skipped:
        return "<p>No clip.</p>"
    items = "".join(
        f"<li>{escape(skipped.name)}: {escape(skipped.reason)}</li>"
        for skipped in materials.clips.skipped
    )
    return f"<ul>{items}</ul>"
