"""How bad a flaw is: from what is known, which only ever makes it worse."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Reuse
from collectors.model import Severity
from collectors.model.counted import counted

_WHY = {
    Reuse.LIKELY: "People can ask for such a value again.",
    Reuse.UNKNOWN: "Whether anybody asks for such a value again, its owners must say.",
    Reuse.NEVER: (
        "But nobody asks for such a value again (it is made anew for every row), so it should stay "
        "unique for ever."
    ),
    Reuse.COPIED: (
        "But by its name the table keeps another's rows as they were, their mark of deletion with "
        "them: nobody creates a row of it with such a value again."
    ),
    Reuse.SET_APART: (
        "But by its name a column of it tells deletions apart: where every path that deletes gives "
        "it a value of the row's own, the key is free again."
    ),
}


def weighed(case: KeyCase) -> tuple[Severity, str]:
    """The severity of a flaw, and the sentences that say why.

    A value that nobody can ask for again is worth knowing and no more, unless Failures say that
    somebody did.
    """
    facts, said = case.facts, [_WHY[case.reuse]]
    if facts.failures and not case.reuse.is_asked:
        said = ["By its columns nobody asks for such a value again, but somebody did."]
    if facts.exposed:
        rows = counted(facts.exposed, "deleted row holds", "deleted rows hold")
        said.append(f"{rows} it now.")
    if facts.failures:
        said.append(f"{counted(facts.failures, 'Failure')} seen.")
        return Severity.HIGH, " ".join(said)
    if not case.reuse.is_asked:
        return Severity.INFO, " ".join(said)
    hurts = case.reuse is Reuse.LIKELY or bool(facts.exposed)
    return Severity.HIGH if hurts else Severity.MEDIUM, " ".join(said)
