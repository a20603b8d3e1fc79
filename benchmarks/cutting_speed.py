"""Hours of 720p film cut an hour, beside PySceneDetect's own command line with ffmpeg splitting.

    python benchmarks/cutting_speed.py [--scenes 10] [--files 200]

Two films of painted scenes, no two alike, on all cores, then one film as long as both: `conclvd
dataset add` and `cut` (scenes, measures, hashes and clips at crf 14), and `scenedetect
detect-adaptive split-video` on each film (its default, crf 22), in the same run. Then the largest
memory that `cut` takes for a tenth of the short files, and for all of them, one at a time.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from conclvd.video.write import write_video
from cutting import FPS, make_film
from report import report

OURS = [str(Path(sys.executable).parent / "conclvd"), "dataset"]
THEIRS = str(Path(sys.executable).parent / "scenedetect")


def seconds(*commands: list[str]) -> float:
    """How long the commands take, one behind another."""
    started = time.monotonic()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def cut(raw: Path, made: Path, *options: str) -> list[list[str]]:
    """The commands that cut a folder of videos."""
    return [
        [*OURS, "add", str(raw), str(made), "--license", "CC0-1.0", *options],
        [*OURS, "cut", str(made), "--min-lines", "0", *options],
    ]


def split(raw: Path, out: Path) -> list[list[str]]:
    """PySceneDetect's commands for the same."""
    detect = ["-q", "detect-adaptive", "split-video"]
    return [[THEIRS, "-i", str(path), "-o", str(out), *detect] for path in sorted(raw.iterdir())]


def write_films(folder: Path, films: int, scenes: int) -> float:
    """Films of painted scenes at 1280x720; returns their seconds."""
    chance = random.Random(films)
    folder.mkdir()
    frames = 0
    for number in range(films):
        film = make_film(100 * films + number, scenes, chance)
        large = (cv2.resize(frame, (1280, 720)) for frame in film.frames)
        write_video(folder / f"{number}.mp4", large, FPS)
        frames += len(film.frames)
    return frames / float(FPS)


def write_short_files(folder: Path, count: int) -> None:
    """Two seconds of texture that drifts, no two alike."""
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        grid = rng.integers(0, 256, (9, 18, 3), np.uint8)
        ground = cv2.resize(grid, (448, 180), interpolation=cv2.INTER_CUBIC)
        frames = (np.ascontiguousarray(ground[:, left : left + 320]) for left in range(48))
        write_video(folder / f"{number}.mp4", frames, FPS)


def peak(raw: Path, made: Path) -> float:
    """The largest memory, in MB, of the process that cuts, which does all work itself."""
    add, run = cut(raw, made, "--workers", "1")
    seconds(add)
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:  # what wait4 says counts this program's memory as the child's
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        most = int(found[1]) if found else most
        time.sleep(0.05)
    assert process.returncode == 0
    assert len(list((made / "clips").iterdir())) == len(list(raw.iterdir()))
    return most / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--files", type=int, default=200)
    options = parser.parse_args()
    figures: dict[str, float] = {"cores": len(os.sched_getaffinity(0))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for films in (2, 1):
            raw, made, out = (folder / f"{kind}{films}" for kind in ("raw", "set", "split"))
            film = write_films(raw, films, options.scenes * 2 // films)
            kind = "two films" if films == 2 else "one film"
            figures[f"{kind}, seconds"] = film
            figures[f"{kind}, hours an hour"] = film / seconds(*cut(raw, made))
            figures[f"{kind}, hours an hour, PySceneDetect"] = film / seconds(*split(raw, out))
            figures[f"{kind}, clips"] = len(list((made / "clips").glob("*.mp4")))
            figures[f"{kind}, clips, PySceneDetect"] = len(list(out.glob("*.mp4")))
            print(figures, file=sys.stderr)
        for count in (options.files // 10, options.files):
            write_short_files(folder / f"short{count}", count)
            used = peak(folder / f"short{count}", folder / f"cut{count}")
            figures[f"peak memory of {count} files, MB"] = used
    report("cutting_speed", figures)


if __name__ == "__main__":
    main()
