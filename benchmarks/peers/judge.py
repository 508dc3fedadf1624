"""Verdicts on what tools told of situations, by what is expected of each and what is so of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.peers.adapters import REPEATED

#: What is asked of a tool, in the order of the table: key, heading.
QUESTIONS = {
    "relations": "relations loaded row by row, found",
    "reads": "other reads in a loop, found",
    "writes": "writes in a loop, found",
    "duplicates": "the same question asked twice, found",
    "relation": "relation named, each one",
    "line": "line named",
    "code": "code to type given",
    "works": "that code works: fewer queries, same result",
    "mends": "… and no statement is repeated any more",
    "silent": "silent where nothing is to be mended",
}
#: What ``fixes.py`` says of proposals that are no code behind a queryset: nobody judges them.
NOT_TRIED = "there is no place to type it"
#: Those that count found situations by their kind.
FOUND = ("relations", "reads", "writes", "duplicates")


@dataclass(frozen=True)
class Verdict:
    """Of one tool on one situation: question → whether it holds; what is not asked is absent."""

    answers: dict[str, bool]
    #: What can be said of a "no".
    notes: tuple[str, ...] = ()


def kind_of(expected: list[list[Any]]) -> str:
    """The question that asks whether a situation was found."""
    kind, _, relation = expected[0]
    if kind == "n_plus_one":
        return "relations" if relation else "reads"
    return "writes" if kind == "write_loop" else "duplicates"


def verdict(
    truth: dict[str, Any], told: list[dict[str, Any]], fix: dict[str, Any] | None
) -> Verdict:
    """``fix``: what ``fixes.py`` says of the proposals; None where there was none."""
    repeated = [each for each in told if each["kind"] in REPEATED]
    expected = truth["expected"]
    if not expected:
        said = tuple(each["words"] or f"{each['model']}.{each['field']}" for each in repeated)
        return Verdict({"silent": not repeated}, said)
    answers = {kind_of(expected): bool(repeated)}
    notes = []
    relations = {relation for _, _, relation in expected if relation}
    if relations:
        missed = sorted(each for each in relations if not any(names(t, each) for t in repeated))
        answers["relation"] = not missed
        notes += [f"does not name {each}" for each in missed] if repeated else []
    lines = {(file, line) for file, line in truth["lines"]}
    if lines:
        places = {(each["file"], each["line"]) for each in repeated if each["line"]}
        answers["line"] = bool(places) and places <= lines
        if places - lines:
            notes.append("names another line")
    if truth["fixes"]:
        codes = [code for each in repeated for code in each["codes"]]
        answers["code"] = bool(codes)
        if not codes or fix is None:
            answers |= {"works": False, "mends": False}
        elif fix["why"] != NOT_TRIED:
            answers |= {"works": not fix["why"], "mends": not fix["why"] and not fix["repeated"]}
            if fix["why"]:
                notes.append(f"its code does not work: {fix['why']}")
            elif fix["repeated"]:
                notes.append(f"leaves {fix['after']} of {fix['before']} queries")
    return Verdict(answers, tuple(notes))


def names(told: dict[str, Any], relation: str) -> bool:
    """Whether a tool names a relation, with its model's app or without."""
    model, _, field = relation.rpartition(".")
    if not told["field"] or told["field"] != field:
        return False
    return told["model"] in {model, model.rpartition(".")[2]}


def tally(verdicts: dict[str, Verdict]) -> dict[str, tuple[int, int]]:
    """Question → situations where it holds, and situations where it is asked."""
    answered: dict[str, tuple[int, int]] = {}
    for key in QUESTIONS:
        asked = [each.answers[key] for each in verdicts.values() if key in each.answers]
        answered[key] = (sum(asked), len(asked))
    return answered


def better(theirs: dict[str, Verdict], ours: dict[str, Verdict]) -> list[tuple[str, str]]:
    """Situations and questions where theirs holds and ours does not."""
    return [
        (name, key)
        for name, each in theirs.items()
        for key, holds in each.answers.items()
        if holds and not ours[name].answers.get(key, True)
    ]


def proposals(told: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What a tool says is to be typed, for ``fixes.py``."""
    return [
        {"model": each["model"], "field": each["field"], "code": code}
        for each in told
        if each["kind"] in REPEATED
        for code in each["codes"]
    ]
