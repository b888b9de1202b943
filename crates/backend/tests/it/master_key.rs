//! The master key: its sources, the keys it seals, and the starts that it stops.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use backend::clock::Clock;
use backend::config::MasterKeySource;
use backend::entropy::Entropy;
use backend::keys::{FirstRing, KeyRing, MasterKey};
use backend::store::memory::Memory;
use backend::store::{self, Store};
use futures_util::future::join_all;
use shared::Secret;
use tempfile::TempDir;

use crate::support::program::{Serving, baton};
use crate::support::{START, TestApp, settings, stores};

const VARIABLE: &str = "BATON_MASTER_KEY";
const FILE: &str = "master.key";
/// With a master key from outside, the operator must declare that the database is new.
const NEW: &[&str] = &["--new-database"];
const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn memory() -> Arc<dyn Store> {
    Arc::new(Memory::default())
}

async fn open(source: &MasterKeySource, store: &Arc<dyn Store>) -> Result<KeyRing, String> {
    let plan = settings::<&str>(&[]).expect("settings").key_plan;
    let (clock, entropy) = (Clock::manual(START), Entropy::system());
    let first_ring = FirstRing::WithNewMasterKey;
    let ring = KeyRing::open(source, plan, store, &clock, &entropy, first_ring).await;
    ring.map_err(|it| it.to_string())
}

async fn open_in(folder: &Path, store: &Arc<dyn Store>) -> Result<KeyRing, String> {
    open(&MasterKeySource::Folder(folder.to_owned()), store).await
}

/// The ids of the active keys.
fn ids(ring: &KeyRing) -> [String; 2] {
    let ring = ring.current();
    let signing = ring.signing(START).expect("a key").kid().to_owned();
    [signing, ring.current_refresh_key(START).expect("a key").to_owned()]
}

#[tokio::test]
async fn the_first_start_makes_a_master_key_that_only_its_owner_can_read() {
    let (folder, store) = (folder(), memory());
    let keys = folder.path().join("made/on/first/start");
    let first = open_in(&keys, &store).await.expect("a key ring");
    let files: Vec<_> = fs::read_dir(&keys).expect("the folder").map(Result::unwrap).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file_name(), FILE);
    assert_eq!(files[0].metadata().expect("its metadata").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&keys).expect("the folder").permissions().mode() & 0o777, 0o700);

    let second = open_in(&keys, &store).await.expect("the same key ring");
    assert_eq!(ids(&first), ids(&second));
}

#[tokio::test]
async fn instances_that_start_at_once_share_one_ring() {
    for (store, _place) in stores().await {
        let folder = folder();
        let starts = (0..8).map(|_| open_in(folder.path(), &store));
        let rings = join_all(starts).await.into_iter();
        let ids: Vec<_> = rings.map(|ring| ids(&ring.expect("a key ring"))).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
        assert_eq!(store.keys().await.expect("a store").len(), 3);
    }
}

#[tokio::test]
async fn a_master_key_that_others_can_read_stops_the_start() {
    let (folder, store) = (folder(), memory());
    open_in(folder.path(), &store).await.expect("a key ring");
    let file = folder.path().join(FILE);
    for mode in [0o640, 0o444, 0o604, 0o460, 0o450] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("a mode");
        let error = open_in(folder.path(), &store).await.err().expect("a refusal");
        assert!(error.contains(&format!("mode {mode:o}")), "{error}");
        assert!(error.contains("chmod go-rwx") && error.contains("mode 0440"), "{error}");
        let file = MasterKeySource::File(file.clone());
        let error = open(&file, &store).await.err().expect("a refusal");
        assert!(error.contains("BATON_MASTER_KEY_FILE"), "{error}");
    }
}

