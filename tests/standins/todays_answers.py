"""Answers in the shape of today's Sentry, each field that its own description of the API names, with values of ours.

Of an object there is a full one, and a sparse one: null wherever it may be, and nothing that may be absent. Rows of
issues are without what only `expand` adds.
https://docs.sentry.io/api/
"""

from typing import Any

from standins import traces

Row = dict[str, Any]

ORGANIZATION, PROJECT, VERSION = "acme", "shop-backend", "shop@2.1.0+7"
ISSUE_ID, SHORT_ID, SPARSE_ID = "6012000007", "SHOP-BACKEND-7", "6012000008"
EVENT_ID, OLDEST_ID, SPARSE_EVENT_ID = "7c0de" + "1" * 27, "7c0de" + "2" * 27, "7c0de" + "3" * 27
COMMIT_ID = "9d3c" * 10
TRACE_ID = traces.TRACE_ID
CURSOR = "1795640000000:0:0"
_AT = "2026-11-24T20:00:00.123456Z"
_EARLIER = "2026-11-20T08:30:00Z"

_PROJECT_OF_ISSUE: Row = {"id": "4507", "name": "Shop Backend", "slug": PROJECT, "platform": "python"}
_TEAM: Row = {"id": "301", "name": "Payments", "slug": "payments"}
_AVATAR: Row = {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None}

USER: Row = {
    "id": "77", "name": "Ann Lee", "username": "ann@acme.test", "email": "ann@acme.test",
    "avatarUrl": "https://avatars.acme.test/77", "isActive": True, "isSuspended": False, "hasPasswordAuth": True,
    "isManaged": False, "dateJoined": _EARLIER, "lastLogin": None, "has2fa": True, "lastActive": _AT,
    "isSuperuser": False, "isStaff": False, "experiments": {}, "avatar": _AVATAR,
    "emails": [{"id": "9", "email": "ann@acme.test", "is_verified": True}],
}  # fmt: skip


def organization(region: str, slug: str = ORGANIZATION) -> Row:
    return {
        "id": "4501", "slug": slug, "name": slug.title(), "status": {"id": "active", "name": "active"},
        "dateCreated": _EARLIER, "isEarlyAdopter": False, "require2FA": False, "avatar": _AVATAR,
        "links": {"organizationUrl": f"https://{slug}.sentry.io", "regionUrl": region}, "hasAuthProvider": False,
        "allowMemberInvite": True, "allowMemberProjectCreation": True, "allowSuperuserAccess": False,
        "features": ["discover", "performance-view"], "access": ["event:read", "event:write", "project:read"],
    }  # fmt: skip


_PRODUCTS = """hasFeedbacks hasFlags hasMinifiedStackTrace hasMonitors hasNewFeedbacks hasProfiles hasReplays
    hasSessions hasInsightsHttp hasInsightsDb hasInsightsAssets hasInsightsAppStart hasInsightsScreenLoad
    hasInsightsVitals hasInsightsCaches hasInsightsQueues hasInsightsAgentMonitoring hasInsightsMCP hasLogs
    hasTraceMetrics"""
