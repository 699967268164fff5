"""How alerts lie in SQLite: the tables, and what of a row is which part of an alert."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from alerts.alert import Alert, Happening, State, Wanted, kind_kept

VERSION = 1

TABLES = """
CREATE TABLE IF NOT EXISTS alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- none is given twice, as AUTOINCREMENT has it
  identity TEXT NOT NULL,
  kind TEXT NOT NULL, organization TEXT NOT NULL, project TEXT NOT NULL, issue TEXT NOT NULL,
  told TEXT NOT NULL,                    -- the rest of the happening, as JSON
  source TEXT NOT NULL, received REAL NOT NULL, happened REAL NOT NULL, times INTEGER NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, claimed_by TEXT NOT NULL,
  lease_ends REAL NOT NULL, not_before REAL NOT NULL,
  finished REAL NOT NULL, outcome TEXT NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS looking (
  only INTEGER PRIMARY KEY CHECK (only = 1), leader TEXT NOT NULL, until REAL NOT NULL, looked REAL
);
INSERT OR IGNORE INTO looking VALUES (1, '', 0, NULL);
CREATE INDEX IF NOT EXISTS alerts_by_identity ON alerts (identity, id);
CREATE INDEX IF NOT EXISTS alerts_by_issue ON alerts (issue, id);
CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, id);
CREATE INDEX IF NOT EXISTS alerts_by_end ON alerts (finished) WHERE state = 'done';
CREATE INDEX IF NOT EXISTS alerts_by_place ON alerts (organization, project);
CREATE INDEX IF NOT EXISTS alerts_given_back ON alerts (not_before) WHERE state = 'new' AND not_before > 0;
"""
COLUMNS = (
    "id kind organization project issue told source received happened times state attempts claimed_by lease_ends "
    "not_before finished outcome note"
)
SELECT = f"SELECT {', '.join(COLUMNS.split())} FROM alerts"  # noqa: S608 - our own words
FREE = "(state = 'new' AND not_before <= :now OR state = 'claimed' AND lease_ends <= :now)"
LATER = "alerts INDEXED BY alerts_given_back WHERE state = 'new' AND not_before > 0 AND not_before > :now"
"""What was given back and cannot be claimed yet: left to itself, SQLite looks at each that is new."""
COUNT_FREE = f"""
    SELECT (SELECT count(*) FROM alerts WHERE state = 'new')
    - (SELECT count(*) FROM {LATER})
    + (SELECT count(*) FROM alerts WHERE state = 'claimed' AND lease_ends <= :now AND attempts < :most)
"""  # noqa: S608 - our own words
PLACES = """
    WITH RECURSIVE organizations (name) AS (
        SELECT min(organization) FROM alerts
        UNION ALL SELECT (SELECT min(organization) FROM alerts WHERE organization > name)
        FROM organizations WHERE name IS NOT NULL
    ), places (organization, project) AS (
        SELECT name, (SELECT min(project) FROM alerts WHERE organization = name)
        FROM organizations WHERE name IS NOT NULL
        UNION ALL SELECT organization, (
            SELECT min(project) FROM alerts
            WHERE alerts.organization = places.organization AND alerts.project > places.project
        ) FROM places WHERE project IS NOT NULL
    )
    SELECT organization, project FROM places WHERE project IS NOT NULL
"""
"""From one to the next by the index: DISTINCT would look at each alert."""
WANTED = """
    (:id IS NULL OR id = :id)
    AND (:places IS NULL OR (organization, project) IN
         (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:places)))
    AND (:project IS NULL OR project = :project) AND (:organization IS NULL OR organization = :organization)
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:since IS NULL OR received >= :since)
    AND (:issue IS NULL OR issue = :issue) AND (NOT :is_open OR state != 'done')
"""


def parameters(wanted: Wanted) -> dict[str, Any]:
    organization, project = wanted.place
    return {
        "id": wanted.id,
        "places": None if wanted.places is None else json.dumps(sorted(wanted.places)),
        "organization": organization or None,
        "project": project or None,
        "kinds": _listed(wanted.kinds),
        "states": _listed(wanted.states),
        "since": wanted.since,
        "issue": wanted.issue,
        "is_open": wanted.is_open,
    }


def _listed(words: Iterable[str] | None) -> str | None:
    return None if words is None else json.dumps(sorted(words))


_OF_TOLD = ("about", "said", "short_id", "event", "level", "rule", "title", "url", "is_work")
_OF_ALERT = ("id", "source", "received", "times", "attempts", "claimed_by", "lease_ends", "not_before", "finished")


def fields_of(alert: Alert) -> dict[str, Any]:
    told = alert.told
    return {
        **{name: getattr(alert, name) for name in (*_OF_ALERT, "outcome", "note")},
        "state": str(alert.state),
        "kind": str(told.kind),
        "organization": told.organization,
        "project": told.project,
        "issue": told.issue,
        "happened": told.happened,
        "told": json.dumps({name: getattr(told, name) for name in _OF_TOLD}),
    }


def alert_of(row: Sequence[Any]) -> Alert:
    fields: dict[str, Any] = dict(zip(COLUMNS.split(), row, strict=True))
    told = Happening(
        kind=kind_kept(fields.pop("kind")),
        organization=fields.pop("organization"),
        project=fields.pop("project"),
        issue=fields.pop("issue"),
        happened=fields.pop("happened"),
        **json.loads(fields.pop("told")),
    )
    fields |= {"state": State(fields["state"]), "told": told}
    return Alert(**fields)