/// Orchestrators mount secrets as root's, readable by a group of the program.
#[tokio::test]
async fn a_secret_that_is_mounted_for_a_group_of_ours_is_read() {
    let (folder, store) = (folder(), memory());
    open_in(folder.path(), &store).await.expect("a key ring");
    let file = folder.path().join(FILE);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).expect("a mode");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let opened = open(&MasterKeySource::File(link), &store).await;
    // Root owns the file only if root runs these tests.
    assert_eq!(opened.is_ok(), rustix::process::geteuid().is_root());
}

#[tokio::test]
async fn a_folder_that_others_can_write_into_stops_the_start() {
    let (folder, store) = (folder(), memory());
    open_in(folder.path(), &store).await.expect("a key ring");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
    let error = open_in(folder.path(), &store).await.err().expect("a refusal");
    assert!(error.contains("mode 777"), "{error}");
}

#[tokio::test]
async fn a_file_that_holds_no_key_is_named_and_left_alone() {
    let short = &TEXT[..40];
    for text in ["not a key", "", short, &format!("{TEXT}{TEXT}")] {
        let (folder, store) = (folder(), memory());
        open_in(folder.path(), &store).await.expect("a key ring");
        fs::write(folder.path().join(FILE), text).expect("a write");
        let error = open_in(folder.path(), &store).await.err().expect("a refusal");
        assert!(error.contains(FILE) && error.contains("openssl rand"), "{error}");
        assert_eq!(fs::read(folder.path().join(FILE)).expect("the file"), text.as_bytes());
    }
}

#[tokio::test]
async fn a_ring_opens_with_the_master_key_it_was_sealed_with_and_no_other() {
    let (first, second, store) = (folder(), folder(), memory());
    let ring = open_in(first.path(), &store).await.expect("a key ring");
    // A folder without a key gets none: a new key could not open the ring.
    let error = open_in(second.path(), &store).await.err().expect("a refusal");
    assert!(error.contains("copy it from where Baton ran first"), "{error}");
    assert_eq!(fs::read_dir(second.path()).expect("the folder").count(), 0);

    let other = MasterKeySource::Text(Secret::new(TEXT.to_owned()));
    let error = open(&other, &store).await.err().expect("a refusal");
    assert!(error.contains("was sealed with another master key"), "{error}");

    let copy = second.path().join("any-name");
    fs::copy(first.path().join(FILE), &copy).expect("a copy");
    let copied = open(&MasterKeySource::File(copy), &store).await.expect("the same ring");
    assert_eq!(ids(&ring), ids(&copied));
}

#[tokio::test]
async fn what_is_sealed_opens_whole_and_under_its_name_only() {
    let source = MasterKeySource::Text(Secret::new(TEXT.to_owned()));
    let key = MasterKey::find(&source, true, &Entropy::system()).expect("a key");
    let sealed = key.seal("one", b"private");
    assert_eq!(key.open("one", &sealed).expect("it opens").as_slice(), b"private");
    assert!(key.open("two", &sealed).is_none());
    assert!(MasterKey::in_memory(&Entropy::system()).open("one", &sealed).is_none());
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(key.open("one", &changed).is_none(), "byte {at}");
        assert!(key.open("one", &sealed[..at]).is_none(), "the first {at} bytes");
    }
    assert_ne!(key.seal("one", b"private"), sealed, "each time with a nonce of its own");
}

/// RFC 5915 and RFC 5958: every encoding of a private P-256 key names its curve.
#[tokio::test]
async fn the_database_holds_no_private_key_in_clear() {
    const CURVE: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let app = TestApp::on_disk().await;
    app.registered("alice").await;
    let database = app.database().expect("a file");
    let sealed = app.store.keys().await.expect("a store");
    app.store.close().await;
    let bytes = fs::read(database).expect("the file");
    let holds = |piece: &[u8]| bytes.windows(piece.len()).any(|window| window == piece);
    assert!(holds(&sealed[0].sealed), "the file is the right one");
    assert!(!holds(CURVE));
    let source = MasterKeySource::Folder(app.keys.path().to_owned());
    let master = MasterKey::find(&source, true, &Entropy::system()).expect("a key");
    for key in sealed {
        let name = format!("baton {} key {}", key.purpose.as_str(), key.kid);
        let private = master.open(&name, &key.sealed).expect("it opens");
        assert!(!holds(&private));
    }
    let text = fs::read_to_string(app.keys.path().join(FILE)).expect("the key");
    assert!(!holds(text.trim().as_bytes()));
}

