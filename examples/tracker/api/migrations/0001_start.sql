CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
  joined_at TEXT NOT NULL
) STRICT;

-- The cookie has a random token, this table its hash: a copy of the database signs nobody in.
CREATE TABLE sessions (
  token BLOB PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
  expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE issues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'doing', 'done')),
  author INTEGER NOT NULL REFERENCES people,
  created_at TEXT NOT NULL,
  comments INTEGER NOT NULL DEFAULT 0,
  attachments INTEGER NOT NULL DEFAULT 0,
  -- Counts the edits of title and body: one of an old text is refused.
  revision INTEGER NOT NULL DEFAULT 1,
  -- Counts all changes: a page keeps the newest state.
  version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX issues_by_status ON issues (status);

CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue INTEGER NOT NULL REFERENCES issues ON DELETE CASCADE,
  author INTEGER NOT NULL REFERENCES people,
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX comments_by_issue ON comments (issue, id);

-- The bytes are in a file of the folder `attachments`.
CREATE TABLE attachments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue INTEGER NOT NULL REFERENCES issues ON DELETE CASCADE,
  author INTEGER NOT NULL REFERENCES people,
  name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  file TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX attachments_by_issue ON attachments (issue, id);

-- Issues that have changed, until the board has been told. A change and its row are one transaction, so
-- that a server that is killed tells the board at its next start.
CREATE TABLE changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue INTEGER NOT NULL
) STRICT;

CREATE TRIGGER issue_created AFTER INSERT ON issues BEGIN
  INSERT INTO changes (issue) VALUES (NEW.id);
END;

CREATE TRIGGER issue_changed AFTER UPDATE OF version ON issues BEGIN
  INSERT INTO changes (issue) VALUES (NEW.id);
END;

CREATE TRIGGER issue_removed AFTER DELETE ON issues BEGIN
  INSERT INTO changes (issue) VALUES (OLD.id);
END;
