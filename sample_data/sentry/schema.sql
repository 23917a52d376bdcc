CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS projects (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, scopes TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS issues (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    fingerprint TEXT NOT NULL,
    title TEXT NOT NULL,
    culprit TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    level TEXT NOT NULL,
    platform TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'unresolved',
    substatus TEXT DEFAULT 'new',
    first_seen REAL NOT NULL,
    last_seen REAL NOT NULL,
    times_seen INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, fingerprint)
);

CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects,
    issue_id INTEGER NOT NULL REFERENCES issues,
    happened REAL NOT NULL,
    received REAL NOT NULL,
    environment TEXT,
    release TEXT,
    transaction_name TEXT,
    level TEXT,
    title TEXT NOT NULL,
    wire BLOB NOT NULL,
    encoding TEXT NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER,
    UNIQUE (project_id, event_id)
);
CREATE INDEX IF NOT EXISTS events_of_issue ON events (issue_id, happened);
CREATE TABLE IF NOT EXISTS light_rows (event INTEGER PRIMARY KEY, row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS merged_issues (id INTEGER PRIMARY KEY, into_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deploys (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    environment TEXT NOT NULL,
    finished REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_project ON events (project_id, happened);

CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY,
    issue_id INTEGER NOT NULL REFERENCES issues,
    text TEXT NOT NULL,
    created REAL NOT NULL
);