#[tokio::test]
async fn a_ring_that_cannot_be_read_stops_the_start() {
    let store: Arc<dyn Store> = store::open("memory:").await.expect("a store");
    let missing = MasterKeySource::File("/nowhere/master.key".into());
    let error = open(&missing, &store).await.err().expect("a refusal");
    assert!(error.contains("/nowhere/master.key cannot be read"), "{error}");
}

/// The log of a server that was started and stopped with this environment variable.
fn log_of(name: &str, value: &str, flags: &[&str]) -> String {
    let folder = folder();
    let log = folder.path().join("log");
    let mut server = Serving::in_environment(folder.path(), name, value, flags, &log);
    server.terminate();
    assert!(server.child.wait().expect("an end").success());
    fs::read_to_string(log).expect("the log")
}

#[test]
fn a_master_key_from_the_environment_opens_the_ring_and_is_written_nowhere() {
    let folder = folder();
    let log = folder.path().join("log");
    drop(Serving::in_environment(folder.path(), VARIABLE, TEXT, NEW, &log));
    for file in fs::read_dir(folder.path()).expect("the folder") {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!bytes.windows(TEXT.len()).any(|it| it == TEXT.as_bytes()), "{}", path.display());
    }

    let rotate = |key: &str| {
        let mut command = baton(folder.path());
        let output = command.env(VARIABLE, key).args(["keys", "rotate"]).output();
        output.expect("the program runs")
    };
    assert!(rotate(TEXT).status.success());
    let other = TEXT.replace("AAEC", "AAED");
    // An empty variable counts as unset.
    for (key, why) in [(&*other, "was sealed with another"), ("", "copy it from where Baton ran")] {
        let refused = rotate(key);
        let text = String::from_utf8(refused.stderr).expect("UTF-8");
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains(why) && !text.contains(&other), "{text}");
    }
}

#[test]
fn of_two_master_keys_neither_is_chosen() {
    let folder = folder();
    fs::write(folder.path().join(FILE), TEXT).expect("a file");
    let check = || {
        let mut command = baton(folder.path());
        command.env(VARIABLE, TEXT).arg("check");
        command
    };
    let (mut by_flag, mut by_variable) = (check(), check());
    by_flag.args(["--master-key-file", FILE]);
    by_variable.env("BATON_MASTER_KEY_FILE", FILE);
    for mut command in [by_flag, by_variable] {
        let output = command.output().expect("the program runs");
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert_eq!(
            text,
            "baton: --master-key-file / BATON_MASTER_KEY_FILE: is set, and so is BATON_MASTER_KEY: leave one out\n"
        );
        assert!(output.stdout.is_empty());
    }
    assert!(!fs::exists(folder.path().join("baton.db")).expect("the folder"));
}

#[test]
fn a_master_key_beside_the_database_is_warned_of_unless_the_origin_is_this_machine() {
    const ELSEWHERE: &[&str] = &["--origin", "https://login.example.com"];
    let warns = |log: &str| {
        let mut lines = log.lines();
        lines.any(|line| line.contains(" WARN ") && line.contains("\"master_key.beside\""))
    };
    let elsewhere = log_of(VARIABLE, "", ELSEWHERE);
    assert!(warns(&elsewhere) && elsewhere.contains("--master-key-file"), "{elsewhere}");
    let handed_in = log_of(VARIABLE, TEXT, &[ELSEWHERE, NEW].concat());
    for quiet in [log_of(VARIABLE, "", &[]), handed_in] {
        assert!(!warns(&quiet), "{quiet}");
    }
}
