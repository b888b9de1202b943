//! The key ring on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use backend::entropy::Entropy;
use backend::keys::KeyRing;

fn open(folder: &std::path::Path) -> Result<KeyRing, String> {
    KeyRing::open(folder, &Entropy::system()).map_err(|error| error.to_string())
}

#[test]
fn the_first_start_makes_keys_that_only_their_owner_can_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keys = folder.path().join("made/on/first/start");
    let first = open(&keys).expect("a key ring");
    let names: Vec<String> = fs::read_dir(&keys)
        .expect("the folder")
        .map(|file| {
            let file = file.expect("a file");
            assert_eq!(file.metadata().expect("its metadata").permissions().mode() & 0o777, 0o600);
            file.file_name().into_string().expect("UTF-8")
        })
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(fs::metadata(&keys).expect("the folder").permissions().mode() & 0o777, 0o700);

    let second = open(&keys).expect("the same key ring");
    assert_eq!(first.signing_key_id(), second.signing_key_id());
    assert_eq!(first.current_refresh_key().0, second.current_refresh_key().0);
}

#[test]
fn instances_that_start_at_once_share_one_ring() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ids: Vec<(String, String)> = std::thread::scope(|scope| {
        let starts: Vec<_> =
            (0..8).map(|_| scope.spawn(|| open(folder.path()).expect("a key ring"))).collect();
        let rings = starts.into_iter().map(|start| start.join().expect("no panic"));
        rings
            .map(|ring| (ring.signing_key_id().to_owned(), ring.current_refresh_key().0.to_owned()))
            .collect()
    });
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
}

#[test]
fn a_key_that_others_can_read_stops_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open(folder.path()).expect("a key ring");
    let file = folder.path().join("access-token-es256.p8");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
    let error = open(folder.path()).err().expect("a refusal");
    assert!(error.contains("mode 640") && error.contains("chmod go-rwx"), "{error}");
}

#[test]
fn a_folder_that_others_can_write_into_stops_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open(folder.path()).expect("a key ring");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
    let error = open(folder.path()).err().expect("a refusal");
    assert!(error.contains("mode 777"), "{error}");
}

#[test]
fn a_file_that_holds_no_key_is_named_and_left_alone() {
    for name in ["access-token-es256.p8", "refresh-token-hmac.key"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        open(folder.path()).expect("a key ring");
        fs::write(folder.path().join(name), b"not a key").expect("a write");
        let error = open(folder.path()).err().expect("a refusal");
        assert!(error.contains(name), "{error}");
        assert_eq!(fs::read(folder.path().join(name)).expect("the file"), b"not a key");
    }
}
