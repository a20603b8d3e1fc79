"""The run that `tables.py` describes: paint, generate, measure, write the tables."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import diffusers
import transformers
from tqdm import tqdm

from conclvd.compare.crew import choose_devices
from conclvd.compare.methods import METHODS
from conclvd.compare.painted_prompts import FIRST_SEED
from conclvd.compare.run import Comparison, compare
from conclvd.evaluate.clip import load_clip
from conclvd.evaluate.formats import FORMATS
from conclvd.evaluate.measure import measure_videos
from conclvd.evaluate.metric import Need
from conclvd.evaluate.prompts import read_seeds, write_prompts
from conclvd.evaluate.records import METHODS_FILE, MethodRow
from conclvd.evaluate.reference import load_reference
from conclvd.evaluate.registry import choose
from conclvd.evaluate.rows import Row, write_rows
from conclvd.evaluate.sample import Tools, load_flow
from conclvd.evaluate.table import build_table
from conclvd.evaluate.video_set import find_videos
from conclvd.generate.cpu import keep_freed_memory
from conclvd.generate.device import choose_device
from conclvd.generate.request import Request
from conclvd.models.source import EMBEDDED
from methods_sheet import methods_sheet
from painted_row import paint_scenes
from report import machine

OFFLINE = ("conclvd", "without-sc-attn", "without-clofnoise", "animatediff", "text2video-zero")
PAINTED = "painted-clips"
REFERENCE_SEED = 700_000
SHEET_PROMPTS = 8
FIT = "Fit, motion, consistency"
PARTS = {
    FIT: (
        "clip-text", "clip-temp", "dynamic-degree", "mean-flow", "flicker", "warp-error",
        "loop-error",
    ),
    "Ink style, against painted scenes": (
        "ink-style", "tone-distance", "blank-distance", "saturation-distance", "palette-distance",
        "edge-distance", "wash-distance", "blank-space",
    ),
    "Cost": ("seconds", "peak-memory"),
}  # fmt: skip
BASELINE = "ConCLVD"


def generate(arguments: argparse.Namespace, prompts: list[str], out: Path) -> list[MethodRow]:
    weights = dict(pair.split("=", 1) for pair in arguments.motion)
    comparison = Comparison(
        methods=[method for method in METHODS if method.slug in {*OFFLINE, *weights}],
        prompts=prompts,
        seeds=read_seeds(arguments.seeds),
        request=Request(
            "-",
            model=arguments.model,
            frames=arguments.frames,
            width=arguments.size,
            height=arguments.size,
            steps=arguments.steps,
            interpolation="none",
            device=arguments.device,
        ),
        weights=weights,
        format="png",
        batch=arguments.batch,
        seconds=arguments.seconds,
    )
    with tqdm(unit="video", smoothing=0) as bar:

        def report(method: str, done: int, total: int, doing: str) -> None:
            bar.total = total
            bar.set_description(f"{method} {doing}".strip(), refresh=False)
            bar.update(done - bar.n)

        return compare(comparison, out, report)


def measure(videos: Path, reference: Path, device: str) -> list[Row]:
    entries = find_videos(videos, None, None)
    metrics, _ = choose(None, frozenset(Need) - {Need.FEATURES})
    with tqdm(total=len(entries), desc="measuring", unit="video") as bar:

        def show(done: int, total: int) -> None:
            bar.update(done - bar.n)

        return list(
            measure_videos(
                entries,
                metrics,
                Tools(*load_flow(), reference=load_reference(reference, print)),
                load_clip(EMBEDDED, device),
                show,
                workers=None,
            )
        )


def write_tables(out: Path, rows: list[Row], told: str) -> None:
    write_rows(out / "rows.jsonl.gz", rows)
    pieces = [f"# Tables 1 and 2 on ink-mini\n\n{told}\n"]
    for title, metrics in PARTS.items():
        table = build_table(rows, metrics=metrics, published="clip-text" in metrics)
        pieces.append(f"## {title}\n\n{FORMATS['markdown'](table)}")
    measured = {row.method for row in rows if row.value is not None}
    if BASELINE in measured:
        methods = [row for row in rows if row.method != PAINTED]
        table = build_table(methods, metrics=[*PARTS[FIT], "ink-style"], against=BASELINE)
        pieces.append(f"## Differences to {BASELINE}\n\n{FORMATS['markdown'](table)}")
    (out / "tables.md").write_text("\n".join(pieces), encoding="utf-8")
    whole = build_table(rows)
    (out / "tables.csv").write_text(FORMATS["csv"](whole), encoding="utf-8")
    (out / "tables.tex").write_text(FORMATS["latex"](whole), encoding="utf-8")


def draw_sheet(out: Path, compared: Path, methods: list[MethodRow], count: int, seed: int) -> None:
    places = range(min(count, SHEET_PROMPTS))
    columns = {PAINTED: [compared / PAINTED / str(FIRST_SEED + place) for place in places]}
    for row in methods:
        if row.videos:
            columns[row.name] = [compared / row.slug / f"{place:04d}-s{seed}" for place in places]
    methods_sheet(columns).save(out / "sheet.jpg", quality=90)


def parse(told: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=told and told.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True, help="some GB of PNG files")
    parser.add_argument("--prompts", type=int, default=200, help="held-out scenes")
    parser.add_argument("--reference", type=int, default=64, help="scenes of the style's reference")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--motion", action="append", default=[], metavar="METHOD=FOLDER")
    parser.add_argument("--seconds", type=float, help="for generating alone")
    parser.add_argument("--device", default="auto", help="auto: every GPU there is")
    parser.add_argument("--batch", type=int, help="videos at once; chosen by the device")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--size", type=int, default=256)
    return parser.parse_args()


def quiet() -> None:
    """Libraries' remarks are for their developers; other processes are told by the environment."""
    for name in ("TRANSFORMERS_VERBOSITY", "DIFFUSERS_VERBOSITY"):
        os.environ[name] = "error"
    for library in (transformers.utils.logging, diffusers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def main(told: str | None) -> None:
    arguments = parse(told)
    quiet()
    keep_freed_memory()
    started = time.monotonic()
    took: dict[str, float] = {}

    def lap(what: str) -> None:
        took[what] = time.monotonic() - started - sum(took.values())

    compared, reference = arguments.videos / "compared", arguments.videos / "reference"
    prompts = paint_scenes(compared / PAINTED, FIRST_SEED, arguments.prompts)
    paint_scenes(reference, REFERENCE_SEED, arguments.reference)
    lap("painting")
    methods = generate(arguments, prompts, compared)
    lap("generating")
    for row in methods:
        print(": ".join(filter(None, (row.name, row.status, f"{row.videos} videos", row.reason))))
    device = choose_device(choose_devices(arguments.device)[0])
    rows = measure(compared, reference, str(device))
    lap("measuring")
    arguments.out.mkdir(parents=True, exist_ok=True)
    seconds = ", ".join(f"{what} {value:.0f} s" for what, value in took.items())
    command = " ".join(["python", "benchmarks/tables.py", *sys.argv[1:]])
    write_tables(arguments.out, rows, f"`{command}`\n\n{machine()}: {seconds}.")
    shutil.copyfile(compared / METHODS_FILE, arguments.out / METHODS_FILE)
    write_prompts(arguments.out / "prompts.txt", prompts)
    draw_sheet(arguments.out, compared, methods, len(prompts), read_seeds(arguments.seeds)[0])
    print((arguments.out / "tables.md").read_text(encoding="utf-8"))