_EITHER_PROJECT: Row = {
    **_PROJECT_OF_ISSUE, "dateCreated": _EARLIER, "isBookmarked": False, "isMember": True, "features": ["releases"],
    "firstEvent": _EARLIER, "firstTransactionEvent": False, "access": ["project:read"], "hasAccess": True,
    **dict.fromkeys(_PRODUCTS.split(), False), "teams": [_TEAM], "platforms": ["python"],
    "latestRelease": {"version": VERSION},
}  # fmt: skip
PROJECT_ROW: Row = {
    **_EITHER_PROJECT, "team": _TEAM, "hasUserReports": False, "environments": ["production", "staging"],
}  # fmt: skip
SPARSE_PROJECT: Row = {
    **PROJECT_ROW, "id": "4508", "name": "New App", "slug": "new-app", "platform": None, "firstEvent": None,
    "team": None, "teams": [], "platforms": [], "environments": [], "latestRelease": None,
}  # fmt: skip
PROJECT_WHOLE: Row = {
    **_EITHER_PROJECT, "isInternal": False, "isPublic": False, "avatar": _AVATAR, "color": "#3fbf7f",
    "status": "active", "options": {"sentry:origins": "*"}, "digestsMinDelay": 300, "digestsMaxDelay": 1800,
    "subjectPrefix": "", "allowedDomains": ["*"], "resolveAge": 0, "dataScrubber": True, "dataScrubberDefaults": True,
    "safeFields": [], "storeCrashReports": None, "sensitiveFields": [], "subjectTemplate": "$shortID - $title",
    "securityToken": "not-for-a-model", "securityTokenHeader": None, "verifySSL": True, "scrubIPAddresses": False,
    "scrapeJavaScript": True, "enableAutoReleaseCreation": True, "highlightTags": ["environment"],
    "highlightContext": {}, "highlightPreset": {"tags": [], "context": {}}, "groupingConfig": "newstyle:2026-01-20",
    "derivedGroupingEnhancements": "", "groupingEnhancements": "", "secondaryGroupingExpiry": 0,
    "secondaryGroupingConfig": None, "fingerprintingRules": "", "organization": organization("https://us.sentry.io"),
    "processingIssues": 0, "defaultEnvironment": None, "relayPiiConfig": None, "builtinSymbolSources": [],
    "dynamicSamplingBiases": None, "symbolSources": "[]", "isDynamicallySampled": False,
    "tempestFetchScreenshots": False, "autofixAutomationTuning": "off", "seerScannerAutomation": False,
    "seerNightshiftTweaks": None, "scmSourceContextEnabled": False, "debugFilesRole": None, "team": _TEAM,
}  # fmt: skip

_ANY_ISSUE: Row = {
    "id": ISSUE_ID, "shareId": None, "shortId": SHORT_ID, "title": "PriceError: no price of SKU-7 in EUR",
    "culprit": "shop.cart in checkout", "permalink": f"https://{ORGANIZATION}.sentry.io/issues/{ISSUE_ID}/",
    "logger": None, "level": "error", "status": "unresolved", "statusDetails": {}, "substatus": "regressed",
    "isPublic": False, "platform": "python", "priority": "high", "priorityLockedAt": None, "seerFixabilityScore": 0.71,
    "seerAutofixLastTriggered": None, "seerExplorerAutofixLastTriggered": None, "project": _PROJECT_OF_ISSUE,
    "type": "error", "issueType": "error", "issueCategory": "error",
    "metadata": {"type": "PriceError", "value": "no price of SKU-7 in EUR", "filename": "shop/cart.py"},
    "numComments": 1, "assignedTo": {"type": "team", "id": "301", "name": "payments"}, "isBookmarked": False,
    "isSubscribed": False, "subscriptionDetails": None, "hasSeen": True,
    "annotations": [{"displayName": "ACME-12", "url": "https://tracker.acme.test/ACME-12"}],
    "isUnhandled": True, "count": "1234", "userCount": 56, "firstSeen": _EARLIER, "lastSeen": _AT,
}  # fmt: skip
ISSUE_CHANGED = _ANY_ISSUE
"""What a change is answered with lacks the rest of a whole issue."""
ISSUE_ROW: Row = {
    **_ANY_ISSUE, "stats": {"24h": [[1795550400, 3], [1795554000, 9]]}, "lifetime": {}, "filtered": None,
    "matchingEventId": None, "matchingEventEnvironment": None,
}  # fmt: skip
_COMMENT: Row = {
    "id": "5001", "type": "note", "user": USER, "data": {"text": "Seen after the price import."}, "dateCreated": _AT,
}  # fmt: skip
ISSUE_WHOLE: Row = {
    **_ANY_ISSUE, "firstRelease": {"version": "shop@2.0.0", "shortVersion": "2.0.0", "dateCreated": _EARLIER},
    "lastRelease": {"version": VERSION, "shortVersion": "2.1.0 (7)", "dateCreated": _AT},
    "tags": [{"key": "environment", "name": "Environment", "totalValues": 1234}],
    "stats": {"24h": [[1795550400, 3], [1795554000, 9]], "30d": [[1793000000, 100], [1793086400, 1134]]},
    "activity": [_COMMENT], "seenBy": [USER], "userReportCount": 0, "participants": [USER],
}  # fmt: skip
_NULL_OF_ISSUE = "culprit substatus platform priority assignedTo firstSeen lastSeen seerFixabilityScore"
_SPARSE_ISSUE: Row = {
    **_ANY_ISSUE, **dict.fromkeys(_NULL_OF_ISSUE.split()), "id": SPARSE_ID, "shortId": "SHOP-BACKEND-8",
    "permalink": f"https://{ORGANIZATION}.sentry.io/issues/{SPARSE_ID}/", "title": "<unlabeled event>",
    "level": "unknown", "type": "generic", "issueType": "metric_issue", "issueCategory": "metric", "metadata": {},
    "annotations": [], "project": {**_PROJECT_OF_ISSUE, "platform": None}, "numComments": 0, "count": "0",
    "userCount": 0,
}  # fmt: skip
SPARSE_ISSUE_ROW: Row = {
    **_SPARSE_ISSUE, "stats": {}, "lifetime": {}, "filtered": None, "matchingEventId": None,
    "matchingEventEnvironment": None,
}  # fmt: skip
_ABSENT = ("isUnhandled", "count", "userCount", "firstSeen", "lastSeen")
SPARSE_ISSUE: Row = {
    **{name: value for name, value in _SPARSE_ISSUE.items() if name not in _ABSENT},
    "activity": [], "seenBy": [], "userReportCount": 0, "participants": [],
}  # fmt: skip

