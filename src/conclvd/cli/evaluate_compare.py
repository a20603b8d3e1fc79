"""`conclvd evaluate compare`, and the prompts before it and the gallery behind it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from conclvd.cli.flags import WORKERS, of_request, with_flags
from conclvd.cli.libraries import loading
from conclvd.cli.progress import Bars, Methods, Stages
from conclvd.compare.methods import METHODS, methods_called
from conclvd.errors import ConclvdError, InvalidRequest, MediaError
from conclvd.evaluate.prompts import read_prompts, read_seeds
from conclvd.generate.request import DTYPES, Request

FLAGS = {
    "model": "The base of all methods.",
    "frames": "Frames a video.",
    "width": "Pixels. [default: the model's]",
    "height": "Pixels. [default: the model's]",
    "steps": "Denoising steps.",
    "guidance_scale": "How closely to follow the prompt.",
    "dtype": f"One of {', '.join(DTYPES)}.",
}


def prompts(
    output: Annotated[Path, typer.Option("-o", "--output", help="A .txt or .jsonl file.")],
    count: Annotated[int, typer.Option(min=1, help="Number of captions.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The first scene; the others follow.")] = 500_000,
    workers: Annotated[int | None, WORKERS] = None,
) -> None:
    """Write captions of painted scenes that no model was trained on, Chinese and English in turn.

    Each scene is painted to see what is visible in it, which takes half a second.
    """
    from conclvd.compare.painted_prompts import held_out_captions
    from conclvd.evaluate.prompts import write_prompts

    if output.suffix not in (".txt", ".jsonl"):
        raise InvalidRequest(f"-o is {output}; end the name in .txt or .jsonl")
    if not output.absolute().parent.is_dir():
        raise MediaError(f"cannot write {output}: there is no folder {output.parent}; make it")
    with Stages() as bar:
        report = partial(bar, "painting")
        captions = held_out_captions(count, seed, workers=workers, report=report)
    write_prompts(output, captions)
    typer.echo(f"{output}: {count} prompts, scenes {seed} to {seed + count - 1}")


@with_flags(of_request(FLAGS))
def compare(
    prompts: Annotated[
        Path, typer.Option(help="One prompt a line, or JSONL with caption.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="A folder; made when missing.")],
    methods: Annotated[
        str | None,
        typer.Option(
            help=f"Of {', '.join(m.slug for m in METHODS)}; '' for none. [default: all]",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of every prompt.")] = "0",
    motion: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WEIGHTS",
            help="The weights of a method: a folder, a file or a Hub id. May be repeated.",
        ),
    ] = None,
    external: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER", help="Videos of another method, by prompt. May be repeated."
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            help="auto (every CUDA GPU), cpu, cuda, mps, or several such as cuda:0,cuda:2, which "
            "share the videos."
        ),
    ] = "auto",
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Work on this Ray cluster: auto, local or an address. --device is then auto, cpu "
            "or cuda, for all of it.",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            help="Videos made together. [default: 1, on a CUDA GPU up to 16]", show_default=False
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            help="Wall-clock time for all methods, each its part; then nothing new is begun.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        str, typer.Option(help="Of the videos: mp4, webp, or png for folders of pictures.")
    ] = "mp4",
    **given: Any,
) -> None:
    """Generate with every method on the same prompts and seeds.

    OUTPUT gets a folder a method, with metadata.jsonl, and methods.jsonl, which says what became of
    each. Methods of few steps keep their own steps and guidance. The same command goes on where an
    interrupted one stopped.
    """
    named = list(METHODS) if methods is None else []
    chosen = methods_called(methods.split(",")) if methods and methods.strip() else named
    sentences, numbers = read_prompts(prompts), read_seeds(seeds)
    given = {name: value for name, value in given.items() if value is not None}
    request = Request("-", interpolation="none", device=device, **given)
    weights, folders = _pairs("--motion", motion), _pairs("--external", external)
    with loading(diffusers=True):
        from conclvd.compare.run import Comparison
        from conclvd.compare.run import compare as run
        from conclvd.generate.cpu import keep_freed_memory

        keep_freed_memory()
    comparison = Comparison(
        methods=chosen,
        prompts=sentences,
        seeds=numbers,
        request=request,
        weights=weights,
        external={name: Path(folder) for name, folder in folders.items()},
        format=format,
        batch=batch,
        seconds=seconds,
        cluster=cluster,
    )
    with Methods() as bars:
        rows = run(comparison, output, bars)
    for row in rows:
        told = f"{row.name}: {row.status}" + (f", {row.videos} videos" if row.videos else "")
        typer.echo(f"{told}: {row.reason}" if row.reason else told)
        if row.fetch:
            typer.echo(f"    {row.fetch}")
    failed = [row.name for row in rows if row.status == "failed"]
    if failed:
        raise ConclvdError(f"{len(failed)} of {len(rows)} methods failed: {', '.join(failed)}")
    if not any(row.videos for row in rows):
        raise ConclvdError(f"there is not one video in {output}; no method is available, see above")


def gallery(
    folder: Annotated[Path, typer.Argument(help="What `conclvd evaluate compare` wrote.")],
) -> None:
    """Write a page of all methods side by side, by prompt; it opens from the disk.

    Folders of pictures are made files that move; send FOLDER's hidden .animations with it.
    """
    from conclvd.compare.gallery import write_gallery

    with Bars() as bar:
        page = write_gallery(folder, partial(bar, "animating"))
    typer.echo(str(page))


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        if not (name.strip() and equals and value.strip()) or name.strip() in found:
            raise InvalidRequest(f"{option} takes NAME=VALUE, each name once; found {pair!r}")
        found[name.strip()] = value.strip()
    return found
