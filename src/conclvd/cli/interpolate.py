"""`conclvd interpolate`: frames between the frames of any video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from conclvd.cli import values
from conclvd.cli.flags import DEVICE, FLOW
from conclvd.cli.output import check_output, note, warn_of_rate
from conclvd.cli.progress import Bars
from conclvd.errors import InvalidRequest
from conclvd.tensors import Frame
from conclvd.video.formats import Format, format_of
from conclvd.video.pace import Pace, paced_frames, read_pace
from conclvd.video.probe import VideoInfo, probe
from conclvd.video.write import write_video

if TYPE_CHECKING:
    from conclvd.interpolation.sofp import Tally


def interpolate(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A video, a GIF, or a folder of pictures.")
    ],
    output: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="Ends in .mp4, .gif or .webp; .png or a folder for numbered pictures.",
        ),
    ],
    passes: Annotated[int, typer.Option(help="How often to double the frames, 1 to 5.")] = 1,
    mode: Annotated[
        str,
        typer.Option(help="sofp follows each pixel's path to the last frame; linear does not."),
    ] = "sofp",
    flow: Annotated[str, FLOW] = "dis",
    fps: Annotated[
        str | None,
        typer.Option(
            help="Frames per second to play at, such as 24 or 24000/1001; the length changes with "
            "it. [default: what keeps the length]"
        ),
    ] = None,
    reach: Annotated[
        int | None,
        typer.Option(
            help="How many frames ahead the last frame may be that sofp looks at. [default: 32]"
        ),
    ] = None,
    keep_repeats: Annotated[
        bool,
        typer.Option(
            "--keep-repeats",
            help="Leave frames shown two or three times (drawn 'on twos') as they are, instead of "
            "filling their time with motion.",
        ),
    ] = False,
    device: Annotated[str, DEVICE] = "auto",
) -> None:
    """Put new frames between the frames of a video.

    Its frames stay as they are; sound and what is embedded in the file stay with it. Across a cut
    nothing is invented: the frame before it is held.
    """
    rate = None if fps is None else values.rate(fps)
    if mode == "linear" and reach is not None:
        raise InvalidRequest("--reach is of --mode sofp, found linear; leave one of them out")
    check_output(output)
    video = probe(source)
    pace = read_pace(source, video)
    if output.resolve() == source.resolve():
        raise InvalidRequest(f"{source} cannot be read and written at once; name another file")

    from conclvd.generate.device import choose_device
    from conclvd.interpolation.estimators import load_estimator
    from conclvd.interpolation.record import Record
    from conclvd.interpolation.settings import REACH, Settings
    from conclvd.interpolation.sofp import Tally, stream

    where = choose_device(device)
    settings = Settings(mode, passes, REACH if reach is None else reach, not keep_repeats)
    estimator = load_estimator(flow, where)
    parts = 2**passes
    played = rate or pace.fps * parts
    record = Record(
        mode=mode,
        passes=passes,
        reach=settings.reach,
        merge_repeats=not keep_repeats,
        flow=flow,
        fps=played,
        source=video.metadata,
    )
    _warn(video, pace, output, rate)
    warn_of_rate(output, played)
    sound = _sound(source, video, output, played == pace.fps * parts)
    tally = Tally()
    with Bars() as bars:
        frames = stream(paced_frames(source, pace), estimator, settings, device=where, tally=tally)
        shown = _shown(frames, bars, parts * ((sum(pace.shown) or video.frames) - 1) + 1)
        written = write_video(
            output,
            map(_even, shown) if format_of(output) is Format.MP4 else shown,
            played,
            metadata=record.to_json(),
            sound_of=sound,
            tags=video.tags,
        )
    _tell(tally, keep_repeats)
    typer.echo(str(written))


def _sound(source: Path, video: VideoInfo, output: Path, same_length: bool) -> Path | None:
    """The file to take sound from; says so when there is sound that cannot be kept."""
    if not video.sound:
        return None
    if format_of(output) is not Format.MP4:
        note(f"warning: {output.suffix or 'pictures'} cannot hold sound; it is left out")
        return None
    if not same_length:
        note("warning: --fps changes the length; the sound is left out")
        return None
    return source


def _warn(video: VideoInfo, pace: Pace, output: Path, rate: Fraction | None) -> None:
    """Say what will be other than one might expect, before the work."""
    if format_of(output) is Format.MP4 and (video.width % 2 or video.height % 2):
        note(
            f"warning: mp4 needs even sides and the frames are {video.width}x{video.height}; their "
            "last row or column is shown twice"
        )
    if not video.rate_told and rate is None:
        note(
            f"warning: the pictures do not tell their rate, {float(video.fps):g} a second is "
            "taken; choose with --fps"
        )
    if not pace.even:
        note(
            f"the frames are shown for unequal times: on a grid of {float(pace.fps):g} a second "
            f"{video.frames} of them became {sum(pace.shown)}"
        )


def _even(frame: Frame) -> Frame:
    """A frame with even sides, its last row or column shown twice."""
    height, width = frame.shape[:2]
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _shown(frames: Iterable[Frame], bars: Bars, total: int) -> Iterator[Frame]:
    for done, frame in enumerate(frames, 1):
        bars("interpolate", done, max(done, total))
        yield frame


def _tell(tally: Tally, keep_repeats: bool) -> None:
    """What was met on the way and is not like the rest."""
    if tally.cuts:
        first = ", ".join(str(index) for index in tally.cuts[:8])
        more = ", ..." if len(tally.cuts) > 8 else ""
        note(f"{len(tally.cuts)} cuts, before frames {first}{more}; nothing was invented there")
    if tally.repeats and not keep_repeats:
        note(
            f"{tally.repeats} of {tally.frames} frames repeat the one before; their time was "
            "filled with motion (--keep-repeats leaves them)"
        )
