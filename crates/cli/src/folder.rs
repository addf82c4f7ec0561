//! The data folder: everything a server has, for its owner alone.
//! ```text
//! hookflow.db    the database (and its -wal, -shm), unless it is elsewhere
//! hookflow.key   32 random bytes, mode 0600: digests of passwords are made with it; unless `key_file` names another
//! admin.token    one line, mode 0600: the bearer token of the commands on this machine
//! serve.json     {pid, hooks, admin} while a server runs
//! lock           held while a server runs, and names its process
//! ```
//! Key and token are made once and kept. Both appear whole or not at all, and the first of two
//! processes that start together wins.
//!
//! A database in the folder comes with the lock that keeps a second server out (`store::sqlite`); a server whose
//! database is elsewhere takes it by itself.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use domain::credentials::ServerKey;
use domain::id::base36;
use serde::{Deserialize, Serialize};

pub(crate) use server::reachable;

use crate::failure::{Failure, root};

/// Bits that let others than the owner at a file.
const OTHERS: u32 = 0o077;
/// The same of a file that whoever runs the machine gives to a server: its group may read it.
const GIVEN_TO_OTHERS: u32 = 0o037;

const MAKE_A_KEY: &str =
    "make it once, `head -c 32 /dev/urandom > FILE; chmod 600 FILE`, and give the same file to every server";

/// What to do about a folder that a server cannot use.
pub(crate) const ELSEWHERE: &str =
    "a server needs a data folder that it may write to and has for itself; --data names another";

