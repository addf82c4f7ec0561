//! What is moved: each table with its columns, in words that both backends share.
//!
//! An execution goes with its event, its journal and the draft that it tests: where these stand, and by what they are
//! found, differs. Events are not rows of their own here: how many executions share one is counted anew.
//!
//! A test holds this against both schemas: a table is moved or named as one that is not, and no column is missed.

/// How a column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 16 bytes; `uuid` on PostgreSQL.
    Id,
    Number,
    /// `boolean` on PostgreSQL, 0 or 1 on SQLite.
    Flag,
    Text,
    /// Text that may hold U+0000: bytes on PostgreSQL.
    Free,
    Bytes,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// So many of the first columns are its key, in whose order it is read.
    pub(crate) key: usize,
    pub(crate) columns: &'static [Column],
    /// Rows that stay.
    pub(crate) except: Option<&'static str>,
}

macro_rules! columns {
    ($($kind:ident $($name:literal)+;)+) => { &[$($(Column { name: $name, kind: Kind::$kind },)+)+] };
}

/// In the order in which they are moved. What is in one table names rows of others, so a target is whole at the end
/// alone: until then its marker keeps servers out.
pub(crate) const TABLES: [&Table; 13] = [
    &WORKFLOW,
    &RETIRED_KEY,
    &REVISION,
    &SAMPLE,
    &TOKEN,
    &USER,
    &INVITE,
    &SESSION,
    &SECRET,
    &SETTING,
    &REFUSED_REQUEST,
    &EXECUTION,
    &CANCEL_WISH,
];

/// Of processes, not of what they keep: who runs, what their commits left behind, what others have to read anew, which
/// steps the schema took.
#[cfg(test)]
pub(crate) const NOT_MOVED: [&str; 5] = ["server", "commit_mark", "change", "change_number", "migration"];

const WORKFLOW: Table = Table {
    name: "workflow",
    key: 1,
    columns: columns! {
        Id "id";
        Text "key";
        Free "title" "description";
        Text "tags";
        Flag "enabled";
        Text "when_off" "retention";
        Free "basic_username";
        Bytes "basic_digest";
        Number "edit" "live" "created_at" "changed_at" "deleted_at";
        Text "draft";
    },
    except: None,
};

const RETIRED_KEY: Table = Table {
    name: "retired_key",
    key: 1,
    columns: columns! { Text "key"; Id "workflow_id"; Number "retired_at"; },
    except: None,
};

const REVISION: Table = Table {
    name: "revision",
    key: 2,
    columns: columns! { Id "workflow_id"; Number "number"; Id "id"; Free "note"; Number "published_at"; Text "flow"; },
    except: None,
};

const SAMPLE: Table = Table {
    name: "sample",
    key: 1,
    columns: columns! {
        Id "id" "workflow_id";
        Free "name" "method";
        Text "headers";
        Free "query_string";
        Bytes "body";
        Number "created_at";
    },
    except: None,
};

const TOKEN: Table = Table {
    name: "token",
    key: 1,
    columns: columns! {
        Id "id";
        Free "name";
        Bytes "digest";
        Text "scopes";
        Number "created_at" "expires_at" "last_used_at";
    },
    except: None,
};

const USER: Table = Table {
    name: "user",
    key: 1,
    columns: columns! {
        Id "id";
        Text "email" "email_folded";
        Free "name";
        Text "role";
        Flag "disabled";
        Text "password";
        Number "created_at" "last_seen_at";
    },
    except: None,
};

const INVITE: Table = Table {
    name: "invite",
    key: 1,
    columns: columns! { Bytes "digest"; Id "user_id"; Number "expires_at"; },
    except: None,
};

const SESSION: Table = Table {
    name: "session",
    key: 1,
    columns: columns! { Bytes "digest"; Id "user_id"; Number "created_at" "used_at"; },
    except: None,
};

const SECRET: Table = Table {
    name: "secret",
    key: 1,
    columns: columns! { Text "name"; Id "id"; Bytes "nonce" "sealed" "key_id"; Number "created_at" "changed_at"; },
    except: None,
};

const SETTING: Table = Table {
    name: "setting",
    key: 1,
    columns: columns! { Text "name"; Free "value"; },
    // What a move keeps of itself: see `marker`.
    except: Some("name <> 'moving'"),
};

const REFUSED_REQUEST: Table = Table {
    name: "refused_request",
    key: 1,
    columns: columns! {
        Id "id" "workflow_id";
        Text "workflow_key" "code";
        Number "status";
        Free "detail" "method";
        Text "headers";
        Free "query_string";
        Text "remote_addr";
        Number "received_at";
        Bytes "body";
    },
    except: None,
};

/// Without what leads to its event and its journal.
pub(crate) const EXECUTION: Table = Table {
    name: "execution",
    key: 1,
    columns: columns! {
        Id "id" "workflow_id";
        Text "workflow_key";
        Number "revision";
        Id "replay_of";
        Text "mode" "status" "reason";
        Id "owner";
        Number "epoch" "takeovers" "due_at" "accepted_at" "timeout_at" "finished_at";
        Text "notes";
        Number "answer_status" "answer_sent_at";
        Text "answer_headers";
        Bytes "answer_body";
    },
    except: None,
};

/// Without its place, and without the number of executions that share it.
pub(crate) const EVENT: Table = Table {
    name: "event",
    key: 1,
    columns: columns! {
        Id "id";
        Free "method";
        Text "headers";
        Free "query_string";
        Text "remote_addr";
        Number "received_at";
        Bytes "body";
    },
    except: None,
};

const CANCEL_WISH: Table =
    Table { name: "cancel_wish", key: 1, columns: columns! { Id "execution_id"; }, except: None };

/// A part, without what it is found by.
pub(crate) const JOURNAL: Table =
    Table { name: "journal", key: 0, columns: columns! { Number "epoch"; Text "records"; }, except: None };

pub(crate) const TESTED_DRAFT: Table =
    Table { name: "tested_draft", key: 1, columns: columns! { Id "execution_id"; Text "flow"; }, except: None };

/// What an execution takes along.
pub(crate) const WITH_EXECUTIONS: [&Table; 3] = [&EVENT, &JOURNAL, &TESTED_DRAFT];

impl Table {
    pub(crate) fn is_execution(&self) -> bool {
        self.name == EXECUTION.name
    }

    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        TABLES.into_iter().find(|table| table.name == name)
    }

    pub(crate) fn key_columns(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }

    /// `"user"`: a word of SQL, too.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }
}

/// `a, b, c`
pub(crate) fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// `$from, …`, as many as there are columns.
pub(crate) fn marks(columns: &[Column], sign: char, from: usize) -> String {
    let marks = (from..from + columns.len()).map(|number| format!("{sign}{number}"));
    marks.collect::<Vec<_>>().join(", ")
}

/// ` where …`, or nothing.
pub(crate) fn condition(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(" where {}", parts.join(" and ")) }
}
