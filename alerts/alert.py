"""What Sentry told, and what became of it. Pure, no I/O."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """What happened."""

    CREATED = "created"
    REGRESSED = "regressed"
    ESCALATING = "escalating"
    SPIKE = "spike"
    RULE = "rule"
    """An alert rule of an issue's fired."""
    METRIC = "metric"
    """A metric alert is critical, or warns."""

    REOPENED = "reopened"
    RESOLVED = "resolved"
    ARCHIVED = "archived"
    ASSIGNED = "assigned"
    ERROR = "error"
    """One event more."""
    COMMENT = "comment"
    SEER = "seer"
    BUILD = "build"
    INSTALLATION = "installation"
    OTHER = "other"
    """What Sentry tells since this was written."""


def kind_kept(text: str) -> Kind:
    """Of an alert that is kept already, perhaps by a later version of this server, which knows more kinds."""
    try:
        return Kind(text)
    except ValueError:
        return Kind.OTHER


WORK = frozenset((Kind.CREATED, Kind.REGRESSED, Kind.ESCALATING, Kind.SPIKE, Kind.RULE, Kind.METRIC))
"""What somebody is to look into; all else is told and no more, be it what the one who works off an alert did."""

ONCE = frozenset((Kind.CREATED, Kind.COMMENT, Kind.SEER, Kind.BUILD, Kind.INSTALLATION, Kind.OTHER))
"""What happens but once to what it is about: told again, it is the same."""


class State(StrEnum):
    NEW = "new"
    CLAIMED = "claimed"
    PARKED = "parked"
    """Tried too often: a person is to look at it."""
    DONE = "done"


class Outcome(StrEnum):
    """How somebody ended their work on an alert."""

    DONE = "done"
    GIVEN_BACK = "given_back"
    TOLD = "told"
    """Nobody was to do anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a source tells. `about` is what it happened to, such as `issue:78`: of the same kind (and rule), what
    happens to it is one alert until that is done with. `happened` is in seconds of Unix time, as Sentry tells it.

    `organization` and `project` are slugs, empty where Sentry does not say; `said` is Sentry's own name of what
    happened.
    """

    kind: Kind
    about: str
    happened: float
    said: str = ""
    organization: str = ""
    project: str = ""
    issue: str = ""
    short_id: str = ""
    event: str = ""
    level: str = ""
    rule: str = ""
    title: str = ""
    url: str = ""
    is_work: bool = True

    @property
    def identity(self) -> str:
        return "\n".join((self.kind, self.about, self.rule))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A happening, or several of the same, as the inbox has it."""

    id: int
    told: Happening
    """As it was told first, but for when it happened and in which event: that is of the last."""
    source: str
    received: float
    times: int = 1
    state: State = State.NEW
    attempts: int = 0
    """How often it was claimed."""
    claimed_by: str = ""
    lease_ends: float = 0.0
    not_before: float = 0.0
    """When it can be claimed again, after it was given back."""
    finished: float = 0.0
    outcome: str = ""
    note: str = ""

    @property
    def claim(self) -> str:
        """What names this alert and this attempt at it: who lost it meanwhile has the name of another."""
        return f"{self.id}.{self.attempts}"

    def is_same(self, happening: Happening) -> bool:
        """Whether what happened, of the same identity, is a part of this alert: until it is done with, and as far as it
        had happened by then."""
        return self.state != State.DONE or happening.kind in ONCE or happening.happened <= self.finished

    def with_more(self, happening: Happening) -> Self:
        """With what is the same; what happened no later than what is known is that, told once more."""
        told = self.told
        if happening.kind in ONCE or happening.happened <= told.happened:
            return self
        told = replace(told, happened=happening.happened, event=happening.event or told.event)
        return replace(self, told=told, times=self.times + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts are asked for; None for all. `places` are (organization, project) as the inbox has them."""

    places: frozenset[tuple[str, str]] | None = None
    project: str | None = None
    """A slug, or organization/slug."""
    kinds: frozenset[Kind] | None = None
    states: frozenset[State] | None = None
    since: float | None = None
    """Received at this time or later."""
    id: int | None = None
    issue: str | None = None
    """By its number."""
    is_open: bool = False
    """Only what is not done with."""

    @property
    def place(self) -> tuple[str, str]:
        """Organization and project that `project` names, empty for any."""
        organization, _, project = (self.project or "").rpartition("/")
        return organization, project

    def is_met_by(self, alert: Alert) -> bool:
        told, (organization, project) = alert.told, self.place
        return (
            (self.places is None or (told.organization, told.project) in self.places)
            and project in ("", told.project)
            and organization in ("", told.organization)
            and (self.kinds is None or told.kind in self.kinds)
            and (self.states is None or alert.state in self.states)
            and (self.since is None or alert.received >= self.since)
            and self.id in (None, alert.id)
            and self.issue in (None, told.issue)
            and not (self.is_open and alert.state == State.DONE)
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a happening: the alert that it is a part of, and whether it made it."""

    alert: Alert
    is_new: bool
