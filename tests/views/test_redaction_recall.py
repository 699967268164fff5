"""Secrets of every issuer and in every syntax are hidden whole, wherever events hold them; what is no secret stays."""

import json
import re
from typing import Any

import pytest
from corpus.issued import PLACES, named, started
from corpus.keyed import NAMES, OF_A_PASSWORD, SYNTAXES

from views.secrets.redaction import REDACTED, Redaction

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

REDACTION = Redaction()
SECRETS = ["hunter2-Zq9", "Tr0ub4dor3", "k7#Qz!m2Wx"]


def short(part: str) -> str:
    return part[:16]


@pytest.mark.parametrize(("issuer", "start", "key"), list(started()), ids=short)
def test_a_key_with_a_start_of_its_own_goes_whole(issuer: str, start: str, key: str) -> None:
    for place, made in PLACES.items():
        shown = REDACTION.text(made("value", start + key))
        assert REDACTED in shown, (issuer, place)
        assert key[:5] not in shown, place
        assert key[-5:] not in shown, place
        assert REDACTION.text(shown) == shown, place


@pytest.mark.parametrize(("word", "value"), list(named()), ids=short)
def test_a_key_without_one_goes_under_its_issuers_name(word: str, value: str) -> None:
    for place, made in PLACES.items():
        shown = REDACTION.text(made(f"{word}_id", value))
        assert REDACTED in shown, place
        assert value[:5] not in shown, place
        assert value[-5:] not in shown, place
    assert REDACTION.value({f"my_{word}_id": value}) == {f"my_{word}_id": REDACTED}


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_goes_by_its_name_in_every_syntax(syntax: str, secret: str) -> None:
    for name in NAMES:
        text = SYNTAXES[syntax].format(name=name)
        shown = REDACTION.text(text.replace("§", secret))
        assert shown.startswith(text.split("§")[0]), name
        assert REDACTED in shown, name
        assert not any(secret[n : n + 4] in shown for n in range(len(secret) - 3)), name
        assert REDACTION.text(shown) == shown, name


@pytest.mark.parametrize("syntax", OF_A_PASSWORD)
def test_a_password_goes_in_a_command_and_in_a_list(syntax: str) -> None:
    before, after = OF_A_PASSWORD[syntax].split("§")
    shown = REDACTION.text(f"{before}hunter2-Zq9{after}")
    assert shown == f"{before}{REDACTED}{after}"


@pytest.mark.parametrize(
    "text",
    [
        "upgraded from 4.18.2.1 to 5.0.0.12",
        "see 4.3.2.1 of the manual",
        "OID 1.3.6.1 and 1.3.6.1.4.1.311",
        "Assembly Shop, Version=4.0.0.0, Culture=neutral",
        "Windows 10.0.19045.1 on driver 31.0.15.21",
        "runtime: 14.2.186.88",
        "from 10.0.0.14, 172.16.3.4:5432, 192.168.1.7 and 169.254.1.1",
        "peer fd12:3456:789a::1 and fe80::1",
        "order 4539148803436467 and 9999888877776666",
    ],
)
def test_versions_sections_and_private_addresses_stay(text: str) -> None:
    assert REDACTION.text(text) is text


@pytest.mark.parametrize(
    "text",
    [
        "REMOTE_ADDR=§",
        "ip_address: §",
        '{"client_ip": "§"}',
        "client § refused",
        "connection from § refused",
        "login from §:5432",
        "http://§/x",
        '§ - - [24/Nov/2026:21:39:17 +0000] "GET / HTTP/1.1" 200',
        "X-Forwarded-For: §, 10.0.0.1",
    ],
)
@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.113.7", "45.83.12.199"])
def test_a_clients_address_goes(text: str, address: str) -> None:
    assert REDACTION.text(text.replace("§", address)) == text.replace("§", REDACTED)


