"""What is secret goes, wherever it stands; what explains an error stays."""

from typing import Any

import pytest
from corpus.lookalikes import LOOKALIKES
from corpus.secrets_table import KEY_LINES, PERSONAL, SECRETS
from hypothesis import given
from hypothesis import strategies as st

from sentry.values import as_list, as_object
from views.secrets.redaction import REDACTED, TOO_DEEP, TOO_MANY, Redaction

REDACTION = Redaction()
WITHOUT_PII = Redaction(pii=False)
SHOWN_OF_A_SECRET = 4
"""Characters of the table's secret that may stay in front of the mark: they say whose key it was."""


def ids(table: list[Any]) -> list[str]:
    return [row[0] for row in table]


def hidden_in(text: str, secret: str, redaction: Redaction) -> str:
    """What stands in place of the secret; everything around it must be as before."""
    shown = redaction.text(text)
    before, after = text.split(secret, 1)
    assert shown.startswith(before), shown
    assert shown.endswith(after), shown
    assert secret not in shown
    return shown[len(before) : len(shown) - len(after)]


@pytest.mark.parametrize(("name", "text", "secret"), SECRETS, ids=ids(SECRETS))
@pytest.mark.parametrize("redaction", [REDACTION, WITHOUT_PII], ids=["pii", "no pii"])
def test_only_the_secret_goes(name: str, text: str, secret: str, redaction: Redaction) -> None:
    instead = hidden_in(text, secret, redaction)
    assert REDACTED in instead
    rest = instead.replace(REDACTED, "")
    assert len(rest) <= SHOWN_OF_A_SECRET
    assert redaction.text(redaction.text(text)) == redaction.text(text)


@pytest.mark.parametrize(("name", "text", "secret"), SECRETS, ids=ids(SECRETS))
def test_a_secret_goes_in_json_and_within_text(name: str, text: str, secret: str) -> None:
    held = {"note": text, text: [text, [text, "x"], {"deep": (text,)}], "pairs": [["note", text]]}
    assert secret not in str(REDACTION.value(held))
    assert secret not in REDACTION.text(f"Überall 注文\n{text}\nand 7 more")


@pytest.mark.parametrize(("name", "text", "secret"), KEY_LINES, ids=ids(KEY_LINES))
def test_a_line_of_a_private_key_goes_where_it_stands_alone(name: str, text: str, secret: str) -> None:
    assert hidden_in(text, secret, REDACTION) == REDACTED
    assert REDACTION.value([text, "x"]) == [text.replace(secret, REDACTED), "x"]


@pytest.mark.parametrize(("name", "text", "secret"), PERSONAL, ids=ids(PERSONAL))
def test_personal_addresses_are_a_setting(name: str, text: str, secret: str) -> None:
    assert hidden_in(text, secret, REDACTION).replace(REDACTED, "") == ""
    assert WITHOUT_PII.text(text) is text


@pytest.mark.parametrize(("name", "text"), LOOKALIKES, ids=ids(LOOKALIKES))
def test_what_only_looks_like_a_secret_stays(name: str, text: str) -> None:
    assert REDACTION.text(text) is text
    assert REDACTION.value({"note": [text]}) == {"note": [text]}


def test_the_tables_are_large_and_their_names_unique() -> None:
    assert len(SECRETS) >= 80
    assert len(LOOKALIKES) >= 80
    assert len(set(ids(SECRETS + PERSONAL))) == len(SECRETS + PERSONAL)


SECRET_NAMES = """password Password user_password passwd pwd db_pwd PGPASSWORD newPassword1 passphrase secret
client_secret clientSecret SECRET_KEY token access_token refreshToken csrfmiddlewaretoken
X-CSRFToken xsrf api_key apiKey X-Api-Key APIKEY authorization Proxy-Authorization x-auth-token
cookie Set-Cookie sessionid session_id PHPSESSID JSESSIONID jwt private_key privateKey
aws_secret_access_key accountKey credentials db_credentials ssn cvv card_number creditCard otp
connection_string ConnectionString signing_key encryption_key stripeSecretKey user[password]
user.password my-pass
""".split()
HARMLESS_NAMES = """user id key sort_key primary_key author authority keyboard token_count max_tokens token_type expires
password_reset_url passwordMinLength cookie_consent cookie_name session_count session_timeout secretary monkey passenger
bypass compass tokenizer has_password secret_name next_page_token pagination_token total_tokens token_id message pinned
keyCode spin assigned design tokenUri hash etag sha nonce state
""".split()


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("value", ["abc", "two words", "пароль", ["a", {"b": "c"}], {"inner": "abc"}, 123456, b"abc"])
def test_a_value_goes_by_its_name(name: str, value: Any) -> None:
    if isinstance(value, bytes):
        value = repr(value)  # as SDKs send it
    shown = REDACTION.value({name: value, "page": "2"})
    assert list(shown) == [name, "page"]
    assert "abc" not in str(shown)
    assert set(leaves(shown)) == {REDACTED, "2"}


def leaves(value: Any) -> list[Any]:
    inner = list((as_object(value) or {}).values()) or as_list(value)
    return [value] if inner is None else [leaf for item in inner for leaf in leaves(item)]


@pytest.mark.parametrize("name", HARMLESS_NAMES)
@pytest.mark.parametrize("value", ["abc", "two words", ["a", {"b": "c"}], 123456, 2.5])
def test_a_value_stays_under_a_harmless_name(name: str, value: Any) -> None:
    assert REDACTION.value({name: value}) == {name: value}


