"""`conclvd generate`, and `conclvd info` and `conclvd vocabulary` beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from conclvd.cli import values
from conclvd.cli.flags import of_request, with_flags
from conclvd.cli.libraries import loading
from conclvd.cli.output import check_output, note, warn_of_rate
from conclvd.cli.progress import Bars
from conclvd.errors import InvalidRequest, ModelError
from conclvd.generate.recipe import Recipe, differences, is_recipe, read_recipe
from conclvd.generate.request import DTYPES, FLOWS, INTERPOLATIONS, SCHEDULERS, Request
from conclvd.interpolation.record import unwrapped
from conclvd.models.source import EMBEDDED, resolve
from conclvd.models.vocabulary import LANGUAGES, read_vocabulary
from conclvd.video.probe import probe, read_metadata
from conclvd.video.write import write_video

VOCABULARY = "vocabulary.json"
FLAGS = {
    "model": "A folder, a checkpoint file or a Hub id.",
    "motion": "The motion module. [default: the one in the model]",
    "negative_prompt": "What not to paint.",
    "frames": "Keyframes, 1 to 32.",
    "width": "Pixels. [default: the model's]",
    "height": "Pixels. [default: the model's]",
    "steps": "Denoising steps.",
    "guidance_scale": "How closely to follow the prompt.",
    "seed": "The same seed, the same video. [default: a random one]",
    "fps": "Frames per second of the video, such as 12 or 24000/1001. "
    "[default: 6 keyframes a second]",
    "scheduler": f"One of {', '.join(SCHEDULERS)}.",
    "interpolation": f"Frames between keyframes: {' or '.join(INTERPOLATIONS)}.",
    "flow": f"What finds their motion: {' or '.join(FLOWS)}.",
    "device": "auto, cpu, cuda, cuda:N or mps.",
    "dtype": f"One of {', '.join(DTYPES)}.",
}


@with_flags(of_request(FLAGS))
def generate(
    prompt: Annotated[
        str | None, typer.Argument(help="What to paint, in a sentence, English or Chinese.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Ends in .mp4, .gif or .webp; .png or a folder for numbered pictures. "
            "[default: conclvd-SEED.mp4]",
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="Make the video in this file again; options beside it change it."),
    ] = None,
    **given: Any,
) -> None:
    """Paint a video from a sentence.

    Everything that made it is embedded in the file: `conclvd info` prints it, `--like` repeats it.
    """
    given = {
        name: value for name, value in {"prompt": prompt, **given}.items() if value is not None
    }
    if "fps" in given:
        given["fps"] = values.rate(given["fps"])
    original = _recipe_in(like) if like else None
    request = _changed(original.request, given) if original else _new(given)
    if output is not None:
        check_output(output)
    _run(request, output, original)


def _run(request: Request, output: Path | None, original: Recipe | None) -> None:
    """Load, generate, write, and tell what matters on the way."""
    note(f"loading {request.model}")
    with loading(diffusers=True):
        from conclvd.generate.cpu import keep_freed_memory
        from conclvd.generate.generator import Generator

        keep_freed_memory()
        generator = Generator.load(
            request.model, request.motion, device=request.device, dtype=request.dtype
        )
    request = generator.settle(request)
    target = output or Path(f"conclvd-{request.seed}.mp4")
    check_output(target)
    note(f"seed {request.seed}")
    for line in generator.warnings(request):
        note(f"warning: {line}")
    assert request.fps is not None  # settled
    warn_of_rate(target, request.fps)
    with Bars() as bars:
        video = generator.generate(request, bars)
    written = write_video(target, video.frames, video.fps, metadata=video.recipe.to_json())
    for line in differences(original, video.recipe) if original else []:
        note(f"warning: {line}")
    typer.echo(str(written))


def info(
    file: Annotated[Path, typer.Argument(help="A video that conclvd made.")],
    as_json: Annotated[bool, typer.Option("--json", help="As one line of JSON.")] = False,
) -> None:
    """Print how a video was made: prompt, seed, every setting, weights and versions."""
    video = probe(file)
    metadata = _told(file, video.metadata)
    records, text = unwrapped(metadata, str(file))
    recipe = None
    if not records or (text is not None and is_recipe(text)):
        recipe = read_recipe(text or metadata, str(file))
    if as_json:
        typer.echo(metadata)
        return
    typer.echo(
        f"{file}: {video.frames} frames, {video.width}x{video.height}, {video.fps} fps, "
        f"{video.seconds:.2f} s"
    )
    for record in records:
        typer.echo(
            f"interpolated: {record.mode} by {record.flow}, passes {record.passes}, "
            f"{record.fps} fps, conclvd {record.version}"
        )
    if recipe is not None:
        _print_recipe(recipe)
    elif text is not None:
        typer.echo(f"embedded before: {text}")


def _print_recipe(recipe: Recipe) -> None:
    for name, value in json.loads(recipe.to_json()).items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for key, entry in value.items():
                typer.echo(f"  {key}: {'-' if entry is None else entry}")
        else:
            typer.echo(f"{name}: {', '.join(value) if isinstance(value, list) else value}")


def vocabulary(
    language: Annotated[
        str | None, typer.Option(help=f"Only {' or '.join(LANGUAGES)}. [default: both]")
    ] = None,
    model: Annotated[str, typer.Option(help="The model whose words to list.")] = EMBEDDED,
) -> None:
    """List the words that a model was trained on, one a line."""
    if language is not None and language not in LANGUAGES:
        raise InvalidRequest(f"language must be {' or '.join(LANGUAGES)}, found {language!r}")
    path = resolve(model, hub_files=(VOCABULARY,)) / VOCABULARY
    if not path.is_file():
        raise ModelError(f"{model} has no {VOCABULARY}: it was not limited to a list of words")
    words = read_vocabulary(path)
    for chosen in (language,) if language else LANGUAGES:
        for word in words.words(chosen):
            typer.echo(word)


def _new(given: dict[str, Any]) -> Request:
    if "prompt" not in given:
        raise InvalidRequest("there is no prompt; give a sentence, or --like FILE")
    return Request(**given)


def _changed(request: Request, given: dict[str, Any]) -> Request:
    """`request` with what was given beside `--like`, and what follows from it left open again."""
    if "model" in given:
        given = {"motion": None, **given}
    if "interpolation" in given:
        given = {"fps": None, **given}
    return replace(request, **given)


def _recipe_in(file: Path) -> Recipe:
    records, original = unwrapped(_told(file, read_metadata(file)), str(file))
    if records:
        note(f"warning: {file} was interpolated afterwards; this makes the video from before that")
    if original is None:
        raise InvalidRequest(f"{file} was interpolated by conclvd but not generated by it")
    return read_recipe(original, str(file))


def _told(file: Path, metadata: str | None) -> str:
    if metadata is None:
        raise InvalidRequest(f"{file} says nothing of how it was made; conclvd did not make it")
    return metadata
