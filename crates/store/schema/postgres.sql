-- What the migrations come to. Made by a test; see `postgres/tests.rs`.

create sequence journal_part;

create table cancel_wish (
    execution_id uuid not null,
    PRIMARY KEY (execution_id)
);

create table change (
    noun text not null,
    id bytea not null,
    number bigint not null,
    speaker bigint not null,
    PRIMARY KEY (noun, id)
);

CREATE UNIQUE INDEX change_by_number ON public.change USING btree (number);

create table change_number (
    number bigint not null
);

create table commit_mark (
    process uuid not null,
    line bigint not null,
    number bigint not null,
    PRIMARY KEY (process, line, number)
);

create table event (
    id uuid not null,
    executions bigint not null default 1,
    method bytea not null,
    headers text not null,
    query_string bytea not null,
    remote_addr text not null,
    received_at bigint not null,
    body bytea not null,
    PRIMARY KEY (id)
) partition by RANGE (id);

create table execution (
    id uuid not null,
    workflow_id uuid not null,
    workflow_key text not null,
    revision bigint,
    event_id uuid not null,
    replay_of uuid,
    mode text not null,
    status text collate "C" not null,
    reason text,
    owner uuid,
    epoch bigint not null,
    takeovers bigint not null default 0,
    due_at bigint,
    accepted_at bigint not null,
    timeout_at bigint,
    finished_at bigint,
    notes text,
    answer_status bigint,
    answer_sent_at bigint,
    answer_headers text,
    answer_body bytea,
    records text,
    PRIMARY KEY (id)
) partition by RANGE (id);

CREATE INDEX execution_by_bad_end ON ONLY public.execution USING btree (workflow_id, status, id) WHERE ((due_at IS NULL) AND (status <> 'succeeded'::text));

CREATE INDEX execution_by_replay_of ON ONLY public.execution USING btree (replay_of) WHERE (replay_of IS NOT NULL);

CREATE INDEX execution_by_status ON ONLY public.execution USING btree (status, id) WHERE (status <> ALL (ARRAY['queued'::text, 'succeeded'::text]));

CREATE INDEX execution_by_workflow ON ONLY public.execution USING btree (workflow_id, id);

CREATE INDEX execution_open ON ONLY public.execution USING btree (owner, workflow_id, due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX execution_suspect ON ONLY public.execution USING btree (owner) WHERE ((takeovers > 1) AND (due_at IS NOT NULL));

create table invite (
    digest bytea not null,
    user_id uuid not null,
    expires_at bigint not null,
    PRIMARY KEY (digest),
    UNIQUE (user_id)
);

create table journal (
    execution_id uuid not null,
    part bigint not null,
    epoch bigint not null,
    records text not null,
    PRIMARY KEY (execution_id, part)
) partition by RANGE (execution_id);

create table migration (
    number bigint not null,
    name text not null,
    checksum text not null,
    beside boolean not null,
    PRIMARY KEY (number)
);

create table refused_request (
    id uuid not null,
    workflow_id uuid not null,
    workflow_key text not null,
    code text not null,
    status bigint not null,
    detail bytea not null,
    method bytea not null,
    headers text not null,
    query_string bytea not null,
    remote_addr text not null,
    received_at bigint not null,
    body bytea not null,
    PRIMARY KEY (id)
) partition by RANGE (id);

CREATE INDEX refused_request_by_workflow ON ONLY public.refused_request USING btree (workflow_id, id);

create table retired_key (
    key text collate "C" not null,
    workflow_id uuid not null,
    retired_at bigint not null,
    PRIMARY KEY (key)
);

create table revision (
    workflow_id uuid not null,
    number bigint not null,
    id uuid not null,
    note bytea not null,
    published_at bigint not null,
    flow text not null,
    UNIQUE (id),
    PRIMARY KEY (workflow_id, number)
);

create table sample (
    id uuid not null,
    workflow_id uuid not null,
    name bytea not null,
    method bytea not null,
    headers text not null,
    query_string bytea not null,
    body bytea not null,
    created_at bigint not null,
    PRIMARY KEY (id)
);

CREATE INDEX sample_by_workflow ON public.sample USING btree (workflow_id, id);

create table secret (
    name text collate "C" not null,
    id uuid not null,
    nonce bytea not null,
    sealed bytea not null,
    key_id bytea not null,
    created_at bigint not null,
    changed_at bigint not null,
    UNIQUE (id),
    PRIMARY KEY (name)
);

create table server (
    id uuid not null,
    lease_until timestamp with time zone not null,
    role text not null,
    address text not null,
    version text not null,
    looks_on boolean not null,
    PRIMARY KEY (id)
);

create table session (
    digest bytea not null,
    user_id uuid not null,
    created_at bigint not null,
    used_at bigint not null,
    PRIMARY KEY (digest)
);

CREATE INDEX session_by_use ON public.session USING btree (used_at);

CREATE INDEX session_by_user ON public.session USING btree (user_id, used_at);

create table setting (
    name text not null,
    value bytea not null,
    PRIMARY KEY (name)
);

create table tested_draft (
    execution_id uuid not null,
    flow text not null,
    PRIMARY KEY (execution_id)
);

create table token (
    id uuid not null,
    name bytea not null,
    digest bytea not null,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    UNIQUE (digest),
    PRIMARY KEY (id)
);

create table "user" (
    id uuid not null,
    email text not null,
    email_folded text collate "C" not null,
    name bytea not null,
    role text not null,
    disabled boolean not null,
    password text,
    created_at bigint not null,
    last_seen_at bigint,
    UNIQUE (email_folded),
    PRIMARY KEY (id)
);

create table workflow (
    id uuid not null,
    key text collate "C" not null,
    title bytea not null,
    description bytea not null,
    tags text not null,
    enabled boolean not null,
    when_off text not null,
    retention text not null,
    basic_username bytea,
    basic_digest bytea,
    edit bigint not null,
    live bigint,
    created_at bigint not null,
    changed_at bigint not null,
    deleted_at bigint,
    draft text not null,
    UNIQUE (key),
    PRIMARY KEY (id)
);
