"""Tells from a name alone, such as `db_password` or `X-Api-Key`, whether its value is a secret.

Names are those that Sentry's own scrubbing knows (https://docs.sentry.io/security-legal-pii/scrubbing/) and the usual
ones of frameworks and clouds. A name is taken apart into words, so that `monkey` is no key and `author` no auth.
"""

import re
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from views.secrets.issuers import KEYWORDS


class Secret(Enum):
    """How sure a name is: under a maybe only a value that looks like a credential is one."""

    NO = 0
    MAYBE = 1
    YES = 2


PASSWORDS = ("password", "passwd", "pwd", "passphrase", "pass", "pw", "passwort", "contraseña", "senha", "пароль")

# A capital begins a word; letters outside of ASCII belong to the word around them.
_WORDS = re.compile(r"[A-Z]+(?![a-z\u0080-\uffff])|[A-Z]?(?:[a-z]|(?![\d_])[^\W\x00-\x7f])+")
_ASCII_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TYPE = re.compile(r", *(?:string|number|boolean)(?=\]\)?\Z)")
"""Of a field of Explore, as in `tags[pin,string]`."""
_LONGEST = 128

_SECRET = frozenset(
    """apikeys authorization bearer cardnumber ccn ccnumber connectionstring connstr cookie cookies creditcard
    cred creds credential csrf csrfmiddlewaretoken cvc cvn cvv jsessionid jwt keypass mnemonic otp passcode passcodes
    passin passout passphrases passwds passwords phpsessid pincode privkey pw samlart samlrequest samlresponse sessid
    sessionid sessionkey sshkey ssn storepass tokens totp xsrf""".split()
)
_SECRET_ENDS = tuple(
    """accesskey accountkey apikey authkey credentials encryptionkey passphrase passwd password privatekey pwd secret
    secretkey secrets sharedkey signingkey token
    adgangskode contrasena contraseña contrasenya hasło haslo heslo jelszó jelszo kennwort lösenord losenord lozinka
    motdepasse palavrapasse parola parool passord passwort salasana senha slaptažodis şifre sifre wachtwoord κωδικός
    пароль пароля пароли סיסמה 密码 密碼 口令 暗証番号 パスワード 비밀번호 รหัสผ่าน""".split()
)
_MAYBE = frozenset("auth clave pass pin session sid sig signature".split())
_ISSUERS = frozenset(word for words, _ in KEYWORDS for word in words.split())
# `key` by itself is any key; after one of these it opens something.
_KEY_OF = _ISSUERS | frozenset(
    """access account admin aes anthropic api app application auth aws azure client consumer datadog decryption deploy
    dsa ecdsa encrypt encryption functions gpg hmac honeycomb jwk jwt license mailgun maps master openai pgp private
    rapidapi recaptcha root rsa secret security sendgrid server service session shared sign signing ssh ssl storage
    stripe subscription tls twilio vapid webhook""".split()
)
_PAIRS = frozenset(
    """auth_code backup_code backup_codes card_no card_number cc_number client_assertion code_verifier conn_str
    connection_string credit_card de_passe mfa_code otp_code palavra_passe pass_phrase pass_word pin_code pin_number
    recovery_code recovery_codes recovery_key recovery_phrase reset_code saml_request saml_response scratch_code
    scratch_codes secret_answer security_answer security_answers security_code seed_phrase sess_id session_id
    session_key sms_code social_security verification_code verify_code""".split()
)
_JOINED = frozenset(pair.replace("_", "") for pair in _PAIRS)
# What is said about a secret without being it: the last word of `token_count`, the first of `max_tokens`.
_ABOUT = frozenset(
    """age alg algo algorithm at audience budget changed class config consent cost count counts created dir disabled
    domain enabled endpoint endpoints error errors exception exists exp expiration expire expired expires expiry
    factory field fields file filename format handler header headers hint httponly in index invalid issuer kind len
    length limit limits location manager match matches max method mgr min missing mismatch mode name names on options
    path paths per policy position prefix present price provider range rate ratio regex required reset rotation rules
    samesite scheme scope scopes secure service settings size source status stdin store strength suffix template
    timeout ttl type types updated uri url urls usage used valid validation validator validators validity version
    cpp cs go java js jsx kt php py rb rs ts tsx""".split()
)
_NO_SECRET_ID = frozenset("token tokens key keys cookie password credential credentials pwd".split())
_FIRST = frozenset(
    """allow can count has is max min missing needs no num require requires should show total unexpected unknown
    use""".split()
)
_TOKENS_OF = frozenset(
    """bos cached completion context continuation cursor eos input mask n next output pad page pagination prompt
    reasoning remaining sep special stop unk used""".split()
)


def words_of(name: str) -> list[str]:
    """`stripeSecretKey`, `X-Api-Key`, `DB_PASSWORD2` to lower-case words, digits left out."""
    name = name[-_LONGEST:]
    if name.endswith(("]", "])")):
        name = _TYPE.sub("", name)
    if name.isascii():
        return [word.lower() for word in _ASCII_WORDS.findall(name)]
    if name.isupper():
        name = name.lower()
    return [word.lower() for word in _WORDS.findall(name)]