@pytest.mark.parametrize("name", ["ip_address", "REMOTE_ADDR", "X-Forwarded-For", "X-Real-IP", "server_addr"])
@pytest.mark.parametrize(
    "address", ["10.0.0.14", "172.31.2.1", "192.168.1.7", "169.254.1.1", "127.0.0.1", "::1", "fd12::7"]
)
def test_which_machine_of_ours_was_it(name: str, address: str) -> None:
    """A private or loopback address is infrastructure, whatever it stands under; a public one may be somebody's."""
    assert REDACTION.value({name: address}) == {name: address}
    assert REDACTION.value({name: f"{address}, 203.0.113.7"}) == {name: f"{address}, {REDACTED}"}
    assert REDACTION.value({name: "10.0.0.300"}) == {name: "10.0.0.300"}, "no address of anyone's"


@pytest.mark.parametrize(
    "text",
    [
        "The password is wrong and was changed to nothing",
        "docker run -p 8080:80 nginx; ssh -p 22 host; cp -p a1 b2",
        "--password-stdin --token-file /etc/x1",
        "status_code=404, country_code: DE, exit code 137",
        "insert into logs (key, value) values ('a', 'b1')",
        "cannot read properties of undefined (reading 'token1')",
        'form.password("Enter password:")',
        "pass 1 of 3, pin=tab",
        "the session timed out after 30s",
        "password: This field is required.",
        '{"password": ["This field is required."]}',
        '{"errors":{"password":["is too short (minimum is 8 characters)"]}}',
        "JWT::ExpiredSignature: Signature has expired",
        'headers = {"Authorization": f"Bearer {token}"}',
        'headers["Authorization"] = "Bearer " + token',
        "headers: { Authorization: `Bearer ${this.token}` },",
        "$token = $request->header('X-Token');",
        "pub password: Option<String>,",
        "class LoopPass : public PassInfoMixin<LoopPass> {",
        "Loop Sink Pass ------------------------------*- C++ -*-",
        "Pass --allow-scripts=<pkg1> for one-off approval",
        "Undname_NoThrowSig = 0x100,",
        "fetch(url, { credentials: 'same-origin' })",
        "`code id_token token` and OPTIONAL when the",
        '"POST /token.oauth2 HTTP/1.1" 200',
        "section 3.5 of the OAuth 1.0a spec",
        'methods = ("client_secret_post", "client_secret_basic")',
    ],
)
def test_what_only_speaks_of_a_secret_stays(text: str) -> None:
    assert REDACTION.text(text) is text


@pytest.mark.parametrize(
    "text",
    [
        "db:\n  user: ann\n  password: §\n  port: 1",
        "X-Password: §\r\nHost: x",
        "Server=tcp:h,1433;User ID=ann;Password=§;Encrypt=True;",
        "mysql -u ann -p'§' -h h db",
        "sshpass -p '§' ssh ann@h",
        "curl -u 'ann:§' https://x/y",
        'curl --user "ann:§" https://x/y',
    ],
)
def test_a_password_with_spaces_goes_whole(text: str) -> None:
    for password in ("correct horse battery", "a b1 c"):
        assert REDACTION.text(text.replace("§", password)) == text.replace("§", REDACTED)


@pytest.mark.parametrize(
    "text",
    [
        "password = `tick`5",
        "password=${PASSWORD:-hunter2}",
        "password=password1",
        "local password = [[correct horse a b]]",
        "body=%7B%22password%22%3A%22pa%5C%22ss1word%22%7D",
        '{"recovery_codes": ["ab(c1-d", "e2]f"]}',
        '{"secrets": [{"a": "hunter2"}, {"b": "ss1"}]}',
        "Config(recovery_codes=['hunter2', 'e2(3'], n=1)",
    ],
)
def test_nothing_of_a_secret_is_left_over(text: str) -> None:
    shown = REDACTION.text(text)
    assert REDACTED in shown
    assert not re.search(r"hunter2|word1|a b|b c|5$|pa%|ss1|ab\(|c1|e2", shown)


