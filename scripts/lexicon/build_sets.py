"""Words of jobs and diagnoses with what they weigh, codes of diagnoses, names of languages and nationalities."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from build_people import SETTINGS, other_shares, words

from scanners.detect.folding import word_fold

#: Locales whose titles of jobs are told by their first word; the last word tells the others'.
_HEAD_FIRST = frozenset(SETTINGS["head_first"].split())
_ALL_HEADS = 3
_LEAST_TIMES = 3
#: A word counts as one of diagnoses when it is so much more common in them than elsewhere, as a logarithm.
_MEDICAL = 3.0
#: The names of diseases that are rarer elsewhere than this, as a logarithm, are no common words.
_RARE_ELSEWHERE = -10.5
_MOST_WEIGHT = 5
_TITLE = re.compile(r"[^(/,;]+")


def job_words(
    python: Mapping[str, Any], npm: Mapping[str, Any], other: Mapping[str, float]
) -> dict[str, tuple[int, bool]]:
    """Words of jobs' titles with their weight, and whether a title can end (or begin) with them."""
    lists: dict[str, set[str]] = {"english": set(python["jobs"]["english"])}
    for locale, titles in python["jobs"]["faker"].items():
        lists.setdefault(f"faker {locale}", set()).update(titles)
    for locale, titles in npm["jobs"].items():
        lists[f"npm {locale}"] = set(titles)
    shares: dict[str, float] = defaultdict(float)
    heads: Counter[str] = Counter()
    for name, titles in lists.items():
        counts: Counter[str] = Counter()
        for title in titles:
            found = _TITLE.match(title)
            parts = words(found.group()) if found else []
            counts.update(set(words(title)))
            if parts:
                heads[parts[0] if name.split()[-1][:2] in _HEAD_FIRST else parts[-1]] += (
                    _ALL_HEADS if len(parts) == 1 else 1
                )
                if len(parts) > 1 and " of " in f" {title.lower()} ":
                    heads[parts[0]] += 1
        total = sum(counts.values())
        for word, count in counts.items():
            if count >= (_LEAST_TIMES if name == "english" else 1):
                shares[word] += count / total / len(lists)
    weighed = {}
    for word, share in shares.items():
        odds = math.log(share) - math.log(max(other.get(word, 0.0), 3e-7))
        weight = max(-_MOST_WEIGHT, min(_MOST_WEIGHT, round(odds)))
        if weight != 0 and len(word) <= 24:
            weighed[word] = (weight, heads[word] >= _ALL_HEADS and weight > 0)
    return weighed


def medical_words(titles: Iterable[str], npm: Mapping[str, Any], other: Mapping[str, float]) -> list[str]:
    """Words that stand in names of diagnoses and hardly anywhere else."""
    counts = Counter(word for title in titles for word in set(words(title)))
    total = sum(counts.values())
    common = {word_fold(word) for language in ("english", "german") for word in npm["common"][language]}
    common |= {word_fold(word) for key, items in npm["things"].items() if "word." in key for word in items}
    found = {
        word
        for word, count in counts.items()
        if count >= _LEAST_TIMES
        and len(word) > 4
        and word not in common
        and math.log(count / total) - math.log(max(other.get(word, 0.0), 1e-6)) >= _MEDICAL
    }
    return sorted(found | diseases(npm["nouns"], other))


def diseases(nouns: Iterable[Any], other: Mapping[str, float]) -> set[str]:
    """One-word names of WordNet's diseases and disorders that are no common words."""
    children: dict[str, list[str]] = defaultdict(list)
    lemmas: dict[str, list[str]] = {}
    for synset, file, names, parents in nouns:
        lemmas[synset] = names if file == "26" else []
        for parent in parents:
            children[parent].append(synset)
    roots = [
        synset
        for synset, names in lemmas.items()
        if {"disease", "disorder", "symptom", "mental_disorder"} & set(names[:1])
    ]
    found: set[str] = set()
    seen: set[str] = set()
    while roots:
        synset = roots.pop()
        if synset not in seen:
            seen.add(synset)
            roots += children[synset]
            found.update(word_fold(one) for one in lemmas[synset] if one.isalpha() and one.islower() and len(one) > 4)
    return {word for word in found if math.log(max(other.get(word, 0.0), 1e-9)) < _RARE_ELSEWHERE}


def codes(entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The fourth characters that follow each category of ICD-10."""
    following: dict[str, set[str]] = defaultdict(set)
    for code, _ in entries:
        following[code[:3]].add(code[3:4])
    return {category: "".join(sorted(chars)) for category, chars in following.items()}


def build(python: Mapping[str, Any], npm: Mapping[str, Any]) -> tuple[str, str]:
    """The text of ``sets.txt``, and a line about it."""
    other = other_shares(python, npm, set())
    jobs = job_words(python, npm, other)
    grouped: dict[str, list[str]] = defaultdict(list)
    for word, (weight, is_head) in sorted(jobs.items()):
        grouped[f"job {weight}{' head' if is_head else ''}"].append(word)
    medical = medical_words((title for code, title in python["diagnoses"] if code < "S"), npm, other)
    icd = codes(python["diagnoses"])
    languages = {word_fold(name) for names in python["places"]["languages"].values() for name in names}
    nations = {word_fold(name) for found in npm["nationalities"].values() for name in found.values()}
    lines = [f"{key};{' '.join(found)}" for key, found in sorted(grouped.items())]
    lines += [
        f"diagnosis;{' '.join(medical)}",
        f"icd;{' '.join(f'{category}:{chars}' for category, chars in sorted(icd.items()))}",
        f"language code;{' '.join(sorted(code for code in python['places']['languages'] if len(code) == 2))}",
        f"language;{';'.join(sorted(name for name in languages if ';' not in name))}",
        f"nationality;{';'.join(sorted(name for name in nations if ';' not in name and len(name) > 2))}",
    ]
    about = (
        f"{len(jobs):,} words of jobs, {len(medical):,} of diagnoses, {len(icd):,} categories of ICD-10, "
        f"{len(languages):,} names of languages, {len(nations):,} of nationalities"
    )
    return "\n".join(lines) + "\n", about