_FRAME: Row = {
    "filename": "shop/cart.py", "absPath": "/srv/shop/cart.py", "module": "shop.cart", "package": None,
    "platform": None, "instructionAddr": None, "symbolAddr": None, "function": "price", "rawFunction": None,
    "symbol": None, "context": [[11, "def price(sku, currency):"], [12, "    rate = RATES[currency]"], [13,
    "    return rate"]],
    "lineNo": 12, "colNo": None, "inApp": True, "trust": None, "errors": None, "lock": None, "sourceLink": None,
    "vars": {"sku": "'SKU-7'", "currency": "'EUR'"},
}  # fmt: skip
_EXCEPTION: Row = {
    "type": "PriceError", "value": "no price of SKU-7 in EUR", "mechanism": {"type": "django", "handled": False},
    "threadId": None, "module": "shop.errors", "rawStacktrace": None,
    "stacktrace": {"frames": [_FRAME], "framesOmitted": None, "registers": None, "hasSystemFrames": True},
}  # fmt: skip
_EITHER_EVENT: Row = {
    "id": EVENT_ID, "groupID": ISSUE_ID, "eventID": EVENT_ID, "projectID": "4507", "message": "",
    "title": "PriceError: no price of SKU-7 in EUR", "location": "shop/cart.py", "culprit": "shop.cart in checkout",
    "user": {
        "id": "102", "email": None, "username": "bob", "ip_address": None, "name": None, "geo": {"city": "Vienna"},
        "data": None,
    },
    "tags": [
        {"key": "environment", "value": "production"},
        {"key": "release", "value": VERSION},
        {"key": "user", "value": "id:102", "query": 'user.id:"102"'},
    ],
    "platform": "python", "dateCreated": _AT, "crashFile": None, "metadata": {"type": "PriceError"},
}  # fmt: skip
EVENT_ROW: Row = {**_EITHER_EVENT, "event.type": "error"}
SPARSE_EVENT_ROW: Row = {
    **EVENT_ROW, "id": SPARSE_EVENT_ID, "eventID": SPARSE_EVENT_ID, "groupID": None, "location": None, "culprit": None,
    "user": None, "tags": [], "platform": None, "metadata": {},
}  # fmt: skip
FOUND_EVENT: Row = {
    **_EITHER_EVENT, "dateReceived": _AT, "contexts": {"trace": {"trace_id": TRACE_ID, "span_id": "cd" * 8}},
    "size": 9000, "dist": None, "sdk": {"name": "sentry.python", "version": "2.43.0"},
    "context": {"cart": "3 books"}, "packages": {}, "type": "error", "errors": [], "occurrence": None, "_meta": {},
    "fingerprints": ["5d41402abc4b2a76b9719d911017c592"],
    "groupingConfig": {"id": "newstyle:2026-01-20", "enhancements": ""},
    "entries": [
        {"type": "exception", "data": {"values": [_EXCEPTION], "hasSystemFrames": True, "excOmitted": None}},
        {"type": "breadcrumbs", "data": {"values": [
            {"type": "default", "timestamp": _AT, "level": "info", "message": "price asked", "category": "shop",
             "data": None, "event_id": None},
        ]}},
        {"type": "request", "data": {
            "apiTarget": None, "method": "POST", "url": "https://shop.acme.test/checkout", "query": [],
            "fragment": None, "data": None, "headers": [["Host", "shop.acme.test"]], "cookies": [], "env": None,
            "inferredContentType": None,
        }},
    ],
}  # fmt: skip
"""An event as its lookup brings it, without its place among others."""