/// What a running server says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServeInfo {
    pub(crate) pid: u32,
    /// The addresses as bound, with their real ports. `None`: webhooks arrive at other servers.
    pub(crate) hooks: Option<SocketAddr>,
    pub(crate) admin: SocketAddr,
}

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of a server that runs, or not.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Makes the folder when it is absent.
    pub(crate) fn create(path: PathBuf) -> Result<Self, Failure> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(|error| failed("data.folder", "make the data folder", &path, &error).hint(ELSEWHERE))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("hookflow.db")
    }

    /// The content of a key file that several servers are given. Nobody makes it up: each would make another.
    pub(crate) fn given_key(path: &Path) -> Result<ServerKey, Failure> {
        let unusable = |error: &io::Error| failed("key.unusable", "read the key file", path, error).hint(MAKE_A_KEY);
        let mode = fs::metadata(path).map_err(|error| unusable(&error))?.permissions().mode();
        if mode & GIVEN_TO_OTHERS != 0 {
            return Err(exposed("key", path, mode).hint(format!("chmod o= {0}; chmod g-wx {0}", path.display())));
        }
        key(path, fs::read(path).map_err(|error| unusable(&error))?)
    }

    /// The key file's content; made on the first start.
    pub(crate) fn server_key(&self) -> Result<ServerKey, Failure> {
        let path = self.path.join("hookflow.key");
        if !path.exists() && self.database().exists() {
            // A new key would silently turn every stored password into a wrong one.
            return Err(Failure::new("key.missing", format!("{} is gone, but there is a database made with it", path.display()))
                .hint("put it back from a backup; or make a new one (`head -c 32 /dev/urandom`, mode 0600), start with --new-key and set all passwords of endpoints and all secrets again"));
        }
        key(&path, self.kept(&path, "key", || Ok(random::<32>()?.to_vec()))?)
    }

    /// An empty database, so that it and the files SQLite puts beside it are their owner's alone even in
    /// a folder that others can read.
    pub(crate) fn make_database(&self) -> Result<(), Failure> {
        let path = self.database();
        let made = File::options().append(true).create(true).mode(0o600).open(&path);
        made.map(drop).map_err(|error| failed("data.folder", "make", &path, &error).hint(ELSEWHERE))
    }

    /// Keeps other servers out of the folder for as long as what it returns is held.
    pub(crate) fn lock(&self) -> Result<File, Failure> {
        let path = self.path.join("lock");
        let opened = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut lock = opened.map_err(|error| failed("data.folder", "make", &path, &error).hint(ELSEWHERE))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let sentence = format!("another server runs on {}", self.path.display());
                return Err(Failure::new("data.in_use", sentence).hint(ELSEWHERE));
            }
            Err(TryLockError::Error(error)) => return Err(failed("data.folder", "lock", &path, &error)),
        }
        let written = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        written.map_err(|error| failed("data.folder", "write", &path, &error))?;
        Ok(lock)
    }

    /// The bearer token of this machine's commands; made on the first start.
    pub(crate) fn admin_token(&self) -> Result<String, Failure> {
        let make = || {
            let [high, low] = random_bits()?;
            Ok(format!("{}{}\n", base36(high), base36(low)).into_bytes())
        };
        let path = self.token_path();
        let bytes = self.kept(&path, "token", make)?;
        token(&path, &bytes)
    }

    /// What [`Self::admin_token`] has made, for commands.
    pub(crate) fn read_token(&self) -> Result<String, Failure> {
        let path = self.token_path();
        let bytes = fs::read(&path).map_err(|error| {
            failed("client.no_token", "read the token", &path, &error)
                .hint("run as the user the server runs as, or set HOOKFLOW_TOKEN")
        })?;
        token(&path, &bytes)
    }

    fn token_path(&self) -> PathBuf {
        self.path.join("admin.token")
    }

    fn serve_info_path(&self) -> PathBuf {
        self.path.join("serve.json")
    }

    /// Says where this server is. Whoever sees the file sees all of it.
    pub(crate) fn announce(&self, info: &ServeInfo) -> Result<(), Failure> {
        let path = self.serve_info_path();
        let written = self.draft(&serde_json::to_vec(info).expect("addresses and a number are JSON"));
        written
            .and_then(|draft| draft.persist(&path).map_err(|error| error.error))
            .map_err(|error| failed("data.write", "write", &path, &error))?;
        Ok(())
    }

    /// Takes back what [`Self::announce`] said.
    pub(crate) fn withdraw(&self) {
        // Nothing depends on it: whose file it is, the lock tells.
        let _ = fs::remove_file(self.serve_info_path());
    }

    /// The server that runs here. A process that was killed leaves its announcement behind, and whoever
    /// listens on its address now must not be shown our token: the lock ends with the process, and names it.
    pub(crate) fn running(&self) -> Option<ServeInfo> {
        let info = self.serve_info()?;
        let lock = File::open(self.path.join("lock")).ok()?;
        let holder = io::read_to_string(&lock).ok()?;
        // The lock is tried last, so that it is not even shortly in the way of a server that starts.
        let is_held = || matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock));
        (holder.trim() == info.pid.to_string() && is_held()).then_some(info)
    }

    /// What a server here has said last.
    pub(crate) fn serve_info(&self) -> Option<ServeInfo> {
        let text = fs::read(self.serve_info_path()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// A file that is made once and then kept, readable by its owner alone.
    fn kept(&self, path: &Path, what: &str, make: impl FnOnce() -> io::Result<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        let code = format!("{what}.unusable");
        if !path.exists() {
            let made =
                make().and_then(|content| self.draft(&content)).and_then(|draft| match draft.persist_noclobber(path) {
                    // Another process was faster: its file counts.
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                    Err(error) => Err(error.error),
                    Ok(_) => File::open(&self.path)?.sync_all(),
                });
            made.map_err(|error| failed(&code, "make", path, &error).hint(ELSEWHERE))?;
        }
        let mode = fs::metadata(path).map_err(|error| failed(&code, "look at", path, &error))?.permissions().mode();
        if mode & OTHERS != 0 {
            return Err(exposed(what, path, mode).hint(format!("chmod 600 {}", path.display())));
        }
        fs::read(path).map_err(|error| failed(&code, "read", path, &error))
    }

    /// A file without its final name yet, mode 0600, its content on disk.
    fn draft(&self, content: &[u8]) -> io::Result<tempfile::NamedTempFile> {
        let mut draft = tempfile::Builder::new().prefix(".draft-").tempfile_in(&self.path)?;
        draft.write_all(content)?;
        draft.as_file().sync_all()?;
        Ok(draft)
    }
}

fn key(path: &Path, bytes: Vec<u8>) -> Result<ServerKey, Failure> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| {
        Failure::new("key.damaged", format!("{} does not hold 32 bytes", path.display()))
            .hint("put it back from a backup")
    })?;
    Ok(ServerKey::new(bytes))
}

fn exposed(what: &str, path: &Path, mode: u32) -> Failure {
    let sentence = format!("{} can be used by others (mode {:04o})", path.display(), mode & 0o7777);
    Failure::new(&format!("{what}.exposed"), sentence)
}

/// For a token.
pub(crate) fn random_bits() -> io::Result<[u128; 2]> {
    Ok([u128::from_be_bytes(random()?), u128::from_be_bytes(random()?)])
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

fn token(path: &Path, bytes: &[u8]) -> Result<String, Failure> {
    let text = std::str::from_utf8(bytes).map(str::trim).unwrap_or_default();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::new("token.damaged", format!("{} does not hold a token", path.display()))
            .hint("delete it and start the server again: it makes a new one"));
    }
    Ok(text.to_owned())
}