def test_headers_cookies_and_tags_go_by_their_names() -> None:
    held = {
        "headers": [["Authorization", "Bearer x"], ["Accept", "*/*"], ("X-Api-Key", "k")],
        "cookies": {"theme": "dark"},
        "tags": [
            {"key": "session_id", "value": "s"},
            {"key": "region", "value": "eu"},
            {"name": "token", "value": "t"},
        ],
    }
    assert REDACTION.value(held) == {
        "headers": [["Authorization", REDACTED], ["Accept", "*/*"], ["X-Api-Key", REDACTED]],
        "cookies": {"theme": REDACTED},
        "tags": [
            {"key": "session_id", "value": REDACTED},
            {"key": "region", "value": "eu"},
            {"name": "token", "value": REDACTED},
        ],
    }


def test_what_a_call_stands_under_is_a_name_too() -> None:
    assert REDACTION.value({"theme": "dark", "n": [1]}, "cookies") == {"theme": REDACTED, "n": [REDACTED]}
    assert REDACTION.value("abc", "password") == REDACTED


def test_nothing_is_worth_knowing() -> None:
    held = {"password": None, "token": "", "secret": "None", "pwd": "[Filtered]", "api_key": "********", "otp": True}
    assert REDACTION.value(held) == held


def test_numbers_under_names() -> None:
    held = {"tokens": 512, "token": 512, "cvv": 737, "order": 4111111111111111, "id": 1234567890123456, "rate": 0.5}
    told = {"tokens": 512, "token": REDACTED, "cvv": REDACTED, "order": REDACTED, "id": 1234567890123456, "rate": 0.5}
    assert REDACTION.value(held) == told


def test_under_a_doubtful_name_only_a_credential_goes() -> None:
    held = {
        "session": "ab12cd34ef",
        "auth": "basic auth failed",
        "signature": "f(x)",
        "pin": "4711x",
        "sid": "shop.auth",
    }
    told = {**held, "session": REDACTED, "pin": REDACTED}
    assert REDACTION.value(held) == told


@pytest.mark.parametrize("key", ["tax_id", "taxId", "Tax-ID", "TAX ID"])
def test_further_names(key: str) -> None:
    redaction = Redaction(keys=frozenset({key, "geheim", "%%"}))
    held = {"customerTaxId": "12/345", "tax_id": 7, "tax": 7, "syntaxid": "x", "Geheim": "x"}
    told = {"customerTaxId": REDACTED, "tax_id": REDACTED, "tax": 7, "syntaxid": "x", "Geheim": REDACTED}
    assert redaction.value(held) == told
    assert redaction.text('taxId="12/345", geheim=x, tax=7') == f'taxId="{REDACTED}", geheim={REDACTED}, tax=7'
    assert REDACTION.text("tax_id=12/345") == "tax_id=12/345"


def test_json_is_looked_at_to_a_depth_and_a_number() -> None:
    deep: Any = "password=" + "hunter2"
    for _ in range(500):
        deep = {"deeper": [deep]}
    assert TOO_DEEP in str(REDACTION.value(deep))
    wide = REDACTION.value([["x"] * 60_000, ["x"] * 60_000, {"a": "b"}])
    assert wide[1][-1] == TOO_MANY
    assert len(wide[0]) + len(wide[1]) <= 100_001
    assert REDACTION.value({str(n): n for n in range(200_000)})["99999"] == TOO_MANY


def test_what_is_no_json_stays_as_it_is() -> None:
    thing = object()
    assert REDACTION.value({7: thing, None: "x"}) == {7: thing, None: "x"}


# Pieces that open, close and join secrets: hypothesis builds texts of them that no table holds.
PIECES = r"""password pass Token= : " ' ` \ \" \\" = == & ; , ( ) [ ] { } < > </ % %22 %3D &quot; $ ${ @ :// . - -- _ /
Bearer Basic authorization cookie: curl -u IDENTIFIED BY ghp_ sk- sk_live_ eyJ AKIA xoxb- -----BEGIN PRIVATE KEY-----
-----END 4111111111111111 1.2.3.4 ::1 a@b.example [redacted] hunter2 None DE89370400440532013000 İ name="token" value=
=>""".split()
pieces = st.sampled_from(["\n", " ", "  ", *PIECES])
texts = st.one_of(st.text(), st.lists(pieces | st.text(max_size=12)).map("".join))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


@given(texts, st.booleans())
def test_any_text_is_redacted_once_and_for_all(text: str, pii: bool) -> None:
    redaction = Redaction(pii=pii, keys=frozenset({"taxId"}))
    shown = redaction.text(text)
    assert redaction.text(shown) == shown
    assert len(shown) <= 12 * len(text) + len(REDACTED)
    if shown == text:
        assert shown is text


@given(values, st.sampled_from(["", "password", "headers", "auth"]))
def test_any_json_is_redacted_once_and_for_all(value: Any, name: str) -> None:
    shown = REDACTION.value(value, name)
    assert REDACTION.value(shown, name) == shown


@given(texts, texts, st.sampled_from(['{{"user": "{}", "password": "{}", "n": 1}}', "u={}&password={}&n=1"]))
def test_any_password_goes(before: str, after: str, form: str) -> None:
    secret = "hunter2-Zq9"
    assert secret not in WITHOUT_PII.text(f"{before}\n{form.format('ann', secret)}\n{after}")
