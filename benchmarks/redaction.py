"""What redaction costs: clean prose, ordinary event text, and the worst that texts made to that end can cost it.

    python benchmarks/redaction.py                                    the figures, exit 1 above a bar
    python benchmarks/redaction.py --search --seconds 600 --seed 7    look for worse texts, print the worst ones

The search mutates: it repeats, nests and interleaves pieces that the expressions look for, keeps the slowest texts and
goes on from them. What it found before is in WORST, as the pieces that were repeated.
"""

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from specimens import large_event

from views.secrets.issuers import KEYWORDS, STARTS
from views.secrets.redaction import Redaction

CHARACTERS = 8_000
MOST_PROSE, MOST_WORST, MOST_COMPILE = 3.0, 10.0, 50.0
"""Microseconds for 60 characters; milliseconds for 8,000; milliseconds until the first text is read."""

PROSE = [
    "The order could not be completed because the card was refused",
    "Could not connect to the server: retry in 5 seconds (attempt 2)",
    "Customer cannot check out because the basket service is down",
    "No such file or directory while the report was being written",
]
WORST = [
    ["password="],
    ["pw=1,"],
    ["password=a "],
    ['pin="a', "pin='a"],
    ["k" * 40 + "ey"],
    ["://a:", "@"],
    ["a@b.cc"],
    ["1.2.3.4 "],
    ["4111 1111 1111 1112 "],
    ["::1 "],
    ["adobe: " + "0a1b2c3d" * 4 + " "],
    ['token\\\\\\"', ": "],
    ["password \n", "value: "],
    ["-----BEGIN PRIVATE KEY"],
    ["insert into t (password) values ("],
    ["mysql -p", " "],
    ["'a' == b "],
    ['"value": "a", "name": "b" '],
    ["k.fio-u-glimt-sid='", '", sntrys_"p密码:'],
    ['ord":KEY-AKIA GOCSPX-"password":nt', "`" * 22],
    ["Nd----BEGIN dop_v1_PRIVATE KEY--dop_v1_---BEGIN Ppasdop_v1_sword:RIVA_op_v1_KEY"],
    ["a1", "-" * 7],
    ["_4sid==sk.=)"],
    ["psghu__pw_a1pscallin_api_e_pw_b2"],
    ["'token':"],
    ["パスワードeyJ"],
    ["\t`of密码"],
    ["\t`", "'" * 30, "密码"],
    ["密码contraseña=code: "],
    ["mysql -x "],
    ['", "ys_"p密码:=ew-york-timesmysqlt-sid=\'",'],
    ['sid=\'", pwys_"p密码:===', '"' * 20],
    ["in_oauth_p.l"],
    ['API-tokens-s4t2ud-", "'],
    ["'token''en':'token':"],
    ["sntrya_gsl.dsntryrdsntrya_gsl.dsecret:confluence=aa-ptAIza', "],
    ["A_" * 28 + "abcpassword=a "],
    ["gsl.dsecret:conIza', "],
    ["gsl.dfm1a_密码:onIza', "],
    ["bsysr密码:onIza', gsl.dp.scontri"],
    ["pkeykeykeykeykeykeykeykeykeykeyi for "],
    ["sr密码:onI, gsl.dAKCpo-pbsysendNRJS-"],
    ["%" * 54 + "sk_prod_sm_sat_0(tflookerssumolinearoaheroku_:sm_"],
    ["-pin" * 20 + 'vys_"p密码:=ejfrog-pisntryi_0l', '-pin-v%1.0-pin-p0ul"0,", '],
    ["birdlookerSG.lob,%discordsend"],
]
_PIECES = """password pass pw pin token secret key api_key authorization cookie sid session card_number code recovery
password= password: "password": 'token': token=> secret:= pin=" sid=' --password --token -p -u curl mysql docker :// @
a@b.cc 1.2.3.4 ::1 :: 4111 1111 DE89370400440532013000 " ' ` \\ \\" \\\\" = == === := => : , ; & ( ) [ ] { } < > </ /> |
% %22 %3D %5B %5D &quot;
\\n \\r\\n $ ${ # ! ? ~ - -- _ / // . .. Bearer Basic Digest eyJ . ghp_ sk- AKIA xoxb- -----BEGIN
PRIVATE KEY----- -----END insert into values INSERT INTO t ( VALUES ( identified by IDENTIFIED BY ' name="password"
"name": "value": "input": input_value=' [type= "loc":["body"," is was for the a aa aaaaaaaaaaaaaaaa 0 00000000 AAAAAAAA
[redacted] [redacted]{ None xxx ******** . пароль= 密码: İ é""".split()
PIECES = [
    *_PIECES,
    *("\n", " ", "  ", "\t", "\n\n", "\r\n", " is ", " for ", " = ", ": ", ', "', '", "', "', '", '\\\\\\\\"'),
    *(start for row in STARTS for start in row.starts.split(" ")),
    *(word for words, _ in KEYWORDS for word in words.split()),
]


