-- Ids are 16 bytes whose order is the order of time; times are microseconds since 1970.
-- Every index is paid for by every execution that is accepted: add one only with its query beside it.

-- Processes that may run executions. While a row stands, what it owns is nobody else's.
create table server (
    id blob not null primary key
) strict, without rowid;

create table workflow (
    id             blob    not null primary key,
    key            text    not null unique,
    title          text    not null,
    description    text    not null,
    tags           text    not null,           -- JSON list
    enabled        integer not null,
    when_off       text    not null,
    retention      text    not null,           -- JSON object
    basic_username text,
    basic_digest   blob,
    edit           integer not null,
    live           integer,
    created_at     integer not null,
    changed_at     integer not null,
    deleted_at     integer,
    draft          text    not null            -- JSON object
) strict;

-- Keys that were rotated away: they answer 410 and are never given out again.
create table retired_key (
    key         text    not null primary key,
    workflow_id blob    not null,
    retired_at  integer not null
) strict, without rowid;

create table revision (
    workflow_id  blob    not null,
    number       integer not null,
    id           blob    not null unique,
    note         text    not null,
    published_at integer not null,
    flow         text    not null,             -- JSON object
    primary key (workflow_id, number)
) strict;

-- Requests that an author keeps to try a workflow with. They go when it is deleted.
create table sample (
    id           blob    not null primary key,
    workflow_id  blob    not null,
    name         text    not null,
    method       text    not null,
    headers      text    not null,             -- JSON list of [name, value]
    query_string text    not null,
    body         blob    not null,
    created_at   integer not null
) strict;

create index sample_by_workflow on sample (workflow_id, id);

-- Known by its place, so that bodies are appended one after the other, whole rows fit a page, and no index
-- on 16 random bytes is written with each of them.
create table event (
    place        integer not null primary key,
    id           blob    not null,
    executions   integer not null default 1,   -- how many refer to it; the last one to go takes it along
    method       text    not null,
    headers      text    not null,             -- JSON list of [name, value]
    query_string text    not null,
    remote_addr  text    not null,
    received_at  integer not null,
    body         blob    not null
) strict;

create table execution (
    id             blob    not null primary key,
    workflow_id    blob    not null,
    workflow_key   text    not null,
    revision       integer,                    -- null: a test, which runs its tested_draft
    event_place    integer not null,
    replay_of      blob,                       -- the execution whose event runs once more
    mode           text    not null,
    status         text    not null,
    reason         text,
    owner          blob,                       -- a server
    epoch          integer not null,           -- raised with each change of owner
    takeovers      integer not null default 0, -- owners that died since a node of it finished last
    due_at         integer,                    -- when it can be claimed; null once it has ended
    accepted_at    integer not null,
    timeout_at     integer,
    finished_at    integer,
    notes          text,                       -- JSON list
    answer_status  integer,
    answer_sent_at integer,
    answer_headers text,                       -- JSON list of [name, value]
    answer_body    blob,
    journal_end    integer                     -- the last part of its journal
) strict, without rowid;

-- Lists of one workflow, retention.
create index execution_by_workflow on execution (workflow_id, id);
-- Claims: leaps from owner to owner and from workflow to workflow, oldest first in each.
create index execution_open on execution (owner, workflow_id, due_at) where due_at is not null;
-- What may have killed its owners.
create index execution_suspect on execution (owner) where takeovers > 1 and due_at is not null;
-- Lists by status. The two most frequent ones are found without it.
create index execution_by_status on execution (status, id) where status not in ('queued', 'succeeded');
-- The same of one workflow, of what ended badly: else it would be looked for among all that the workflow did.
-- (A list of more than two words here would be built anew, as a table, with every execution that is written.)
create index execution_by_bad_end on execution (workflow_id, status, id)
    where due_at is null and status <> 'succeeded';
-- What was run again, and as what. Rare, so it costs the others nothing.
create index execution_by_replay_of on execution (replay_of) where replay_of is not null;

-- The draft as it was when a test of it began.
create table tested_draft (
    execution_id blob not null primary key,
    flow         text not null                 -- JSON object
) strict, without rowid;

-- Append-only: each checkpoint adds a part, which names the one before it. An execution names its last one.
create table journal (
    place        integer not null primary key,
    before_place integer,                      -- null: the first part
    epoch        integer not null,
    records      text    not null              -- JSON list of node runs
) strict;

-- Tokens that programs show to use the API, known by their digest: the token itself is nowhere.
create table token (
    id           blob    not null primary key,
    name         text    not null,
    digest       blob    not null unique,      -- SHA-256
    scopes       text    not null,             -- JSON list
    created_at   integer not null,
    expires_at   integer,
    last_used_at integer
) strict;

-- People who log in. Without a password: invited.
create table "user" (
    id           blob    not null primary key,
    email        text    not null,
    email_folded text    not null unique,      -- as it is compared
    name         text    not null,
    role         text    not null,
    disabled     integer not null,
    password     text,                         -- argon2id with salt and cost (PHC)
    created_at   integer not null,
    last_seen_at integer
) strict;

-- What lets a user choose a password, once; known by its digest.
create table invite (
    digest     blob    not null primary key,   -- SHA-256
    user_id    blob    not null unique,
    expires_at integer not null
) strict, without rowid;

-- Browsers that are logged in, known by the digest of what their cookie holds.
create table session (
    digest     blob    not null primary key,   -- SHA-256
    user_id    blob    not null,
    created_at integer not null,
    used_at    integer not null
) strict, without rowid;

create index session_by_user on session (user_id, used_at);
create index session_by_use on session (used_at);

-- Values that are never shown again, sealed under a key that is not in here.
create table secret (
    name       text    not null primary key,
    id         blob    not null unique,
    nonce      blob    not null,               -- 24 bytes, new with each value
    sealed     blob    not null,               -- XChaCha20-Poly1305, with id and name as associated data
    key_id     blob    not null,               -- of the key that it was sealed with
    created_at integer not null,
    changed_at integer not null
) strict;

-- What is set while the server runs. Flags, environment and file have the last word.
create table setting (
    name  text not null primary key,
    value text not null
) strict, without rowid;

create table refused_request (
    id           blob    not null primary key,
    workflow_id  blob    not null,
    workflow_key text    not null,
    code         text    not null,
    status       integer not null,
    detail       text    not null,
    method       text    not null,
    headers      text    not null,             -- JSON list of [name, value]
    query_string text    not null,
    remote_addr  text    not null,
    received_at  integer not null,
    body         blob    not null
) strict;

create index refused_request_by_workflow on refused_request (workflow_id, id);
