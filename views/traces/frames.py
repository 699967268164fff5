"""One call of a stack trace as it is shown: bounded, cleaned as a whole, cut, narrowed."""

import re
from typing import Any, Self

from sentry.models import Frame as SentryFrame
from sentry.values import as_list, as_object
from views.bounds import DETAIL, RAW, briefs, cut, cut_around, line, plain_object, raw, size
from views.results import ByMember, Cleaner, Details, Evidence, Part
from views.secrets.redaction import REDACTED
from views.traces.code_links import blob_link
from views.traces.code_mappings import Code
from views.traces.protocols import in_words, without_protocol

AROUND = 5
"""Lines of source before and after a call."""
LOCAL = 120
"""Characters of a local."""
LOCALS = 12
CODE = 160
"""Characters of a line of source: of minified code there is one endless line."""
_BEFORE = RAW // 2
"""Characters of it that are looked at before the failing column: a key whose start is cut off is not shown either."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NOISE = ("<module ", "<built-in ", "<class ", "<_frozen", "<frozen ", "<function ", "<bound method ")
_BARE_OBJECT = re.compile(r"<[\w.<>\\$]{1,200} object(?: at 0x[0-9a-fA-F]+)?>")
BUNDLERS = ("webpack-internal:///", "webpack:///", "app:///", "file:///")
_ITSELF = ("self", "cls", "this")
_ARGUMENTS = ("args", "kwargs")
_SOURCE = frozenset({"pre_context", "context_line", "post_context"})
_ONE_LINE = dict.fromkeys(
    ("filename", "function", "module", "abs_path", "package", "address", "repository", "path"), 200
)
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


class Frame(Part):
    """One call; the first six are Sentry's names and are always there."""

    filename: Evidence | None
    function: Evidence | None
    lineno: int | None
    context_line: Evidence | None
    pre_context: list[Evidence]
    post_context: list[Evidence]
    colno: int | None = None
    module: Evidence | None = None
    in_app: bool | None = None
    vars: Details = {}
    abs_path: Evidence | None = None
    package: Evidence | None = None
    address: Evidence | None = None
    folded: Evidence | None = None  # what was left out before this call
    repository: ByMember | None = None
    path: Evidence | None = None  # of the file in its repository
    link: ByMember | None = None  # to the line: of the last call whose file is known

    @property
    def name(self) -> str:
        return call_name(self.module, self.function, self.filename)

    @property
    def size(self) -> int:
        """About how many characters it will take."""
        lines = [*self.pre_context, self.context_line or "", *self.post_context]
        source = sum(min(len(text), CODE) + 6 for text in lines)
        local = sum(min(size(value), LOCAL) + len(name) + 6 for name, value in list(self.vars.items())[:LOCALS])
        return 100 + len(self.folded or "") + source + local

    def cleaned(self, cleaner: Cleaner) -> Self:
        """Lines of source are cleaned together: a private key spans some."""
        changes = self.clean_fields(cleaner, apart=_SOURCE)
        source = [*self.pre_context, self.context_line or "", *self.post_context]
        if any(source):
            clean, here = _clean_lines(source, cleaner), len(self.pre_context)
            changes |= {"pre_context": clean[:here], "post_context": clean[here + 1 :]}
            if self.context_line is not None:
                changes["context_line"] = clean[here]
        return self.with_changes(**changes)

    def bounded(self) -> Self:
        """With locals as plain JSON of a bounded size: until then they are the event's own."""
        return self.model_copy(update={"vars": plain_object(self.vars)}) if self.vars else self

    def in_repository(self) -> Self:
        """With the path that its file has there, where that is known."""
        return self.with_changes(filename=self.path) if self.path else self

    def narrowed(self, around: int) -> Self:
        """With at most that many lines of source on each side."""
        if max(len(self.pre_context), len(self.post_context)) <= around:
            return self
        before = self.pre_context[-around:] if around else []
        return self.model_copy(update={"pre_context": before, "post_context": self.post_context[:around]})

    def faded(self) -> Self:
        """Only the call and its own line."""
        return self.narrowed(0).model_copy(update={"vars": {}}) if self.vars else self.narrowed(0)

    def shown(self, scale: float) -> Self:
        """With texts cut to what is worth reading."""
        code = cut_around(self.context_line, CODE, _column(self.colno)) if self.context_line else self.context_line
        local = {name: in_words(value) for name, value in self.vars.items()}
        changes: dict[str, Any] = {
            "pre_context": [cut(text, CODE) for text in self.pre_context],
            "context_line": code,
            "post_context": [cut(text, CODE) for text in self.post_context],
            "vars": briefs(local, LOCAL * scale, int(LOCALS * max(1, scale))),
        }
        return self.model_copy(update=changes).with_texts(line, **_ONE_LINE).with_texts(cut, folded=400)

    def with_locals(self, length: float, items: int) -> Self:
        return self.model_copy(update={"vars": briefs(self.vars, length, items)}) if self.vars else self


