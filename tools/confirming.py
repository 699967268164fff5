"""Asks the user, through the client, before something is changed.

Clients of 2026 are answered with the question, and call again with the answer
(https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation); older ones are asked in mid-call. What a
client of 2026 brings along is sealed by the SDK for this caller, tool and these arguments, and holds for ten minutes;
here it is held to the question as it was shown, and lets one call through.
"""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitRequest, ElicitRequestedSchema, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp.types.version import is_version_at_least
from pydantic import ValidationError

import service
from service.answers import Answers
from service.confirming import ANSWER_WITHIN, NotConfirmedError, Once
from tools.updates import issues_in

ANSWERED_BY_CALLING_AGAIN = "2026-07-28"
KEY = "confirm"
NOTHING_TO_FILL_IN: ElicitRequestedSchema = {"type": "object", "properties": {}}
"""To accept is to agree."""
MOST_SHOWN = 1_000
"""Characters of one argument; of a longer one it is said how long it is."""
TITLE = 100

DECLINED = "The user declined, and nothing was changed. Do not try again unless they ask for it."
CANCELLED = "The user did not say whether this may be changed, and nothing was. Ask them before trying again."
UNANSWERED = "The user did not answer in time, and nothing was changed. Ask them before trying again."
IMPOSSIBLE = (
    "The user must confirm each change, and this client has no way to ask them (elicitation, over a connection that "
    "lasts). Nothing was changed. Tell the user what you would change, and leave it to them."
)


async def ask_user(
    ask: Callable[[], Awaitable[str]], context: Context[Any, Any], once: Once
) -> InputRequiredResult | None:
    """None when the user has agreed, else what the client is to be answered with; raises NotConfirmedError."""
    by_calling_again = is_version_at_least(context.protocol_version or "", ANSWERED_BY_CALLING_AGAIN)
    if not _offers_forms(context) or not (by_calling_again or context.session.can_send_request):
        raise NotConfirmedError(IMPOSSIBLE, "impossible")
    message = await ask()
    if by_calling_again:
        said = await _brought_along(message, context, once)
        if said is None:
            return _asking(message)
    else:
        said = await _asked_in_mid_call(message, context)
    if said.action == "decline":
        raise NotConfirmedError(DECLINED, "declined")
    if said.action == "cancel":
        raise NotConfirmedError(CANCELLED, "cancelled")
    return None


async def question(title: str, arguments: Mapping[str, Any], answers: Answers) -> str:
    """What the user is to agree to: each argument, and each issue by its short ID. Others wrote the titles."""
    lines = [f"Make this change in Sentry? {title}"]
    for name, value in arguments.items():
        if name == "issue":
            for one in await service.affected.affected_issues(issues_in(str(value))):
                if one.error is not None:
                    lines.append(f"- {_quoted(one.named, answers)}: cannot be looked up ({one.error.error})")
                else:
                    named = answers.own_words(f"{one.name} ({one.status})")
                    lines.append(f"- {named}: {_in_quotes(answers.title(one.title, TITLE))}")
        else:
            lines.append(f"{name}: {_quoted(value, answers)}")
    lines.append("What stands in quotation marks was written by others: an issue's title by whoever sends errors.")
    return "\n".join(lines)


def _quoted(value: Any, answers: Answers) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    more = f" and so on, {len(text)} characters in all" if len(text) > MOST_SHOWN else ""
    return _in_quotes(answers.own_words(text[:MOST_SHOWN])) + more


def _in_quotes(text: str) -> str:
    """So that it cannot end them."""
    return f"“{text.replace('“', chr(34)).replace('”', chr(34))}”"


def _offers_forms(context: Context[Any, Any]) -> bool:
    """A capability without modes stands for forms, from before there were others."""
    offered = context.client_capabilities.elicitation if context.client_capabilities else None
    return offered is not None and (offered.form is not None or offered.url is None)


def _asking(message: str) -> InputRequiredResult:
    asked = ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=NOTHING_TO_FILL_IN))
    state = {"asked": _digest(message), "once": secrets.token_urlsafe(16)}
    return InputRequiredResult(input_requests={KEY: asked}, request_state=json.dumps(state))


async def _brought_along(message: str, context: Context[Any, Any], once: Once) -> ElicitResult | None:
    """The answer to this very question; None where there is none that still holds."""
    said = (context.input_responses or {}).get(KEY)
    if context.request_state is None or not isinstance(said, ElicitResult):
        return None
    state = json.loads(context.request_state)
    holds = state["asked"] == _digest(message) and await once.lets(state["once"])
    return said if holds else None


async def _asked_in_mid_call(message: str, context: Context[Any, Any]) -> ElicitResult:
    try:
        with anyio.fail_after(ANSWER_WITHIN):
            said: ElicitResult = await context.session.elicit_form(message, NOTHING_TO_FILL_IN, context.request_id)
    except TimeoutError:
        raise NotConfirmedError(UNANSWERED, "unanswered") from None
    except (MCPError, ValidationError):  # it says that it cannot, or says nothing that could be understood
        raise NotConfirmedError(IMPOSSIBLE, "impossible") from None
    return said


def _digest(message: str) -> str:
    return hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
