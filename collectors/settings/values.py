"""The kinds of value that a setting takes, and what is refused of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, HttpUrl, SecretStr

SECRET_COMMAND = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105
MINIMUM_SECRET = 32
"""Characters. Shorter texts are too easy to guess for a key that guards e-mail addresses."""


def _as_texts(value: object) -> object:
    """TOML's `false` and `2` are what somebody means whose column is a boolean or a number."""
    return tuple(map(_as_text, value if isinstance(value, list | tuple) else (value,)))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int) or value == "":
        raise ValueError("must be a text, a whole number, true or false, or a list of such")
    return str(value)


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_texts)]
"""A text or a list of them; what is a boolean or a whole number needs no quotes in the file."""


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_commas)]
"""A list in the file, a comma-separated text in a variable."""


def _split_lines(value: object) -> object:
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    return value


Lines = Annotated[tuple[str, ...], BeforeValidator(_split_lines)]
"""A list in the file, a text of one a line in a variable."""


def _bare_address(url: HttpUrl) -> HttpUrl:
    """It is shown, and its login would take the place of the token's header."""
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must hold no user name, password, query or fragment")
    return url


Address = Annotated[HttpUrl, AfterValidator(_bare_address)]
"""Of a server."""


def _not_blank(dsn: SecretStr) -> SecretStr:
    if not dsn.get_secret_value().strip():
        raise ValueError("is empty, and libpq would take whatever database is nearest")
    return dsn


Dsn = Annotated[SecretStr, AfterValidator(_not_blank)]
"""As libpq writes it."""


def _is_request(template: str) -> str:
    method, _, path = template.partition(" ")
    if not (method.isalpha() and method.isupper() and path.startswith("/")):
        raise ValueError("must be a method and a path, for example POST /v1/customers/")
    return template


RequestTemplate = Annotated[str, AfterValidator(_is_request)]
"""A method and a path; `{email}` and `{id}` are filled in."""


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MINIMUM_SECRET:
        raise ValueError(
            f"must be at least {MINIMUM_SECRET} characters; make one: {SECRET_COMMAND}"
        )
    return value


Secret = Annotated[SecretStr, AfterValidator(_long_enough)]
"""The secret key: what seals and fingerprints are derived from."""