def test_json_names_values_in_many_ways() -> None:
    held: Any = [
        {"Name": "password", "Value": "hunter"},
        {"field": "password", "value": "hunter", "msg": "wrong"},
        {"loc": ["body", "password"], "msg": "too short", "input": "hunter"},
        {"rejectedValue": "hunter", "field": "user.password"},
        ["Host", "x", "Authorization", "Bearer x", "Accept", "*/*"],
        ["backup", "--password", "hunter", "shop"],
        {"ip_address": "203.0.113.7", "version": "1.2.3.4"},
        ["user", "password", "email"],
        {"name": "HOME", "value": "/root"},
    ]
    told: Any = [
        {"Name": "password", "Value": REDACTED},
        {"field": "password", "value": REDACTED, "msg": "wrong"},
        {"loc": ["body", "password"], "msg": "too short", "input": REDACTED},
        {"rejectedValue": REDACTED, "field": "user.password"},
        ["Host", "x", "Authorization", REDACTED, "Accept", "*/*"],
        ["backup", "--password", REDACTED, "shop"],
        {"ip_address": REDACTED, "version": "1.2.3.4"},
        ["user", "password", "email"],
        {"name": "HOME", "value": "/root"},
    ]
    assert REDACTION.value(held) == told


@pytest.mark.parametrize("pieces", ["pw=1,", "://a:@", "1.2.3.4 token=a ", "'a' == password ", "a@b.cc "])
def test_a_text_of_nothing_but_places_to_look_at_is_hidden_not_shown(pieces: str) -> None:
    shown = REDACTION.text(pieces * 20_000)
    assert shown == REDACTED or not re.search(r"pw=1|a@b", shown)
    assert REDACTION.text(shown) == shown


@pytest.mark.parametrize(
    "line",
    [
        "SERVICE_{n}_API_KEY=Zq9hunter{n}Zq9hunter2\n",
        "2026-11-24 10:00:00 INFO login user=ann session_id=Zq9hunter{n}Zq9hunter2 ok\n",
        "GET /{n} HTTP/1.1\nAuthorization: Bearer Zq9hunter{n}Zq9hunter2\nCookie: session=Zq9hunter{n}; a=b\n\n",
        "INSERT INTO users (id, name, password) VALUES ({n}, 'ann', 'Zq9hunter{n}Zq9hunter2');\n",
    ],
)
def test_of_a_text_with_too_many_secrets_the_beginning_is_shown(line: str) -> None:
    whole = "".join(line.format(n=n) for n in range(1_000))
    shown = REDACTION.text(whole)
    assert "hunter" not in shown
    assert shown.endswith(REDACTED)
    assert len(shown) > 200
    assert REDACTION.text(shown) == shown


@pytest.mark.parametrize(
    ("line", "most"),
    [
        ("api_key={n:08x}\n", 70),
        ("session=started{n} token_type=bearer user={n} key=cart\n", 20),
        ("https://h/cb?token=Zq9hunter{n}&key=k{n}xy&sig=s{n}xy\n", 99),
    ],
)
def test_of_a_short_text_with_too_many_secrets_half_is_looked_at(line: str, most: int) -> None:
    for lines in range(1, most):
        shown = REDACTION.text("".join(line.format(n=n) for n in range(lines)))
        assert "hunter" not in shown
        assert shown != REDACTED, lines
        assert REDACTION.text(shown) == shown


def test_a_text_that_was_just_not_too_much_is_not_too_much_afterwards() -> None:
    for times in range(100, 300, 10):
        shown = REDACTION.text("password=" + "Zq9x" * 15_000 + " " + "key=a1 " * times)
        assert REDACTION.text(shown) == shown, times


def test_a_dense_text_of_secrets_is_still_read() -> None:
    held = json.dumps({f"service_{n}_secret": f"hunter{n}-Zq9" for n in range(150)}, indent=1)
    shown = REDACTION.text(held)
    assert "hunter" not in shown
    assert shown.count(REDACTED) == 150
