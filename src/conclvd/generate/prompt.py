"""What of a prompt a model cannot follow: words beyond its limit and words it never learned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conclvd.models.vocabulary import Vocabulary

ENGLISH_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
CHINESE_RUN = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
NO_CUT = ""


def prompt_warnings(
    name: str, text: str, tokenizer: Any, vocabulary: Vocabulary | None
) -> list[str]:
    """One line for each thing in `text` that the model will not follow, best first.

    `name` says which text it is ("prompt"); `tokenizer` is the model's CLIPTokenizer.
    """
    warnings = []
    cut = beyond_limit(text, tokenizer)
    if cut:
        limit = tokenizer.model_max_length
        warnings.append(f"the {name} is longer than {limit} tokens; this is cut: {cut!r}")
    unknown = unknown_words(text, vocabulary) if vocabulary else []
    if unknown:
        words = ", ".join(repr(word) for word in unknown)
        warnings.append(
            f"the {name} has {'a word' if len(unknown) == 1 else 'words'} that the model never "
            f"learned: {words}; `conclvd vocabulary` lists those it knows"
        )
    return warnings


def beyond_limit(text: str, tokenizer: Any) -> str:
    """The end of `text` that the text encoder does not see; empty when it sees all."""
    # verbose=False: the tokenizer has its own, less helpful, warning for long texts.
    ids = tokenizer(text, verbose=False).input_ids
    limit = tokenizer.model_max_length
    if len(ids) <= limit:
        return NO_CUT
    # The last token that is kept marks the end of the text.
    return str(tokenizer.decode(ids[limit - 1 : -1])).strip()


def unknown_words(text: str, vocabulary: Vocabulary) -> list[str]:
    """The words of `text`, English and Chinese, that are not in `vocabulary`, each once."""
    english = (
        word
        for word in ENGLISH_WORD.findall(text)
        if word.lower().replace("’", "'") not in vocabulary.en
    )
    chinese = (rest for run in CHINESE_RUN.findall(text) for rest in unmatched(run, vocabulary.zh))
    return list(dict.fromkeys([*english, *chinese]))


def unmatched(run: str, words: frozenset[str]) -> Iterator[str]:
    """The stretches of a Chinese `run` left over when known words are taken, longest first."""
    longest = max(map(len, words), default=0)
    start, left = 0, ""
    while start < len(run):
        size = next(
            (size for size in range(longest, 0, -1) if run[start : start + size] in words), 0
        )
        if size == 0:
            left += run[start]
            start += 1
            continue
        if left:
            yield left
        left = ""
        start += size
    if left:
        yield left
