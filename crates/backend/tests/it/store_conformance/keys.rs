//! The key ring: rotation, revocation, removal.

use shared::{NumericDate, RevocationReason, SessionId};

use super::{NOW, commit, on_every_engine, open, registered, session};
use backend::store::{
    Change, KeyPurpose, Notification, Part, PartScope, Revocation, Service, Session, SessionScope,
    Store, StoredKey,
};

const ENDING: Revocation = Revocation { reason: RevocationReason::Administrator, at: NOW };

fn key(name: &str, purpose: KeyPurpose, predecessor: &str, at: i64) -> StoredKey {
    StoredKey {
        kid: kid(name),
        purpose,
        predecessor: if predecessor.is_empty() { String::new() } else { kid(predecessor) },
        sealed: vec![7; 40],
        published_at: NOW.plus(at),
        signs_from: NOW.plus(at + 360),
        revoked_at: None,
    }
}

fn kid(name: &str) -> String {
    format!("{name:-<16}")
}

async fn add(store: &dyn Store, key: StoredKey) -> bool {
    commit(store, Change::AddKey(Box::new(key))).await.took_place()
}

async fn revoke(store: &dyn Store, name: &str, successor: Option<StoredKey>) -> bool {
    let successor = successor.map(Box::new);
    let outcome = commit(store, Change::RevokeKey { kid: kid(name), successor, at: NOW }).await;
    assert!(outcome.revoked.is_empty(), "its sessions are revoked in batches");
    outcome.took_place()
}

async fn names(store: &dyn Store) -> Vec<(String, Option<NumericDate>)> {
    let keys = store.keys().await.expect("a store").into_iter();
    keys.map(|key| (key.kid.trim_end_matches('-').to_owned(), key.revoked_at)).collect()
}

#[tokio::test]
async fn a_key_is_stored_as_it_is_and_has_one_successor() {
    on_every_engine(async |store| {
        let first = key("a", KeyPurpose::Access, "", 0);
        assert!(add(store, first.clone()).await);
        assert_eq!(store.keys().await.expect("a store"), [first]);
        assert!(!add(store, key("b", KeyPurpose::Access, "", 1)).await, "there is a first one");
        assert!(!add(store, key("b", KeyPurpose::Access, "x", 1)).await, "follows nothing");
        assert!(add(store, key("b", KeyPurpose::Access, "a", 1)).await);
        assert!(!add(store, key("c", KeyPurpose::Access, "a", 2)).await, "it has a successor");
        assert!(!add(store, key("b", KeyPurpose::Access, "b", 3)).await, "it is there");
        // Each purpose has a chain of its own.
        assert!(!add(store, key("r", KeyPurpose::Refresh, "b", 4)).await);
        assert!(add(store, key("r", KeyPurpose::Refresh, "", 4)).await);
        let names: Vec<_> = names(store).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b", "r"]);
    })
    .await;
}

async fn under_keys(store: &dyn Store) {
    let (one, _) = registered(store, 1).await;
    for (number, name) in [(2, "r"), (3, "r"), (4, "s")] {
        let refresh_key_id = kid(name);
        let session = Session { refresh_key_id, ..session(number, &one) };
        assert!(open(store, &one, &session).await);
    }
}

#[tokio::test]
async fn a_key_is_revoked_once_with_the_sessions_under_it_and_its_successor() {
    on_every_engine(async |store| {
        under_keys(store).await;
        assert!(add(store, key("r", KeyPurpose::Refresh, "", 0)).await);
        let successor = || Some(key("s", KeyPurpose::Refresh, "r", 1));
        assert!(!revoke(store, "x", successor()).await);
        assert_eq!(names(store).await.len(), 1, "nothing took place");
        assert!(revoke(store, "r", successor()).await);
        let both = [("r".to_owned(), Some(NOW)), ("s".to_owned(), None)];
        assert_eq!(names(store).await, both);
        assert!(!revoke(store, "r", None).await, "once");
        let part = |after, up_to| {
            let [after, up_to] = [after, up_to].map(|number| SessionId::from_bytes([number; 16]));
            SessionScope::Part(Part { after, up_to, scope: PartScope::RefreshKey(kid("r")) })
        };
        let end = async |part| {
            let outcome = commit(store, Change::RevokeSessions(part, ENDING)).await;
            let mut revoked: Vec<u8> = outcome.revoked.iter().map(|id| id.as_bytes()[0]).collect();
            revoked.sort_unstable();
            revoked
        };
        assert_eq!(end(part(2, 9)).await, [3], "from after the first id on");
        assert_eq!(end(part(0, 9)).await, [2]);
        assert!(end(part(0, 9)).await.is_empty(), "once");
        let id = SessionId::from_bytes([2; 16]);
        let (ended, _) = store.find_session(id).await.expect("a store").expect("a session");
        assert_eq!(ended.revocation_reason(), Some(RevocationReason::Administrator));
    })
    .await;
}

