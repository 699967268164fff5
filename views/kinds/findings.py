"""What Sentry found, where an issue is no error: its evidence, of whatever kind."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Self

from sentry.models import Event
from sentry.values import Json, as_list, as_object
from views.bounds import ITEMS, RAW, SHOWN, brief, compact, cut, line, plain
from views.kinds import clicks, feedback, metric_alerts, monitors, policies, regressions, spans
from views.kinds.reading import Facts, Kind, Occurred, fields, text
from views.kinds.spans import Statement
from views.results import Detail, Details

KINDS = [
    spans.KIND,
    regressions.KIND,
    metric_alerts.KIND,
    monitors.CRON,
    monitors.UPTIME,
    feedback.KIND,
    clicks.KIND,
    policies.KIND,
]
FACTS = 40
ROOM = 24_000
"""Characters of all facts together, about."""
DULL = frozenset("detector_id data_packet_source_id fingerprint project_id event_id group_id op".split())
"""Fields of evidence that tell nothing."""
ALIKE = 8
"""Characters; shorter values may be the same by chance."""
BEGUN = 12
"""Characters that are enough to know a text again whose end is cut off."""
_GONE = re.compile(r" … \(([0-9,]{1,9}) characters\) … ")


class Findings(Detail):
    """`facts` by their names, the important ones first."""

    facts: Details = {}
    spans: list[Statement] = []  # those that took longest
    spans_total: int = 0  # different ones
    before: list[Statement] = []

    def lines(self) -> list[str]:
        lines = [f"{name}: {_words(value)}".replace("\n", "\n  ") for name, value in self.facts.items()]
        lines += [one.line() for one in self.spans]
        if (more := self.spans_total - len(self.spans)) > 0:
            lines.append(f"… and {more:,} other{'s' if more > 1 else ''}")
        return lines + [f"Before: {one.line()}" for one in self.before]

    def shown(self, scale: float) -> Self:
        return self._cut(500 * scale, 600 * scale)

    def in_brief(self) -> Self:
        facts = dict(islice(self.facts.items(), 3))
        few = {"facts": facts, "spans": self.spans[:2], "before": self.before[:1]}
        return self.model_copy(update=few)._cut(80, 160)

    def tells(self, said: str | None) -> bool:
        """Whether a fact says this, or begins with what is cut off in it."""
        return _tells(self.texts(), said)

    def texts(self) -> list[str]:
        return [*map(_words, self.facts.values()), *(one.statement for one in self.spans)]

    def _cut(self, fact: float, statement: float) -> Self:
        def short(one: Statement) -> Statement:
            return one.with_texts(_without_middle, statement=statement).with_texts(line, op=60, place=200)

        return self.model_copy(
            update={
                "facts": {cut(name, 80): _short(value, fact) for name, value in self.facts.items()},
                "spans": [short(one) for one in self.spans],
                "before": [short(one) for one in self.before],
            }
        )


Told = list[tuple[Kind, Facts]]


def with_findings(event: Event, said: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event, with what Sentry found in it, and without what that tells better.

    `said` are those of `views.details.Happened`. An event that tells of an error keeps them as they are.
    """
    data = fields(event.occurrence.evidence_data) if event.occurrence else {}
    occurred = Occurred(event, event.occurrence, data)
    # Not of an error: one within a scheduled job has a context of its monitor, too.
    kinds = [kind for kind in KINDS if event.occurrence or kind.entry]
    told = [(kind, facts) for kind in kinds if (facts := kind.facts(occurred)) is not None]
    if not told and not event.occurrence:
        return said
    statements, total = spans.repeated(occurred) if any(kind is spans.KIND for kind, _ in told) else ([], 0)
    found = Findings(
        facts=_facts(occurred, told),
        spans=statements,
        spans_total=total if total > len(statements) else 0,
        before=spans.before(occurred) if statements else [],
    )
    return {**said, **_once(said, found, [kind for kind, _ in told]), "findings": found}


def _facts(occurred: Occurred, told: Told) -> Facts:
    """Bounded, each once, with Sentry's own words for it first."""
    facts: Facts = {}
    seen: set[str] = set()
    room = ROOM
    for name, value in _every(occurred, told):
        if len(facts) >= FACTS or room <= 0:
            facts["…"] = "more evidence than is looked at"
            break
        kept = _bounded(value)
        words = _words(kept)
        if kept in (None, "", [], {}) or name in facts or (len(words) >= ALIKE and words in seen):
            continue
        facts[name] = kept
        seen.add(words)
        room -= len(words)
    return facts


