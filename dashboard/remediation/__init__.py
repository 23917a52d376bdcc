"""The only write side. Whoever wants a row changed asks `service`; nothing else here acts.

facts.py       what a plan is made from: the Conflict, the catalog, the row as one look found it
remedies/      the kinds of cure, one file each: what each would write, and when it may not
plan.py        facts → RemediationPlan or Refusal; `undo.py` plans the way back
changes.py     what a plan does to one column
children.py    the SQL that finds what was deleted in the same moment
kept.py        the value that an earlier release has kept in the row
statements.py  the SQL of a plan: identifiers from the catalog, values always bound; `references.py`
               asks who refers to the row
batch.py       many plans under one statement
names.py       what one row of a table is called
guard.py       is the row still the one that was approved, and did it become what was promised?
outcomes.py    Applied, Refused, Failed, and every code a Refusal can have
writer/        a plan or a batch, in a transaction of the writer's own; `database_errors.py`
               says what PostgreSQL's refusal of it means
journal/       the hash-chained AuditEntries, where each remediation stands, the sealed rows
service/       the one door: roles, order of steps, and what a crash left behind
showing.py     what a plan changes, for the eye and the journal
written.py     which columns the Remedies may write: what a writer's role has to be granted
replies.py     the text for the ticket
writeback.py   comments on Sentry's Issues, with a token of their own

Pure: `facts, remedies, plan, undo, changes, children, kept, statements, references, batch, names,
guard, outcomes, showing, written, replies`.
`writer` knows nothing of the store, `journal` nothing of the Target, and neither shares a
connection or a credential with the read side.
"""