def made_of(pieces: list[str]) -> str:
    """The pieces again and again, to 8,000 characters."""
    whole = "".join(pieces)
    return (whole * (CHARACTERS // max(1, len(whole)) + 1))[:CHARACTERS]


def milliseconds(text: str, runs: int = 1) -> float:
    """The least of some runs, of the processor."""
    redaction, found = Redaction(), 1e9
    for _ in range(runs):
        start = time.process_time()
        redaction.text(text)
        found = min(found, time.process_time() - start)
    return found * 1_000


def mutated(text: str, chance: random.Random) -> str:
    """One text from another."""
    kind = chance.randrange(7)
    at = chance.randrange(len(text))
    length = int(2 ** chance.uniform(0, 10))
    part = text[at : at + length]
    if kind == 0:
        return made_of([part, *chance.sample(PIECES, chance.randrange(3))])
    if kind == 1:
        return (text[:at] + chance.choice(PIECES) + text[at:])[:CHARACTERS]
    if kind == 2:
        return (text[:at] + part * chance.randrange(2, 200) + text[at:])[:CHARACTERS]
    if kind == 3:
        return made_of([text[:at][-length:], chance.choice(PIECES) * chance.randrange(1, 60)])
    if kind == 4:
        return text[at:] + text[:at]
    if kind == 5:
        return text.replace(part[:4] or " ", chance.choice(PIECES))[:CHARACTERS] or " "
    piece = chance.choice(PIECES)
    step = max(1, length)
    return piece.join(text[n : n + step] for n in range(0, len(text), step))[:CHARACTERS]


def worse(seconds: float, seed: int) -> list[tuple[float, str]]:
    """The slowest texts that were found in so long, the slowest first."""
    chance = random.Random(seed)
    kept = [(milliseconds(text), text) for text in map(made_of, WORST)]
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if chance.random() < 0.3:
            text = made_of([chance.choice(PIECES) for _ in range(chance.randrange(1, 9))])
        else:
            text = mutated(chance.choice(kept)[1], chance)
        took = milliseconds(text)
        if len(text) * 2 < CHARACTERS or took <= kept[-1][0]:
            continue
        took = min(took, milliseconds(text, 2))
        kept = sorted([*kept, (took, text)], reverse=True)[:40]
    return sorted(((milliseconds(text, 5), text) for _, text in kept), reverse=True)


def microseconds(work: Callable[[], object], times: int = 2_000) -> float:
    """The median of some runs."""
    found: list[float] = []
    for _ in range(15):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) / times * 1_000_000)
    return statistics.median(found)


def lower_and_search(text: str, pattern: re.Pattern[str]) -> object:
    return text.lower(), pattern.search(text)


def figures() -> bool:
    start = time.process_time()
    Redaction().text("password=hunter2 ghp_0 1.2.3.4 ann@example.com adobe: 0a1b2c3d4e5f0a1b2c3d4e5f")
    compiled = (time.process_time() - start) * 1_000
    print(f"first text, with all expressions compiled: {compiled:.0f} ms (at most {MOST_COMPILE:.0f})")

    redaction, digits, fits = Redaction(), re.compile(r"[0-9]{3}x"), compiled <= MOST_COMPILE
    for prose in PROSE:
        took = microseconds(partial(redaction.text, prose))
        control = microseconds(partial(lower_and_search, prose, digits))
        print(f"prose, {len(prose)} characters: {took:.2f} us, {took / control:.1f} times lower() and a search")
        fits = fits and took * 60 / len(prose) <= MOST_PROSE

    event = json.dumps(large_event())[: CHARACTERS * 4]
    print(f"event as JSON, {CHARACTERS:,} characters: {milliseconds(event, 5) * CHARACTERS / len(event):.2f} ms")

    worst = sorted(((milliseconds(text, 5), text) for text in map(made_of, WORST)), reverse=True)
    for took, text in worst[:5]:
        print(f"made to be slow, {CHARACTERS:,} characters: {took:.1f} ms (at most {MOST_WORST:.0f}): {text[:50]!r}")
    return fits and worst[0][0] <= MOST_WORST


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a file for the worst texts, as a list in JSON")
    options = parser.parse_args()
    if not options.search:
        return 0 if figures() else 1
    found = worse(options.seconds, options.seed)
    for took, text in found[:8]:
        print(f"{took:.1f} ms: {text[:200]!r}")
    if options.keep:
        options.keep.write_text(json.dumps([text for _, text in found]))
    return 0 if found[0][0] <= MOST_WORST else 1


if __name__ == "__main__":
    sys.exit(main())