fn failed(code: &str, verb: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(code, format!("cannot {verb} {}: {}", path.display(), root(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::create(temp.path().join("a/b")).unwrap();
        (temp, folder)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn names(folder: &Folder) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_folder_and_what_is_in_it_are_for_their_owner_alone() {
        let (_temp, folder) = folder();
        folder.server_key().unwrap();
        folder.admin_token().unwrap();
        assert_eq!(names(&folder), ["admin.token", "hookflow.key"]);
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join("hookflow.key")), 0o600);
        assert_eq!(mode(&folder.path().join("admin.token")), 0o600);
    }

    #[test]
    fn key_and_token_are_kept() {
        let (_temp, folder) = folder();
        folder.server_key().unwrap();
        let key = fs::read(folder.path().join("hookflow.key")).unwrap();
        let token = folder.admin_token().unwrap();
        fs::write(folder.database(), "").unwrap();
        folder.server_key().unwrap();
        assert_eq!(fs::read(folder.path().join("hookflow.key")).unwrap(), key);
        assert_eq!(folder.admin_token().unwrap(), token);
        assert_eq!(folder.read_token().unwrap(), token);
        assert_eq!((key.len(), token.len()), (32, 50));
    }

    #[test]
    fn files_that_others_can_read_are_refused() {
        let (_temp, folder) = folder();
        folder.server_key().unwrap();
        let path = folder.path().join("hookflow.key");
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(folder.server_key().unwrap_err().complaints[0].code, "key.exposed", "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        folder.server_key().unwrap();
    }

    #[test]
    fn a_database_without_its_key_is_not_given_another() {
        let (_temp, folder) = folder();
        fs::write(folder.database(), "").unwrap();
        assert_eq!(folder.server_key().unwrap_err().complaints[0].code, "key.missing");
        assert_eq!(names(&folder), ["hookflow.db"]);
    }

    #[test]
    fn a_key_that_is_given_is_read_and_never_made() {
        let (temp, _folder) = folder();
        let path = temp.path().join("given.key");
        let code = || Folder::given_key(&path).unwrap_err().complaints[0].code.clone();
        assert_eq!(code(), "key.unusable");
        assert!(!path.exists());
        fs::write(&path, [1; 32]).unwrap();
        for (mode, is_fine) in [(0o600, true), (0o440, true), (0o644, false), (0o660, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Folder::given_key(&path).is_ok(), is_fine, "{mode:o}");
        }
        assert_eq!(code(), "key.exposed");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, [1; 31]).unwrap();
        assert_eq!(code(), "key.damaged");
    }

    #[test]
    fn a_damaged_key_or_token_is_refused() {
        let (_temp, folder) = folder();
        folder.server_key().unwrap();
        folder.admin_token().unwrap();
        fs::write(folder.path().join("hookflow.key"), [0; 31]).unwrap();
        fs::write(folder.path().join("admin.token"), " \n").unwrap();
        assert_eq!(folder.server_key().unwrap_err().complaints[0].code, "key.damaged");
        assert_eq!(folder.admin_token().unwrap_err().complaints[0].code, "token.damaged");
    }

    #[test]
    fn a_server_is_found_from_its_announcement_until_it_withdraws() {
        let (_temp, folder) = folder();
        assert_eq!(folder.serve_info(), None);
        let info =
            ServeInfo { pid: 7, hooks: Some("0.0.0.0:1".parse().unwrap()), admin: "127.0.0.1:2".parse().unwrap() };
        folder.announce(&ServeInfo { pid: 6, ..info.clone() }).unwrap();
        folder.announce(&info).unwrap();
        assert_eq!(
            fs::read_to_string(folder.serve_info_path()).unwrap(),
            r#"{"pid":7,"hooks":"0.0.0.0:1","admin":"127.0.0.1:2"}"#
        );
        assert_eq!(folder.serve_info(), Some(info));
        folder.withdraw();
        assert_eq!(folder.serve_info(), None);
        assert_eq!(names(&folder), [""; 0]);
    }

    #[test]
    fn a_server_runs_while_the_process_it_names_holds_the_lock() {
        let (_temp, folder) = folder();
        let info =
            ServeInfo { pid: 7, hooks: Some("0.0.0.0:1".parse().unwrap()), admin: "127.0.0.1:2".parse().unwrap() };
        folder.announce(&info).unwrap();
        assert_eq!(folder.running(), None, "there is no lock");
        let path = folder.path().join("lock");
        fs::write(&path, "7\n").unwrap();
        assert_eq!(folder.running(), None, "nobody holds it");
        let lock = File::open(&path).unwrap();
        lock.try_lock().unwrap();
        assert_eq!(folder.running(), Some(info));
        fs::write(&path, "8\n").unwrap();
        assert_eq!(folder.running(), None, "the next server has not said yet where it is");
    }

    #[test]
    fn a_listener_on_every_address_is_reached_on_loopback() {
        let reached = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(reached("[::]:1"), "[::1]:1");
        assert_eq!(reached("10.0.0.1:1"), "10.0.0.1:1");
    }
}
