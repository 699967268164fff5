"""Client keys as the Web API shows them (https://docs.sentry.io/api/projects/retrieve-a-client-key/)."""

from local.values import Json

_NOT_SERVED = (
    "csp",
    "security",
    "minidump",
    "nel",
    "unreal",
    "crons",
    "cdn",
    "playstation",
    "integration",
    "otlp_traces",
    "otlp_logs",
)
"""What else than envelopes Sentry takes in with a key."""


def key_shape(public: str, project: int, base_url: str) -> dict[str, Json]:
    """The key of a project; it has no secret half."""
    scheme, _, host = base_url.partition("://")
    dsn = f"{scheme}://{public}@{host}/{project}"
    return {
        "id": public,
        "name": "Default",
        "label": "Default",
        "public": public,
        "secret": None,
        "projectId": project,
        "isActive": True,
        "rateLimit": None,
        "dsn": {"public": dsn, "secret": dsn, **dict.fromkeys(_NOT_SERVED, "")},
        "browserSdkVersion": "",
        "browserSdk": {"choices": []},
        "dateCreated": None,
        "dynamicSdkLoaderOptions": {
            "hasReplay": False,
            "hasPerformance": False,
            "hasDebug": False,
            "hasFeedback": False,
            "hasLogsAndMetrics": False,
        },
    }
