"""What killed processes left half written goes; what a living one is writing stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conclvd.curate.new_folder import new_folder
from conclvd.lock import writing

WRITER = """
import sys
from pathlib import Path
from conclvd.curate.new_folder import new_folder
from conclvd.files import whole

root = Path(sys.argv[1])
with new_folder(root / "new") as folder, whole(root / "set" / "clips" / "a v1.5.mp4") as clip:
    (folder / "half").touch()
    clip.touch()
    print("ready", flush=True)
    input()
"""


def test_what_a_process_writes_stays_until_it_was_killed(tmp_path: Path) -> None:
    clips = tmp_path / "set" / "clips"
    clips.mkdir(parents=True)
    (clips / ".mine.part").touch()  # of no process that is told

    def start_again() -> set[str]:
        with writing(tmp_path / "set", "a command"), new_folder(tmp_path / "new"):
            pass
        (tmp_path / "new").rmdir()
        return {path.name for folder in (tmp_path, clips) for path in folder.iterdir()}

    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        written = {f".new.{process.pid}.part", f".a v1.5.{process.pid}.part.mp4"}
        assert start_again() == {"set", ".mine.part"} | written
        process.kill()
    assert start_again() == {"set", ".mine.part"}