_DEPLOY: Row = {
    "id": "41", "environment": "production", "dateStarted": None, "dateFinished": _AT, "name": "canary",
    "url": "https://deploys.acme.test/41",
}  # fmt: skip
_VERSION_INFO: Row = {
    "package": "shop", "version": {"raw": "2.1.0+7", "major": 2, "minor": 1, "patch": 0}, "description": "2.1.0 (7)",
    "buildHash": None,
}  # fmt: skip
_RELEASE_OF_EVENT: Row = {
    "id": 88, "commitCount": 1, "data": {}, "dateCreated": _AT, "dateReleased": None, "deployCount": 1, "ref": None,
    "lastCommit": None, "lastDeploy": _DEPLOY, "status": "open", "url": None, "userAgent": None, "version": VERSION,
    "versionInfo": _VERSION_INFO,
}  # fmt: skip
EVENT: Row = {
    **FOUND_EVENT, "release": _RELEASE_OF_EVENT, "userReport": None, "sdkUpdates": [], "resolvedWith": [],
    "nextEventID": None, "previousEventID": OLDEST_ID,
}  # fmt: skip
_ABSENT_OF_EVENT = ("culprit", "crashFile", "dateCreated", "fingerprints", "groupingConfig")
SPARSE_EVENT: Row = {
    **{name: value for name, value in EVENT.items() if name not in _ABSENT_OF_EVENT},
    **dict.fromkeys(("message", "location", "user", "dateReceived", "contexts", "size", "sdk", "context", "release")),
    "id": SPARSE_EVENT_ID, "eventID": SPARSE_EVENT_ID, "groupID": None, "tags": [], "entries": [], "metadata": {},
    "previousEventID": None, "type": "generic", "platform": "other",
}  # fmt: skip

TAG_VALUES: Row = {
    "key": "environment", "name": "Environment", "uniqueValues": 2, "totalValues": 1234,
    "topValues": [
        {"key": "environment", "name": "production", "value": "production", "count": 1200, "lastSeen": _AT,
         "firstSeen": _EARLIER, "query": None},
        {"key": "environment", "name": "(empty)", "value": None, "count": 34, "lastSeen": _AT, "firstSeen": _EARLIER},
    ],
}  # fmt: skip
LEVELS: Row = {
    "key": "level", "name": "Level", "uniqueValues": 1, "totalValues": 1234,
    "topValues": [
        {"key": "level", "name": "Error", "value": "error", "count": 1234, "lastSeen": _AT, "firstSeen": _EARLIER},
    ],
}  # fmt: skip
SPARSE_TAG: Row = {"key": "plan", "name": "Plan", "uniqueValues": None, "totalValues": None, "topValues": None}

