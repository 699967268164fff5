"""A Sentry whose token sees several organizations, each of which an embedded one holds; it knows issues by their number
alone, too, whosever they are, as older Sentry does."""

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager

import httpx
from standins.sockets import Request, Server, Wire, listening
from standins.traces import Row, counts, table
from wire import Sentry

NOT_THERE = {"detail": "The requested resource does not exist"}


@asynccontextmanager
async def of_organizations(
    sentries: Iterable[Sentry], traces: Mapping[tuple[str, str], tuple[list[Row], list[Row]]] | None = None
) -> AsyncGenerator[Server]:
    """`traces` are theirs, by organization and ID: the spans and the logs of each, those that come later, too."""
    sentries, traces = list(sentries), {} if traces is None else traces
    async with httpx.AsyncClient(base_url=sentries[0].embedded.url) as onward:

        async def asked(request: Request, sentry: Sentry) -> httpx.Response:
            headers = {"authorization": f"Bearer {sentry.token}", "host": request.headers["host"]}
            headers |= {"content-type": request.headers["content-type"]} if request.body else {}
            return await onward.request(request.method, request.target, headers=headers, content=request.body)

        async def handle(request: Request, wire: Wire) -> None:
            match request.path.removeprefix("/api/0/").strip("/").split("/"):
                case ["organizations"]:
                    rows = [row for sentry in sentries for row in (await asked(request, sentry)).json()]
                    await wire.answer(body=json.dumps(rows).encode())
                    return
                case ["organizations", organization, "trace", trace]:
                    await wire.answer(body=json.dumps(traces.get((organization, trace), ([], []))[0]).encode())
                    return
                case ["organizations", organization, "trace-meta", trace]:
                    spans, logs = traces.get((organization, trace), ([], []))
                    await wire.answer(body=json.dumps(counts(len(spans), 0, len(logs))).encode())
                    return
                case ["organizations", organization, "events"] if request.query.get("dataset") == "logs":
                    trace = request.query["query"].removeprefix("trace:")
                    await wire.answer(body=json.dumps(table(traces.get((organization, trace), ([], []))[1])).encode())
                    return
                case ["organizations" | "projects", organization, *_]:
                    those = [sentry for sentry in sentries if sentry.organization == organization]
                case _:
                    those = sentries
            answers = [await asked(request, sentry) for sentry in those] or [httpx.Response(404, json=NOT_THERE)]
            answer = next((answer for answer in answers if answer.status_code != 404), answers[0])
            link = {"Link": answer.headers["link"]} if "link" in answer.headers else {}
            await wire.answer(answer.status_code, answer.content, answer.headers.get("content-type", ""), **link)

        async with listening(handle) as server:
            yield server