def call_name(module: Any, function: Any, filename: Any) -> str:
    where = line(module or unbundled(filename or ""), DETAIL)
    what = line(function or "", DETAIL)
    qualified = what.startswith((f"{where}.", f"{where}::"))
    return f"{where}.{what}" if where and what and not qualified else what or where or "?"


def unbundled(filename: Any) -> str:
    """`./src/cart.js` of `webpack:///./src/cart.js`."""
    name = str(filename)
    for bundler in BUNDLERS:
        name = name.removeprefix(bundler)
    return name


def frame(row: dict[str, Any], note: str | None, around: int, with_locals: bool, code: Code | None = None) -> Frame:
    """A call of an event, whichever way it is written."""
    read = SentryFrame.model_validate(
        {
            **{key: value for key, value in row.items() if value is not None and key not in _LARGE},
            "context": _near(row.get("context"), row.get("lineNo", row.get("lineno")), around),
            "pre_context": (as_list(row.get("pre_context")) or [])[-around:] if around else [],
            "post_context": (as_list(row.get("post_context")) or [])[:around],
        }
    )
    before, here, after = read.source()
    path = read.abs_path
    place = code.place(read) if code else None
    return Frame(
        filename=raw(read.filename),
        function=raw(read.function or read.symbol),
        lineno=read.line_no,
        context_line=_around_column(here, read.col_no) if here is not None else None,
        pre_context=[_one_line(text) for text in (before[-around:] if around else [])],
        post_context=[_one_line(text) for text in after[:around]],
        colno=read.col_no,
        module=raw(read.module),
        in_app=read.in_app,
        vars=_locals(as_object(row.get("vars")) or {}) if with_locals else {},
        abs_path=raw(path) if path and not path.endswith(read.filename or "\0") else None,
        package=raw(read.package),
        address=raw(read.instruction_addr),
        folded=note,
        repository=raw(place.repository) if place else None,
        path=raw(place.path) if place else None,
        link=blob_link(code, place, read.line_no) if code and place else None,
    )


_LARGE = ("vars", "context", "pre_context", "post_context")


def _near(context: Any, number: Any, around: int) -> list[Any]:
    """Rows of `[number, "source"]` close to the call: servers may send the whole file."""
    if not isinstance(number, int):
        return []
    return [
        row
        for row in (as_list(context) or [])[:2_000]
        if (pair := as_list(row)) and len(pair) == 2 and isinstance(pair[0], int) and abs(pair[0] - number) <= around
    ]


def _column(column: int | None) -> int:
    """Where the failing column stands in what was taken of its line."""
    return max(0, min(column or 0, _BEFORE))


def _around_column(text: str, column: int | None) -> str:
    at = _column(column)
    start = max(0, (column or 0) - at)
    return _BREAKS.sub(" ", text[start : start + max(DETAIL, at + DETAIL // 2)])


def _one_line(text: str) -> str:
    some = text[:DETAIL]
    return some if some.isprintable() else _BREAKS.sub(" ", some)  # none of the breaks is printable


def _locals(found: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: modules, functions, dunders, a bare `self`, empty arguments, addresses of objects; and
    of a server's own notes of its request without what is told elsewhere."""
    kept: dict[str, Any] = {}
    for name, value in list(found.items())[:80]:
        if (name.startswith("__") and name.endswith("__")) or _noise(name, value):
            continue
        fields = as_object(value)
        if fields and (beside := without_protocol(fields)) is not None:
            kept[name] = beside
            continue
        kept[name] = _ADDRESS.sub("", value[:DETAIL]) if isinstance(value, str) and value.startswith("<") else value
    return kept


def _noise(name: str, value: Any) -> bool:
    if name in _ARGUMENTS and (value in ("()", "[]", "{}") or not value):
        return True
    if name == "start_response":
        return True
    is_bare = isinstance(value, str) and name in _ITSELF and _BARE_OBJECT.fullmatch(value) is not None
    return is_bare or (isinstance(value, str) and value.startswith(_NOISE))


def _clean_lines(lines: list[str], cleaner: Cleaner) -> list[str]:
    """As many lines as before: of a secret that spans some, each becomes the mark of what was hidden."""
    single = [cleaner.text(text) if _alone(text) else text for text in lines]
    clean = cleaner.text("\n".join(single)).split("\n")
    if len(clean) == len(lines):
        return clean
    first = next((n for n, (was, now) in enumerate(zip(single, clean, strict=False)) if was != now), len(clean))
    last = next((n for n, (was, now) in enumerate(zip(single[::-1], clean[::-1], strict=False)) if was != now), 0)
    last = min(last, len(lines) - first)
    return [*single[:first], *[REDACTED] * (len(lines) - first - last), *single[len(lines) - last :]]


def _alone(text: str) -> bool:
    """A line of a key's base64 is told by its length, which it has only alone."""
    return 64 <= len(text.strip()) <= 96 and " " not in text.strip()