_HEALTH: Row = {
    "durationP50": None, "durationP90": None, "crashFreeUsers": 99.5, "crashFreeSessions": 98.25, "totalUsers": 800,
    "totalUsers24h": 800, "totalProjectUsers24h": 1000, "totalSessions": 4000, "totalSessions24h": 4000,
    "totalProjectSessions24h": 5000, "adoption": 80.0, "sessionsAdoption": 80.0, "sessionsCrashed": 70,
    "sessionsErrored": 90, "hasHealthData": True, "stats": {},
}  # fmt: skip
_PROJECT_OF_RELEASE: Row = {
    "id": 4507, "slug": PROJECT, "name": "Shop Backend", "platform": "python", "platforms": ["python"],
    "hasHealthData": True, "newGroups": 2, "healthData": _HEALTH, "dateReleased": None, "dateCreated": _AT,
    "dateStarted": None,
}  # fmt: skip
_SMALL_AUTHOR: Row = {"name": None, "email": "ci@acme.test"}
_LAST_COMMIT: Row = {"id": COMMIT_ID, "message": "Ask the price in euros", "dateCreated": _AT}
RELEASE: Row = {
    "ref": None, "url": "https://deploys.acme.test/2.1.0", "dateReleased": None, "dateCreated": _AT,
    "dateStarted": None, "owner": None, "lastCommit": _LAST_COMMIT, "lastDeploy": _DEPLOY, "firstEvent": _EARLIER,
    "lastEvent": _AT, "currentProjectMeta": {}, "userAgent": None, "adoptionStages": None, "id": 88,
    "version": VERSION, "newGroups": 2,
    "status": "open", "shortVersion": "2.1.0 (7)", "versionInfo": _VERSION_INFO, "data": {}, "commitCount": 1,
    "deployCount": 1, "authors": [USER, _SMALL_AUTHOR], "projects": [_PROJECT_OF_RELEASE],
}  # fmt: skip
SPARSE_RELEASE: Row = {
    "id": 89, "version": "2.1.0-rc", "newGroups": 0, "status": "open", "shortVersion": "2.1.0-rc",
    "versionInfo": None, "data": {}, "commitCount": 0, "deployCount": 0, "authors": [],
    "projects": [{"id": 4507, "slug": PROJECT, "name": "Shop Backend", "platform": None, "platforms": None,
                  "hasHealthData": False, "newGroups": 0}],
}  # fmt: skip
COMMIT: Row = {
    **_LAST_COMMIT, "pullRequest": None, "suspectCommitType": "", "author": USER, "releases": [],
    "repository": {"id": "6", "name": "acme/shop", "dateCreated": _EARLIER, "url": "https://git.acme.test/acme/shop"},
}  # fmt: skip
SPARSE_COMMIT: Row = {
    "id": "1f" * 20, "message": None, "dateCreated": _EARLIER, "pullRequest": None, "suspectCommitType": "",
    "author": {}, "releases": [],
}  # fmt: skip
DEPLOYS: list[Row] = [_DEPLOY, {**_DEPLOY, "id": "40", "environment": "staging", "name": None, "url": None}]

# Sentry's own pages ask these; its description of the API leaves them out.
PULL_REQUEST: Row = {
    "id": "12", "title": "Prices in euros", "message": None, "dateCreated": _EARLIER,
    "repository": COMMIT["repository"], "author": USER, "externalUrl": "https://git.acme.test/acme/shop/pull/12",
}  # fmt: skip
COMMITTERS: Row = {"committers": [{"author": USER, "commits": [
    {**COMMIT, "suspectCommitType": "via commit in release", "score": 3, "pullRequest": PULL_REQUEST},
]}]}  # fmt: skip
CODE_MAPPING: Row = {
    "id": "71", "projectId": "4507", "projectSlug": PROJECT, "repoId": "6", "repoName": "acme/shop",
    "integrationId": "21",
    "provider": {"key": "github", "slug": "github", "name": "GitHub", "canAdd": True, "canDisable": False,
                 "features": ["stacktrace-link"], "aspects": {}},
    "stackRoot": "shop/", "sourceRoot": "backend/shop/", "defaultBranch": "main", "automaticallyGenerated": False,
}  # fmt: skip
SPARSE_CODE_MAPPING: Row = {
    **CODE_MAPPING, "id": "72", "integrationId": None, "provider": None, "stackRoot": "", "sourceRoot": "",
    "defaultBranch": None, "repoId": "7", "repoName": "acme/other", "automaticallyGenerated": True,
}  # fmt: skip
SUSPECT_FLAGS: Row = {"data": [
    {"flag": "new-prices", "score": 0.016, "baseline_percent": 0.125, "is_filtered": False,
     "distribution": {"baseline": {"true": 5, "false": 35}, "outliers": {"true": 5}}},
    {"flag": "dark-mode", "score": 0.0, "baseline_percent": 0.5, "is_filtered": True,
     "distribution": {"baseline": {"true": 20, "false": 20}, "outliers": {"true": 2, "false": 3}}},
]}  # fmt: skip
COMMENT_POSTED: Row = {**_COMMENT, "id": "5002"}

TRACE: list[Row] = traces.checkout(EVENT_ID)
TRACE_META: Row = traces.counts(18, errors=1, logs=2)
LOGS_OF_TRACE: Row = traces.table([
    traces.log(1, 1_100, "no answer within 800 ms, giving up", severity="warn", span_id=f"{31:016x}"),
    traces.log(2, 16, "checkout of 12 products"),
])  # fmt: skip
