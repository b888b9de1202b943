//! The calls of [`Store`](super::Store), for stores over others: listed once.

/// Passes the calls on to a macro, in groups: changes; the one that reads a session; those that read what a rotation
/// changes; all others. Left out are those that do not wait, and `close`.
macro_rules! store_calls {
    ($macro:ident) => {
        $macro! {
            {
                commit(change: Change, events: Vec<Event>) -> Outcome;
                accept_unchanged(id: SessionId, accepted: &Accepted, version: RowVersion) -> bool;
            }
            {
                find_session(id: SessionId) -> Option<(Session, User)>;
            }
            {
                sessions_of(user: UserId) -> Vec<Session>;
                last_refresh(before: Option<NumericDate>) -> Option<NumericDate>;
            }
            {
                find_user(email: &Email) -> Option<User>;
                users(after: Option<UserId>) -> Vec<User>;
                users_beyond_ascii(after: Option<UserId>) -> Vec<User>;
                last_session() -> Option<SessionId>;
                end_of_part(after: SessionId, up_to: SessionId) -> Option<SessionId>;
                revoked_per_second(since: NumericDate) -> Vec<(NumericDate, u64)>;
                revoked_in(second: NumericDate, after: Option<SessionId>) -> Vec<RevokedSession>;
                subscribe() -> Box<dyn Subscription>;
                events(query: &EventQuery) -> Vec<Event>;
                last_event(before: Option<NumericDate>) -> Option<NumericDate>;
                failures(account: AccountTag) -> Option<Failures>;
                used_key(key_hash: &[u8; 32]) -> Option<UsedKey>;
                keys() -> Vec<StoredKey>;
                lifetimes() -> Vec<HeldLifetime>;
                find_service(id: &str) -> Option<Service>;
                services() -> Vec<Service>;
                find_client(id: &str) -> Option<NativeClient>;
                clients() -> Vec<NativeClient>;
                is_place_taken(id: SessionId) -> bool;
                clock() -> Option<NumericDate>;
                part_end(of: Prunable, after: [u8; 16], rows: u32) -> Option<[u8; 16]>;
                ping() -> ();
            }
        }
    };
}
