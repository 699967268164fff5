"""Events of each kind other than a plain error of a language, as SDKs and Sentry shape them."""

from specimens import of, source

from sentry.models import Event


def not_responding() -> Event:
    loop = {"module": "android.os.Looper", "function": "loop", "filename": "Looper.java", "lineNo": 22, "inApp": False}
    ours = {"module": "com.acme.Main", "function": "sync", "filename": "Main.kt", "lineNo": 44, "inApp": True}
    blocked = {"module": "java.lang.Thread", "function": "sleep", "filename": "Thread.java", "inApp": False}
    value = {
        "type": "ApplicationNotResponding",
        "value": "ANR for at least 5000 ms.",
        "module": "io.sentry.android.core",
        "threadId": 1,
        "mechanism": {"type": "ANR", "handled": False},
        "stacktrace": {"frames": [loop, ours, blocked]},
    }
    threads = [{"id": 1, "name": "main", "crashed": True}, {"id": 2, "name": "pool"}]
    return of(
        {"type": "exception", "data": {"values": [value]}},
        {"type": "threads", "data": {"values": threads}},
        platform="java",
        title="ApplicationNotResponding: ANR for at least 5000 ms.",
    )


def threads() -> Event:
    work = {"filename": "shop/work.py", "function": "work", "lineNo": 7, "inApp": True}
    return of(
        {
            "type": "threads",
            "data": {
                "values": [
                    {"id": 1, "name": "main", "stacktrace": {"frames": [{**work, "function": "wait"}]}},
                    {"id": 2, "name": "worker-2", "current": True, "stacktrace": {"frames": [work]}},
                ]
            },
        },
        platform="python",
        title="the queue is full",
        message="the queue is full",
    )


def message() -> Event:
    words = {"message": "payment provider %s answered after %s s", "params": ["acme", 8]}
    return of({"type": "message", "data": words}, title=words["message"], dateCreated="2026-11-24T21:39:17Z")


def csp() -> Event:
    report = {
        "document_uri": "https://shop.example.test/",
        "effective_directive": "script-src",
        "blocked_uri": "https://evil.example.test/x.js",
        "original_policy": "default-src 'self'; script-src 'self'",
        "violated_directive": "script-src-elem",
        "referrer": "",
        "source_file": "https://shop.example.test/app.js",
        "line_number": 12,
        "disposition": "enforce",
        "status_code": 200,
    }
    return of({"type": "csp", "data": report}, title="Blocked 'script' from 'evil.example.test'", type="csp")


def template() -> Event:
    lines = source(10, "<ul>\n{% for line in lines %}\n  <li>{{ line.price|nope }}</li>\n{% endfor %}")
    found = {"filename": "cart.html", "absPath": "/srv/templates/cart.html", "lineNo": 12, "context": lines}
    return of({"type": "template", "data": found}, title="TemplateSyntaxError: Invalid filter: 'nope'")


EVENTS = {
    "not_responding": not_responding,
    "threads": threads,
    "message": message,
    "csp": csp,
    "template": template,
}
