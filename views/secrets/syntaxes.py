"""Values that do not follow their name: options of commands, rows of SQL, comparisons, fields the other way round."""

import re
from collections.abc import Callable

from views.secrets.endings import end_of_argument, end_of_run, whole
from views.secrets.names import Secret, is_symbolic, looks_like_credential, says_nothing
from views.secrets.replacing import REDACTED, Span, Work, replaced

Secrecy = Callable[[str], Secret]

_FLAG = re.compile(r"-(?<![\w-]-)-?([A-Za-z][\w.-]{1,60}+)[ \t]{1,3}(?![-\[<{(\"'])(?=\S)")
_USER = re.compile(r"-(?<=[\s\"',]-)(?:u|-user)[ \t=]?[\"']?[^\s:\"']{1,128}+:(?<!http:)(?<!https:)(?=[^\s\"'])")
# Commands whose password has an option of one letter, and that option.
_OPTIONS = {
    "p": "mysql mysqladmin mysqldump mysqlimport mariadb mariadb-dump sshpass mongo mongosh mongodump 7z rar unrar",
    "p ": "sshpass mongo mongosh mongodump mongorestore docker+login podman+login az+login",
    "P ": "sqlcmd bcp isql osql zip unzip mosquitto_pub mosquitto_sub",
    "pw ": "plink pscp psftp",
    "a ": "redis-cli",
    "w ": "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami",
}
_TAKING = {option: frozenset(command.replace("+", " ") for command in of.split()) for option, of in _OPTIONS.items()}
_COMMANDS = frozenset(command for of in _TAKING.values() for command in of)
_COMMAND = re.compile(rf"(?<![\w.-])({'|'.join(sorted(_COMMANDS, key=len, reverse=True))})(?=[\s\"'])")
_OPTION = re.compile(r"-(?<=[\s\"',]-)(pw|[pPaw])(?:([ \t]{1,3}|[\"'],[ \t]?(?=[\"']))[\"']?|[\"']?)(?=[^\s\"'])")
_REACH = 300

_INSERT = re.compile(
    r"(?:insert\s{1,4}(?:ignore\s{1,4}|or\s\w{1,10}\s)?|replace\s{1,4})into\s{1,4}[\w.\\\"`\[\]]{1,128}+\s{0,4}"
    r"\((?P<columns>[^()]{1,2000}+)\)\s{0,8}(?:values|value)\s{0,4}(?=\()",
    re.IGNORECASE,
)
_CELL = re.compile(
    r"[\s(]{0,8}+(?P<value>(?:[NnEeXxBb]?'(?>(?:[^'\\]|\\.|'')*)'?|\\*\"(?>(?:[^\"\\]|\\[^\"])*)\\*\"?)"
    r"|[^,()'\"]*+(?:\([^()]*+\)[^,()'\"]*+)?)\s{0,8}+(?P<next>,|\)\s{0,4},?)?"
)

# `"hunter2" == password`, `"hunter2".equals(password)`
_COMPARED = re.compile(
    r"[\"'`](?:[ \t]{0,3}(?:[!=]={1,2}|<>)[ \t]{0,3}|\.(?:equals(?:IgnoreCase)?|compareTo)\()"
    r"(?P<name>(?![0-9])[\w$@][\w$.>-]{0,80}+)"
)
# {"value": "hunter2", "msg": "...", "param": "password"}
_VALUE_FIRST = re.compile(
    r"[\"'](?:[Vv]alue|input)(?P<q>\\{0,4}[\"'])\s?[:=]\s?(?P=q)(?P<value>[^\"'\n]{1,512}?)(?P=q)"
    r"(?:[\s,]{1,8}+(?P=q)(?:msg|message|type|location|in)(?P=q)\s?:\s?(?P=q)[^\"'\\\n]{0,160}+(?P=q)){0,3}"
    r"[\s,]{1,8}+(?P=q)(?:[Nn]ame|[Kk]ey|[Ff]ield|[Pp]aram|[Pp]ath|loc|property)(?P=q)\s?:\s?\[?"
    r"(?:(?P=q)\w{1,20}+(?P=q)[\s,]{1,3}+)?(?P=q)(?P<name>[\w.-]{1,80}+)(?P=q)"
)

# ConvertTo-SecureString "hunter2" -AsPlainText
_SECURE = re.compile(
    r"-SecureString[ \t]{1,3}(?:-String[ \t]{1,3})?(?P<q>[\"'])(?P<value>[^\n]{1,240}?)(?P=q)(?=[ \t\n)|]|\Z)"
)

# auth=("ann", "hunter2"), HTTPBasicAuth("ann", "hunter2")
_PAIRED = re.compile(
    r"[Aa]uth(?:\\{0,4}[\"'])?(?:[ \t]{0,2}[=:][ \t]{0,2}[(\[]|(?:(?<=BasicAuth)|(?<=DigestAuth))\()(?P<q>\\{0,4}[\"'])"
    r"[^\"'\\\n]{1,128}+(?P=q),[ \t]?(?P<r>\\{0,4}[\"'])(?P<value>(?>(?:[^\"'\\\n]|\\[^\"'\n]){1,256}))(?P=r)[)\]]"
)


