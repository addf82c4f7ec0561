-- Ids are UUIDs (version 7) whose order is the order of time; times are microseconds since 1970.
-- Text that somebody outside decides may hold U+0000, which a column of text may not: it is bytea. JSON is text and
-- not jsonb, which would lose the order of keys and refuse what is escaped.
-- Every index is paid for by every execution that is accepted: add one only with its query beside it.

-- Processes that may run executions. Until its lease is over, what a server owns is nobody else's.
create table server (
    id          uuid        not null primary key,
    lease_until timestamptz not null           -- by the clock of the database
);

-- What transactions leave behind to be known by, should their commit not be answered. The last of each line of a
-- process; those of one that was killed stay, and nobody asks for them.
create table commit_mark (
    process uuid   not null,
    line    bigint not null,
    number  bigint not null,
    primary key (process, line, number)
);

create table workflow (
    id             uuid             not null primary key,
    key            text collate "C" not null unique,
    title          bytea            not null,
    description    bytea            not null,
    tags           text             not null,  -- JSON list
    enabled        boolean          not null,
    when_off       text             not null,
    retention      text             not null,  -- JSON object
    basic_username bytea,
    basic_digest   bytea,
    edit           bigint           not null,
    live           bigint,
    created_at     bigint           not null,
    changed_at     bigint           not null,
    deleted_at     bigint,
    draft          text             not null   -- JSON object
);

-- Keys that were rotated away: they answer 410 and are never given out again.
create table retired_key (
    key         text collate "C" not null primary key,
    workflow_id uuid             not null,
    retired_at  bigint           not null
);

create table revision (
    workflow_id  uuid   not null,
    number       bigint not null,
    id           uuid   not null unique,
    note         bytea  not null,
    published_at bigint not null,
    flow         text   not null,              -- JSON object
    primary key (workflow_id, number)
);

-- Requests that an author keeps to try a workflow with. They go when it is deleted.
create table sample (
    id           uuid   not null primary key,
    workflow_id  uuid   not null,
    name         bytea  not null,
    method       bytea  not null,
    headers      text   not null,              -- JSON list of [name, value]
    query_string bytea  not null,
    body         bytea  not null,
    created_at   bigint not null
);

create index sample_by_workflow on sample (workflow_id, id);

-- The four tables that grow are cut by time, a part a day, made ahead; what is in no day is in `…_rest`. A day that
-- is empty again is dropped, and its space is free at once.

-- Known by its id, as the rows of several servers have no places in one file that could be handed out.
create table event (
    id           uuid   not null primary key,
    executions   bigint not null default 1,    -- how many refer to it; the last one to go takes it along
    method       bytea  not null,
    headers      text   not null,              -- JSON list of [name, value]
    query_string bytea  not null,
    remote_addr  text   not null,
    received_at  bigint not null,
    body         bytea  not null
) partition by range (id);

create table event_rest partition of event default;

create table execution (
    id             uuid   not null primary key,
    workflow_id    uuid   not null,
    workflow_key   text   not null,
    revision       bigint,                     -- null: a test, which runs its tested_draft
    event_id       uuid   not null,
    replay_of      uuid,                       -- the execution whose event runs once more
    mode           text   not null,
    status         text collate "C" not null,
    reason         text,
    owner          uuid,                       -- a server
    epoch          bigint not null,            -- raised with each change of owner
    takeovers      bigint not null default 0,  -- owners that died since a node of it finished last
    due_at         bigint,                     -- when it can be claimed; null once it has ended
    accepted_at    bigint not null,
    timeout_at     bigint,
    finished_at    bigint,
    notes          text,                       -- JSON list
    answer_status  bigint,
    answer_sent_at bigint,
    answer_headers text,                       -- JSON list of [name, value]
    answer_body    bytea
) partition by range (id);

create table execution_rest partition of execution default;

-- Lists of one workflow, retention.
create index execution_by_workflow on execution (workflow_id, id);
-- Claims: leaps from owner to owner and from workflow to workflow, oldest first in each.
create index execution_open on execution (owner, workflow_id, due_at) where due_at is not null;
-- What may have killed its owners.
create index execution_suspect on execution (owner) where takeovers > 1 and due_at is not null;
-- Lists by status. The two most frequent ones are found without it.
create index execution_by_status on execution (status, id) where status not in ('queued', 'succeeded');
-- The same of one workflow, of what ended badly: else it would be looked for among all that the workflow did.
create index execution_by_bad_end on execution (workflow_id, status, id)
    where due_at is null and status <> 'succeeded';
-- What was run again, and as what. Rare, so it costs the others nothing.
create index execution_by_replay_of on execution (replay_of) where replay_of is not null;

-- The draft as it was when a test of it began.
create table tested_draft (
    execution_id uuid not null primary key,
    flow         text not null                 -- JSON object
);

-- What comes later has a higher number, whichever execution it is of.
create sequence journal_part;

-- Append-only: each checkpoint adds a part.
create table journal (
    execution_id uuid   not null,
    part         bigint not null,              -- of `journal_part`
    epoch        bigint not null,
    records      text   not null,              -- JSON list of node runs
    primary key (execution_id, part)
) partition by range (execution_id);

create table journal_rest partition of journal default;

-- Tokens that programs show to use the API, known by their digest: the token itself is nowhere.
create table token (
    id           uuid   not null primary key,
    name         bytea  not null,
    digest       bytea  not null unique,       -- SHA-256
    scopes       text   not null,              -- JSON list
    created_at   bigint not null,
    expires_at   bigint,
    last_used_at bigint
);

-- People who log in. Without a password: invited.
create table "user" (
    id           uuid             not null primary key,
    email        text             not null,
    email_folded text collate "C" not null unique, -- as it is compared
    name         bytea            not null,
    role         text             not null,
    disabled     boolean          not null,
    password     text,                         -- argon2id with salt and cost (PHC)
    created_at   bigint           not null,
    last_seen_at bigint
);

-- What lets a user choose a password, once; known by its digest.
create table invite (
    digest     bytea  not null primary key,    -- SHA-256
    user_id    uuid   not null unique,
    expires_at bigint not null
);

-- Browsers that are logged in, known by the digest of what their cookie holds.
create table session (
    digest     bytea  not null primary key,    -- SHA-256
    user_id    uuid   not null,
    created_at bigint not null,
    used_at    bigint not null
);

create index session_by_user on session (user_id, used_at);
create index session_by_use on session (used_at);

-- Values that are never shown again, sealed under a key that is not in here.
create table secret (
    name       text collate "C" not null primary key,
    id         uuid             not null unique,
    nonce      bytea            not null,      -- 24 bytes, new with each value
    sealed     bytea            not null,      -- XChaCha20-Poly1305, with id and name as associated data
    key_id     bytea            not null,      -- of the key that it was sealed with
    created_at bigint           not null,
    changed_at bigint           not null
);

-- What is set while the server runs. Flags, environment and file have the last word.
create table setting (
    name  text  not null primary key,
    value bytea not null
);

create table refused_request (
    id           uuid   not null primary key,
    workflow_id  uuid   not null,
    workflow_key text   not null,
    code         text   not null,
    status       bigint not null,
    detail       bytea  not null,
    method       bytea  not null,
    headers      text   not null,              -- JSON list of [name, value]
    query_string bytea  not null,
    remote_addr  text   not null,
    received_at  bigint not null,
    body         bytea  not null
) partition by range (id);

create table refused_request_rest partition of refused_request default;

create index refused_request_by_workflow on refused_request (workflow_id, id);
