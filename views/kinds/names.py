"""What Sentry calls its kinds of issues."""

import re
from typing import Annotated

from views.bounds import WORD
from views.results import Form

# By `issueType`, in the words of Sentry's own pages: getsentry/sentry, src/sentry/issues/grouptype.py and
# src/sentry/issue_detection/grouptype.py.
NAMES = {
    "performance_slow_db_query": "Slow DB Query",
    "performance_render_blocking_asset_span": "Large Render Blocking Asset",
    "performance_n_plus_one_db_queries": "N+1 Query",
    "performance_n_plus_one_db_queries_experimental": "N+1 Query",
    "performance_consecutive_db_queries": "Consecutive DB Queries",
    "performance_file_io_main_thread": "File IO on Main Thread",
    "performance_consecutive_http": "Consecutive HTTP",
    "performance_n_plus_one_api_calls": "N+1 API Call",
    "performance_n_plus_one_api_calls_experimental": "N+1 API Call",
    "performance_m_n_plus_one_db_queries": "MN+1 Query",
    "performance_m_n_plus_one_db_queries_experimental": "MN+1 Query",
    "performance_uncompressed_assets": "Uncompressed Asset",
    "performance_db_main_thread": "DB on Main Thread",
    "performance_large_http_payload": "Large HTTP payload",
    "performance_http_overhead": "HTTP/1.1 Overhead",
    "performance_p95_endpoint_regression": "Endpoint Regression",
    "db_query_injection_vulnerability": "Potential Database Query Injection Vulnerability",
    "query_injection_vulnerability": "Potential Query Injection Vulnerability",
    "profile_file_io_main_thread": "File I/O on Main Thread",
    "profile_image_decode_main_thread": "Image Decoding on Main Thread",
    "profile_json_decode_main_thread": "JSON Decoding on Main Thread",
    "profile_regex_main_thread": "Regex on Main Thread",
    "profile_frame_drop": "Frame Drop",
    "profile_function_regression": "Function Regression",
    "monitor_check_in_failure": "Crons Monitor Failed",
    "monitor_check_in_timeout": "Crons Monitor Failed",
    "monitor_check_in_missed": "Crons Monitor Failed",
    "replay_click_dead": "Dead Click Detected",
    "replay_click_rage": "Rage Click Detected",
    "replay_hydration_error": "Hydration Error Detected",
    "feedback": "Feedback",
    "uptime_domain_failure": "Uptime Domain Monitor Failure",
    "metric_issue": "Metric issue triggered",
    "web_vitals": "Web Vitals",
}
BEGINNINGS = ("User Feedback: ", "Monitor failure: ")
"""Of titles, which say but the kind: getsentry/sentry, src/sentry/feedback/usecases/ingest/create_feedback.py and
src/sentry/monitors/logic/incident_occurrence.py."""
ERRORS = (None, "error", "default")
IssueType = Annotated[str, Form("issue type", re.compile(f"{'|'.join(map(re.escape, NAMES))}|{WORD.pattern}"))]
"""Of one that is not known, what has the form of a word: an odd server could write a sentence with underscores."""


def name_of(issue_type: str | None) -> str | None:
    """None for an error."""
    return None if issue_type in ERRORS else NAMES.get(issue_type or "", issue_type)
