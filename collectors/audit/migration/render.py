"""A draft as text: a file for psql, a revision for Alembic."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from collectors.audit.migration.draft import Draft
from collectors.audit.migration.statements import Step
from collectors.audit.migration.steps import steps
from collectors.audit.migration.words import paragraphs, title
from collectors.model import Migration

_WIDTH = 96


_REFUSAL = (
    "Once a live row has a deleted one's values, the old key cannot be built again; the docstring "
    "says what to do instead."
)


def migration(draft: Draft) -> Migration:
    """Both spellings of the same steps."""
    return written(title(draft), list(paragraphs(draft)), steps(draft), _REFUSAL)


def written(heading: str, said: Sequence[str], todo: Sequence[Step], refusal: str) -> Migration:
    """Steps in both spellings, with what to know of them above; `refusal` is the downgrade's."""
    heading = in_one_line(heading)
    told = ["\n".join(_wrapped(paragraph)) for paragraph in said]
    return Migration(_sql(heading, told, todo), _alembic(heading, told, todo, refusal))


def in_one_line(text: str) -> str:
    r"""`text` for a comment: a name may hold a line end, and what stands behind it would be run.

    >>> in_one_line('drop "a\r\nb"')
    'drop "a  b"'
    """
    if text.isprintable():  # as nearly every one of a large schema's is
        return text
    return "".join(one if one.isprintable() else " " for one in text)


def _sql(heading: str, told: Sequence[str], todo: Sequence[Step]) -> str:
    lines = [f"-- {heading}", "--"]
    for paragraph in told:
        lines += ["-- " + paragraph.replace("\n", "\n-- "), "--"]
    for step in todo:
        comment = [f"-- {in_one_line(step.comment)}"] if step.comment else []
        lines += ["", *comment, f"{step.sql};"]
    return "\n".join(lines) + "\n"


_REVISION = '''\
"""{heading}

{told}

Revision ID: {revision}
Revises: (put the current head here and below)
"""

from alembic import op
from sqlalchemy import text

revision = "{revision}"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
{statements})


def upgrade() -> None:
    # CREATE INDEX CONCURRENTLY and COMMIT cannot run inside a transaction.
    with op.get_context().autocommit_block():
        for statement in STATEMENTS:
            op.execute(text(statement.replace(":", r"\\:")))


def downgrade() -> None:
    raise RuntimeError({refusal!r})
'''


def _alembic(heading: str, told: Sequence[str], todo: Sequence[Step], refusal: str) -> str:
    statements = "".join(f"{_commented(step)}    {_python(step.sql)},\n" for step in todo)
    return _REVISION.format(
        heading=_in_docstring(heading),
        told=_in_docstring("\n\n".join(told)),
        revision=sha256(statements.encode()).hexdigest()[:12],
        statements=statements,
        refusal=refusal,
    )


def _commented(step: Step) -> str:
    return f"    # {in_one_line(step.comment)}\n" if step.comment else ""


def _python(sql: str) -> str:
    """A Python literal: as it is where it can be, so that a reviewer can read it."""
    if "\n" not in sql:
        return repr(sql)
    readable = all(line.isprintable() for line in sql.split("\n"))  # Python reads "\r" as "\n"
    plain = readable and '"""' not in sql and "\\" not in sql and not sql.endswith('"')
    return f'"""{sql}"""' if plain else repr(sql)


def _in_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _wrapped(paragraph: str) -> list[str]:
    """Prose is wrapped; a line that is indented is SQL, and stays whole."""
    lines = [in_one_line(line) for line in paragraph.split("\n")]
    return [short for line in lines for short in ((line,) if line[:1] == " " else _wrap(line))]


@lru_cache(maxsize=1_024)
def _wrap(line: str) -> tuple[str, ...]:
    """A large schema's migrations say much the same."""
    return tuple(textwrap.wrap(line, _WIDTH))
