"""Hours of 720p film cut an hour, beside PySceneDetect's own command line with ffmpeg splitting.

    python benchmarks/cutting_speed.py [--scenes 10]

Two films of painted scenes, no two alike, on all cores: `conclvd dataset add` and `cut` (scenes,
measures, hashes and clips at crf 14), then `scenedetect detect-adaptive split-video` on each (its
default, crf 22), in the same run.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from conclvd.video.write import write_video
from cutting import FPS, make_film
from report import report


def seconds(*commands: list[str]) -> float:
    """How long the commands take, one behind another."""
    started = time.monotonic()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scenes", type=int, default=10)
    scenes = parser.parse_args().scenes
    chance = random.Random(1)
    binaries = Path(sys.executable).parent
    ours, theirs = str(binaries / "conclvd"), str(binaries / "scenedetect")
    frames = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "raw").mkdir()
        for number in range(2):
            film = make_film(100 + number, scenes, chance)
            large = (cv2.resize(frame, (1280, 720)) for frame in film.frames)
            write_video(folder / "raw" / f"{number}.mp4", large, FPS)
            frames += len(film.frames)
        made, split = folder / "set", folder / "split"
        here = seconds(
            [ours, "dataset", "add", str(folder / "raw"), str(made)],
            [ours, "dataset", "cut", str(made), "--min-lines", "0"],
        )
        there = seconds(
            *(
                [theirs, "-i", str(path), "-o", str(split), "-q", "detect-adaptive", "split-video"]
                for path in sorted((folder / "raw").iterdir())
            )
        )
        figures = {
            "cores": len(os.sched_getaffinity(0)),
            "seconds of film": frames / float(FPS),
            "hours an hour": frames / float(FPS) / here,
            "hours an hour, PySceneDetect": frames / float(FPS) / there,
            "clips": len(list((made / "clips").glob("*.mp4"))),
            "clips, PySceneDetect": len(list(split.glob("*.mp4"))),
        }
    report("cutting_speed", figures)


if __name__ == "__main__":
    main()