def hide_rows(text: str, lowered: str, work: Work, secrecy: Secrecy) -> str:
    """`INSERT INTO users (name, password) VALUES ('ann', 'hunter2'), ...`."""
    if "into " not in lowered or "value" not in lowered:
        return text
    kept: list[str] = []
    done = at = 0
    for insert in _INSERT.finditer(text):
        if insert.start() < at:
            continue
        columns = [secrecy(column.strip('\\"`[] \n\t')) for column in insert["columns"].split(",")]
        work.spend(len(columns))
        at, column = insert.end(), 0
        if all(secret is Secret.NO for secret in columns):
            continue
        while cell := _CELL.match(text, at):
            work.spend(2)
            if column < len(columns) and _is_cell(cell["value"], columns[column]):
                begin, end = cell.span("value")
                quoted = text[begin] in "'\""
                kept += (text[done : begin + quoted], REDACTED)
                done = end - (quoted and text[end - 1] == text[begin] and end - begin > 1)
            at, column = cell.end(), column + 1
            if cell["next"] is None or cell.end() == cell.start():
                break
            if cell["next"][0] == ")":
                if not cell["next"].endswith(","):
                    break
                column = 0
    return "".join((*kept, text[done:])) if kept else text


def _is_cell(value: str, secret: Secret) -> bool:
    plain = value.strip("'\" ")
    if secret is Secret.NO or says_nothing(plain) or plain == REDACTED:
        return False
    placeholder = plain[:1] in ("?", ":", "%", "@", "$") and value[:1] not in ("'", '"')
    return not placeholder and (secret is Secret.YES or looks_like_credential(plain))


def hide_turned(text: str, work: Work, secrecy: Secrecy) -> str:
    """Values before their names."""

    def compared(match: re.Match[str], done: int) -> Span | None:
        name = re.split(r"\.|->", match["name"].rstrip(".>-"))[-1]
        end = match.start()
        line = text.rfind("\n", done, end) + 1
        begin = text.rfind(text[end], max(done, line, end - 256), end) + 1
        if begin <= 0 or secrecy(name) is not Secret.YES or says_nothing(text[begin:end]):
            return None
        return begin, end

    def first(match: re.Match[str], _done: int) -> Span | None:
        secret, value = secrecy(match["name"]), match["value"]
        hidden = secret is Secret.YES or (secret is Secret.MAYBE and looks_like_credential(value))
        return match.span("value") if hidden and not says_nothing(value) and value != REDACTED else None

    if "=" in text or ".equals" in text or "<>" in text:
        text = replaced(text, _COMPARED, work, compared)
    if "uth" in text:
        text = replaced(text, _PAIRED, work, lambda match, _done: match.span("value"))
    return replaced(text, _VALUE_FIRST, work, first) if "alue" in text or "input" in text else text


def hide_flags(text: str, work: Work, secrecy: Secrecy) -> str:
    """`--password hunter2`, `mysql -phunter2`, `curl -u ann:hunter2`."""

    def flag(match: re.Match[str], _done: int) -> Span | None:
        if secrecy(match[1]) is not Secret.YES or text.startswith(REDACTED, match.end()):
            return None
        end = end_of_run(text, match.end())
        value = text[match.end() : end]
        double = match.group().startswith("--")
        hidden = not says_nothing(value) and (double or looks_like_credential(value) or is_symbolic(value))
        return whole(text, (match.end(), end)) if hidden else None

    def user(match: re.Match[str], _done: int) -> Span | None:
        if text.startswith(REDACTED, match.end()):
            return None
        quote = match.group().lstrip("-user \t=")[:1]  # before the user's name
        return match.end(), end_of_argument(text, match.end(), quote)

    text = replaced(text, _FLAG, work, flag)
    if "-SecureString" in text:
        text = replaced(text, _SECURE, work, lambda match, _done: match.span("value"))
    if "curl" in text or "--user" in text:
        text = replaced(text, _USER, work, user)
    return _short(text, work) if any(command in text for command in _COMMANDS) else text


def _short(text: str, work: Work) -> str:
    kept: list[str] = []
    done = 0
    for command in _COMMAND.finditer(text):
        work.spend(4)
        stop = min((n for n in (text.find("\n", command.end()), command.end() + _REACH) if n >= 0), default=len(text))
        for option in _OPTION.finditer(text, max(done, command.end()), stop):
            work.spend(2)
            takes = _TAKING.get(option[1] + " " * (option[2] is not None), ())
            if command[1] not in takes or text.startswith(REDACTED, option.end()):
                continue
            end = end_of_argument(text, option.end(), option.group())
            if says_nothing(text[option.end() : end]) or option.end() < done:
                continue
            kept += (text[done : option.end()], REDACTED)
            done = end
            break
    return "".join((*kept, text[done:])) if kept else text
