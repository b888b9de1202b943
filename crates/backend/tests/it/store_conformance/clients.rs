//! Native clients, and the sessions that belong to them.

use backend::store::{
    Change, EventQuery, NativeClient, Part, PartScope, Revocation, Session, SessionScope, Store,
};
use shared::{RevocationReason, SessionId};

use super::{NOW, accept, accepted, commit, family, on_every_engine, open, registered, session};

fn client(id: &str, name: Option<&str>) -> NativeClient {
    NativeClient { id: id.to_owned(), name: name.map(str::to_owned), created_at: NOW }
}

async fn add(store: &dyn Store, client: &NativeClient) -> bool {
    commit(store, Change::AddClient(Box::new(client.clone()))).await.took_place()
}

async fn remove(store: &dyn Store, id: &str) -> bool {
    commit(store, Change::RemoveClient(id.to_owned())).await.took_place()
}

#[tokio::test]
async fn a_client_is_added_once_found_and_removed() {
    on_every_engine(async |store| {
        let (todo, mail) = (client("todo", Some("To do 王")), client("mail", None));
        assert!(add(store, &todo).await && add(store, &mail).await);
        assert!(!add(store, &client("todo", None)).await, "its id is taken");
        let found = store.find_client("todo").await.expect("a store");
        assert_eq!(found.as_ref(), Some(&todo));
        assert_eq!(store.clients().await.expect("a store"), [mail, todo]);
        assert!(remove(store, "todo").await && !remove(store, "todo").await);
        assert_eq!(store.find_client("todo").await.expect("a store"), None);
    })
    .await;
}

#[tokio::test]
async fn a_session_keeps_its_client_and_begins_only_while_there_is_that_client() {
    on_every_engine(async |store| {
        let (user, _) = registered(store, 1).await;
        let of =
            |number, id: &str| Session { client_id: Some(id.to_owned()), ..session(number, &user) };
        assert!(!open(store, &user, &of(2, "todo")).await, "an unknown client");
        assert!(add(store, &client("todo", None)).await);
        assert!(open(store, &user, &of(3, "todo")).await);
        assert!(!open(store, &user, &of(4, "mail")).await, "another client");
        let id = SessionId::from_bytes([3; 16]);
        let write = accepted(&family(store, id).await, 1, Some("one"));
        assert!(accept(store, id, &write).await);
        let (found, _) = store.find_session(id).await.expect("a store").expect("a session");
        assert_eq!(found.client_id.as_deref(), Some("todo"));
        let listed = store.sessions_of(user.id).await.expect("a store");
        let clients: Vec<_> = listed.iter().map(|it| it.client_id.as_deref()).collect();
        assert_eq!(clients, [Some("todo"), None]);
        // It begins no further one; those that there are keep its id.
        assert!(remove(store, "todo").await);
        assert!(!open(store, &user, &of(5, "todo")).await);
        for number in [2, 4, 5] {
            let id = SessionId::from_bytes([number; 16]);
            assert!(store.find_session(id).await.expect("a store").is_none(), "{number}");
        }
        let (found, _) = store.find_session(id).await.expect("a store").expect("a session");
        assert_eq!(found.client_id.as_deref(), Some("todo"));
    })
    .await;
}

#[tokio::test]
async fn the_sessions_of_one_client_are_revoked_in_parts_with_an_event_each() {
    const ENDING: Revocation = Revocation { reason: RevocationReason::Administrator, at: NOW };
    on_every_engine(async |store| {
        let (user, _) = registered(store, 1).await;
        for id in ["todo", "mail"] {
            assert!(add(store, &client(id, None)).await);
        }
        for (number, id) in [(2, "todo"), (3, "mail"), (4, "todo"), (5, "todo")] {
            let session = Session { client_id: Some(id.to_owned()), ..session(number, &user) };
            assert!(open(store, &user, &session).await);
        }
        let revoke = async |after: u8, up_to: u8| {
            let [after, up_to] = [after, up_to].map(|number| SessionId::from_bytes([number; 16]));
            let scope = PartScope::Client("todo".to_owned());
            let whose = SessionScope::Part(Part { after, up_to, scope });
            let outcome = commit(store, Change::RevokeSessions(whose, ENDING)).await;
            assert_eq!(outcome.rows, outcome.revoked.len() as u64);
            outcome.revoked.iter().map(|id| id.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!(revoke(0, 3).await, [2]);
        let mut rest = revoke(3, 255).await;
        rest.sort_unstable();
        assert_eq!(rest, [4, 5]);
        assert!(revoke(0, 255).await.is_empty());
        for (number, is_live) in [(1, true), (2, false), (3, true), (4, false), (5, false)] {
            let family = family(store, SessionId::from_bytes([number; 16])).await;
            assert_eq!(family.is_live(), is_live, "{number}");
        }
        let query = EventQuery { user: user.id, before: None, kinds: Vec::new(), limit: 10 };
        let events = store.events(&query).await.expect("a store");
        let mut ended: Vec<u8> =
            events.iter().filter_map(|it| Some(it.session?.as_bytes()[0])).collect();
        ended.sort_unstable();
        assert_eq!(ended, [2, 4, 5]);
        assert!(events.iter().all(|it| it.reason == Some(RevocationReason::Administrator)));
    })
    .await;
}