def _bounded(value: Json) -> Json:
    """Structured: in a list an argument is named by the one before it, which is only seen while it is a list."""
    return text(value) if isinstance(value, str) else plain(value, 2_000)


def _every(occurred: Occurred, told: Told) -> Iterator[tuple[str, Json]]:
    """The rows of `evidenceDisplay`, the important ones first; what the kinds tell; what no kind knew."""
    display = occurred.occurrence.evidence_display if occurred.occurrence else []
    better = {name for kind, _ in told for name in kind.display}
    rows = [row for row in display if row.name not in better]
    for important in (True, False):
        for row in rows:
            if (row.important is True) is important:
                yield (row.name or "Evidence")[:200], row.value
    for _, facts in told:
        yield from facts.items()
    known = DULL.union(*(kind.data for kind, _ in told))
    for name, value in occurred.data.items():
        if name not in known:
            yield name, value
    if occurred.occurrence and (more := len(occurred.occurrence.evidence_data) - ITEMS) > 0:
        yield "…", f"{more:,} more fields of evidence"
    if occurred.occurrence and not told:
        yield "Summary", occurred.occurrence.subtitle


def _once(said: dict[str, Any], found: Findings, kinds: list[Kind]) -> dict[str, Any]:
    """What else is told of the event, without what was found."""
    texts = found.texts()
    contexts = {**said["contexts"]}
    for name, told in (pair for kind in kinds for pair in kind.contexts.items()):
        held = as_object(contexts.pop(name, None)) or {}
        if rest := {key: value for key, value in held.items() if key not in told}:
            contexts[name] = rest
    tags = {
        name: value
        for name, value in said["tags"].items()
        if not (len(str(value)) >= ALIKE and _tells(texts, str(value)))
        and not any(kind.tags.fullmatch(name) for kind in kinds)
    }
    other = {name: value for name, value in said["other"].items() if not any(kind.entry == name for kind in kinds)}
    message = None if _tells(texts, said["message"]) else said["message"]
    return {"contexts": contexts, "tags": tags, "other": other, "message": message}


def _tells(texts: list[str], said: str | None) -> bool:
    whole = (said or "").strip()
    begun = whole.rstrip(".…").strip() if whole.endswith(("…", "...")) else ""
    return bool(whole) and any(one == whole or (len(begun) >= BEGUN and one.startswith(begun)) for one in texts)


def _words(value: Json) -> str:
    said = _text(value)
    return compact(value, SHOWN) if said is None else said


def _text(value: Json) -> str | None:
    """Also a list of words and figures is one."""
    if isinstance(value, str):
        return value
    items = as_list(value)
    return ", ".join(map(str, items)) if items and all(isinstance(one, str | int | float) for one in items) else None


def _short(value: Json, length: float) -> Json:
    said = _text(value)
    if said is None:
        return brief(value, length)
    short = _cut(said, length)
    return value if short == said else short


def _cut(said: str, length: float) -> str:
    """With a word of how much is missing."""
    most = int(min(length, SHOWN))
    if _is_short(said, most):
        return said
    least = "at least " if len(said) >= RAW else ""
    return f"{said[:most].rstrip()}… ({least}{len(said) - most:,} more characters)"


def _without_middle(statement: str, length: float) -> str:
    """With its end, which tells a statement from others with the same list of columns."""
    most = int(min(length, SHOWN))
    if _is_short(statement, most) or statement.endswith("…"):  # that one has no end
        return _cut(statement, length)
    start, end = statement[: most // 2], statement[-(most // 2) :]
    gone = statement[len(start) : -len(end)]
    before = _GONE.search(gone)  # where it was cut before
    many = len(gone) + (int(before[1].replace(",", "")) - len(before[0]) if before else 0)
    return f"{start.rstrip()} … ({many:,} characters) … {end.lstrip()}"


def _is_short(said: str, most: int) -> bool:
    """To cut a little off is not worth saying so."""
    return len(said) <= min(most * 1.2, SHOWN)
