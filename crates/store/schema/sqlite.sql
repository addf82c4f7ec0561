-- What the migrations come to. Made by a test; see `sqlite/tests.rs`.

CREATE TABLE cancel_wish (
    execution_id blob not null primary key
) strict, without rowid;

CREATE TABLE event (
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

CREATE TABLE execution (
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

CREATE INDEX execution_by_bad_end on execution (workflow_id, status, id)
    where due_at is null and status <> 'succeeded';

CREATE INDEX execution_by_replay_of on execution (replay_of) where replay_of is not null;

CREATE INDEX execution_by_status on execution (status, id) where status not in ('queued', 'succeeded');

CREATE INDEX execution_by_workflow on execution (workflow_id, id);

CREATE INDEX execution_open on execution (owner, workflow_id, due_at) where due_at is not null;

CREATE INDEX execution_suspect on execution (owner) where takeovers > 1 and due_at is not null;

CREATE TABLE invite (
    digest     blob    not null primary key,   -- SHA-256
    user_id    blob    not null unique,
    expires_at integer not null
) strict, without rowid;

CREATE TABLE journal (
    place        integer not null primary key,
    before_place integer,                      -- null: the first part
    epoch        integer not null,
    records      text    not null              -- JSON list of node runs
) strict;

CREATE TABLE migration (
    number   integer not null primary key,
    name     text    not null,
    checksum text    not null,
    beside   integer not null                  -- programs that do not know it may go on
) strict;

CREATE TABLE refused_request (
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

CREATE INDEX refused_request_by_workflow on refused_request (workflow_id, id);

CREATE TABLE retired_key (
    key         text    not null primary key,
    workflow_id blob    not null,
    retired_at  integer not null
) strict, without rowid;

CREATE TABLE revision (
    workflow_id  blob    not null,
    number       integer not null,
    id           blob    not null unique,
    note         text    not null,
    published_at integer not null,
    flow         text    not null,             -- JSON object
    primary key (workflow_id, number)
) strict;

CREATE TABLE sample (
    id           blob    not null primary key,
    workflow_id  blob    not null,
    name         text    not null,
    method       text    not null,
    headers      text    not null,             -- JSON list of [name, value]
    query_string text    not null,
    body         blob    not null,
    created_at   integer not null
) strict;

CREATE INDEX sample_by_workflow on sample (workflow_id, id);

CREATE TABLE secret (
    name       text    not null primary key,
    id         blob    not null unique,
    nonce      blob    not null,               -- 24 bytes, new with each value
    sealed     blob    not null,               -- XChaCha20-Poly1305, with id and name as associated data
    key_id     blob    not null,               -- of the key that it was sealed with
    created_at integer not null,
    changed_at integer not null
) strict;

CREATE TABLE server (
    id      blob not null primary key,
    role    text not null,
    address text not null,                     -- of its admin listener
    version text not null
) strict, without rowid;

CREATE TABLE session (
    digest     blob    not null primary key,   -- SHA-256
    user_id    blob    not null,
    created_at integer not null,
    used_at    integer not null
) strict, without rowid;

CREATE INDEX session_by_use on session (used_at);

CREATE INDEX session_by_user on session (user_id, used_at);

CREATE TABLE setting (
    name  text not null primary key,
    value text not null
) strict, without rowid;

CREATE TABLE tested_draft (
    execution_id blob not null primary key,
    flow         text not null                 -- JSON object
) strict, without rowid;

CREATE TABLE token (
    id           blob    not null primary key,
    name         text    not null,
    digest       blob    not null unique,      -- SHA-256
    scopes       text    not null,             -- JSON list
    created_at   integer not null,
    expires_at   integer,
    last_used_at integer
) strict;

CREATE TABLE "user" (
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

CREATE TABLE workflow (
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