#[tokio::test]
async fn a_pending_key_is_activated_early_and_never_later() {
    on_every_engine(async |store| {
        assert!(add(store, key("a", KeyPurpose::Access, "", 0)).await);
        let activate_early = async |at: i64| {
            commit(store, Change::ActivateKeyEarly(kid("a"), NOW.plus(at))).await.took_place()
        };
        assert!(activate_early(200).await);
        assert!(!activate_early(200).await && !activate_early(300).await, "later is no sooner");
        assert_eq!(store.keys().await.expect("a store")[0].signs_from, NOW.plus(200));
        assert!(revoke(store, "a", None).await);
        assert!(!activate_early(100).await, "it is revoked");
    })
    .await;
}

/// Another instance may have added a successor a moment ago.
#[tokio::test]
async fn a_key_is_revoked_although_its_successor_is_refused() {
    on_every_engine(async |store| {
        assert!(add(store, key("a", KeyPurpose::Access, "", 0)).await);
        assert!(add(store, key("b", KeyPurpose::Access, "a", 1)).await);
        let late = Some(key("c", KeyPurpose::Access, "a", 2));
        assert!(revoke(store, "a", late).await);
        assert_eq!(names(store).await, [("a".to_owned(), Some(NOW)), ("b".to_owned(), None)]);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_removed_when_it_is_followed_and_nothing_names_it() {
    on_every_engine(async |store| {
        under_keys(store).await;
        let remove = async |name| commit(store, Change::RemoveKey(kid(name))).await.took_place();
        for (name, before) in [("q", ""), ("r", "q"), ("s", "r")] {
            assert!(add(store, key(name, KeyPurpose::Refresh, before, 0)).await);
        }
        assert!(remove("q").await);
        assert!(!remove("q").await, "once");
        assert!(!remove("r").await, "sessions have tickets made with it");
        assert!(!remove("s").await, "it is the newest");
        // The chain continues without its removed head.
        assert!(!add(store, key("t", KeyPurpose::Refresh, "", 2)).await);
        assert!(add(store, key("t", KeyPurpose::Refresh, "s", 2)).await);
        assert!(!remove("t").await, "nothing names it, and nothing follows it");
    })
    .await;
}

#[tokio::test]
async fn a_subscription_is_notified_of_every_change_to_the_ring() {
    on_every_engine(async |store| {
        let mut subscription = store.subscribe().await.expect("a subscription");
        assert!(add(store, key("a", KeyPurpose::Access, "", 0)).await);
        assert!(matches!(subscription.next().await.expect("an answer"), Notification::Change(_)));
        assert!(add(store, key("b", KeyPurpose::Access, "a", 1)).await);
        assert!(matches!(subscription.next().await.expect("an answer"), Notification::Change(_)));
        assert!(revoke(store, "a", None).await);
        assert!(matches!(subscription.next().await.expect("an answer"), Notification::Change(_)));
        assert_eq!(
            subscription.next().await.expect("an answer"),
            Notification::Revoked(Vec::new())
        );
        assert!(commit(store, Change::RemoveKey(kid("a"))).await.took_place());
        assert!(matches!(subscription.next().await.expect("an answer"), Notification::Change(_)));
    })
    .await;
}

#[tokio::test]
async fn a_service_is_added_once_found_and_removed() {
    on_every_engine(async |store| {
        let service = |id: &str, byte| Service {
            id: id.to_owned(),
            audience: "https://notes.example".to_owned(),
            secret_hash: [byte; 32],
            created_at: NOW,
        };
        let add =
            async |service| commit(store, Change::AddService(Box::new(service))).await.took_place();
        let (notes, mail) = (service("notes", 1), service("mail", 2));
        assert!(add(notes.clone()).await && add(mail.clone()).await);
        assert!(!add(service("notes", 3)).await, "its id is taken");
        let found = store.find_service("notes").await.expect("a store");
        assert_eq!(found.as_ref(), Some(&notes));
        assert_eq!(store.services().await.expect("a store"), [mail, notes]);
        let remove =
            async || commit(store, Change::RemoveService("notes".to_owned())).await.took_place();
        assert!(remove().await && !remove().await);
        assert_eq!(store.find_service("notes").await.expect("a store"), None);
    })
    .await;
}

#[tokio::test]
async fn an_index_is_taken_by_the_end_of_an_id() {
    on_every_engine(async |store| {
        registered(store, 1).await;
        let id = |first: u8, end: [u8; 3]| {
            let mut bytes = [first; 16];
            bytes[13..].copy_from_slice(&end);
            SessionId::from_bytes(bytes)
        };
        assert!(store.is_place_taken(id(9, [1, 1, 1])).await.expect("a store"));
        for end in [[1, 1, 2], [2, 1, 1], [0, 0, 0], [1, 0, 1]] {
            assert!(!store.is_place_taken(id(1, end)).await.expect("a store"), "{end:?}");
        }
    })
    .await;
}
