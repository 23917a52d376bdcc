"""The only write side. Whoever wants a row changed asks `service`; nothing else here acts.

facts.py       what a plan is made from: the Conflict, the catalog, the row as one look found it
remedies/      the kinds of cure, one file each: what each would write, and when it may not
plan.py        facts → RemediationPlan or Refusal; `undo.py` plans the way back
changes.py     what a plan does to one column
statements.py  the SQL of a plan: identifiers from the catalog, values always bound; `references.py`
               asks who refers to the row
guard.py       is the row still the one that was approved, and did it become what was promised?
outcomes.py    Applied, Refused, Failed, and every code a Refusal can have
writer.py      one plan, one transaction, on the writer's own connection; `database_errors.py`
               says what PostgreSQL's refusal of it means
journal/       the hash-chained AuditEntries, where each remediation stands, the sealed rows
service/       the one door: roles, order of steps, and what a crash left behind
replies.py     the text for the ticket

Pure: `facts, remedies, plan, undo, changes, statements, references, guard, outcomes, replies`.
`writer` knows nothing of the store, `journal` nothing of the Target, and neither shares a
connection or a credential with the read side.
"""