@lru_cache(maxsize=4096)
def secrecy(name: str, further: frozenset[str] = frozenset()) -> Secret:
    """Whether the value under this name is a secret. `further` holds names joined by `joined()`."""
    words = words_of(name)
    if further and _any_run(words, further):
        return Secret.YES
    if not words or words[-1] in _ABOUT or (len(words) > 1 and words[0] in _FIRST):
        return Secret.NO
    if words[-1] == "id" and len(words) > 1 and words[-2] in _NO_SECRET_ID:
        return Secret.NO
    if words[-1] in ("token", "tokens") and len(words) > 1 and words[-2] in _TOKENS_OF:
        return Secret.NO
    if any(word in _SECRET or word in _JOINED or word.endswith(_SECRET_ENDS) for word in words):
        return Secret.YES
    for first, second in pairwise(words):
        if f"{first}_{second}" in _PAIRS or (second in ("key", "keys") and first in _KEY_OF):
            return Secret.YES
    if words[-1] == "pass" and len(words) > 1:
        return Secret.YES
    return Secret.MAYBE if words[-1] in _MAYBE else Secret.NO


def joined(name: str) -> str:
    """A name without its case and separators."""
    return "".join(words_of(name))


def _any_run(words: list[str], further: frozenset[str]) -> bool:
    """Whether neighbouring words spell one of the names: `user_tax_id` holds `taxId`."""
    return any(
        "".join(words[first:last]) in further
        for first in range(len(words))
        for last in range(first + 1, min(first + 6, len(words)) + 1)
    )


_CREDENTIAL = re.compile(r"[^\s\"'()<>\[\]{},]{4,}")
_NOT_CREDENTIAL = re.compile(
    r"(?:[A-Za-z_][\w]*\.)+[A-Za-z_]\w*|v?\d+(?:\.\d+)+|0x[0-9a-fA-F]{1,8}|[\w.-]*\.(?:py|js|ts|rb|go|php|java)"
)


def looks_like_credential(value: str) -> bool:
    """One word of four or more characters with a digit, or of sixteen: no prose, no dotted name, no version."""
    value = value.strip("'\" ")
    return (
        _CREDENTIAL.fullmatch(value) is not None
        and (len(value) >= 16 or any(character.isdigit() for character in value))
        and _NOT_CREDENTIAL.fullmatch(value) is None
    )


def is_symbolic(value: str, least: int = 2) -> bool:
    """Whether signs are in it that no name, number or path in code has."""
    return len(set(value[:64]).intersection("!#$%&*+=?@^~|<>;")) >= least


_NOTHING = frozenset(
    """none null nil undefined true false yes no on off ok str string int bool bytes any optional secretstr bearer
    include omit same-origin [filtered] [redacted] [removed] filtered redacted (null) <none> <unset> nan ~""".split()
)
_REQUIRED = frozenset(
    """required obligatoire requis obligatorio requerido obrigatório erforderlich pflichtfeld vereist обязательное
    обязателен 必填 必须 必須 不能为空 필수""".split()
)
# Laravel's rules of a form.
_RULE = (
    r"(?:required|nullable|sometimes|present|filled|string|confirmed|integer|numeric|digits|email|alpha_num"
    r"|(?:min|max|between|size|same|different|regex|unique|exists|digits):[\w,.-]{1,40})"
)
_PLACEHOLDER = re.compile(
    r"\*+|•+|x{3,}|\{\{?\s?[\w.]{0,80}\s?\}?\}|\$\{?\w{1,80}\}?|%[sdr]|%\(\w{1,80}\)s|:[a-z_]{1,80}|\?"
    rf"|{_RULE}(?:\|{_RULE}){{1,9}}"
    r"|<[\w -]{1,80}>|#\{[\w.]{1,80}\}|\$\{[\w.]{1,80}\}",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\A\s*(?:bearer|basic|token|jwt|api-?key)\s+", re.IGNORECASE)
# What a form says of a field.
_COMPLAINT = re.compile(
    r"\b(?:is required|must (?:be|contain|have|match|not|include)|at least [0-9]{1,3} char|is too (?:short|long|common"
    r"|similar|weak)|(?:is|was) (?:invalid|incorrect|not (?:valid|correct|set))|(?:ca|do|does|did)(?:n't| ?not)"
    r" (?:be (?:blank|empty|null)|match)|may not be|should (?:have|be)|(?:has|have|is) expired)",
    re.IGNORECASE,
)
_PROSE = re.compile(r"[A-Za-z][A-Za-z0-9 ,.'()-]+[.!]?")


def is_required(value: str) -> bool:
    """What a form says of a field that was left empty, in a word."""
    return value.rstrip(".,;:!'\"").lower() in _REQUIRED


def says_nothing(value: str) -> bool:
    """Empty, a null, a mask, a placeholder or a complaint: that a password was None, or missing, is worth knowing."""
    if len(value) < 200 and value.endswith((" ", "}")):  # "Bearer " + token, f"Bearer {token}"
        value = _SCHEME.sub("", value)
    value = value.strip("'\" ")
    if len(value) < 8 and not any(map(str.isalnum, value)):
        return True
    if value.lower() in _NOTHING or _PLACEHOLDER.fullmatch(value):
        return True
    return " " in value and len(value) < 200 and bool(_PROSE.fullmatch(value) and _COMPLAINT.search(value))
