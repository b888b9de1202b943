//! A store that can be broken and mended, around another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use backend::auth::email::Email;
use backend::store::memory::Memory;
use backend::store::{
    Accepted, EndCause, PruneBefore, Registered, Session, Store, StoreError, User,
};
use shared::{NumericDate, SessionId, UserId};

/// The engine that forgets, and that fails while it is broken.
#[derive(Default)]
pub(crate) struct Faulty {
    inner: Memory,
    broken: AtomicBool,
    /// Fails after the write has taken place: the answer is lost, the change is not.
    breaks_after_writing: AtomicBool,
}

impl Faulty {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    pub(crate) fn set_breaks_after_writing(&self, breaks: bool) {
        self.breaks_after_writing.store(breaks, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.broken.load(Ordering::SeqCst) { Err(sqlx_timeout()) } else { Ok(()) }
    }

    fn check_after(&self) -> Result<(), StoreError> {
        if self.breaks_after_writing.load(Ordering::SeqCst) { Err(sqlx_timeout()) } else { Ok(()) }
    }
}

fn sqlx_timeout() -> StoreError {
    StoreError::Database(sqlx::Error::PoolTimedOut)
}

#[async_trait]
impl Store for Faulty {
    async fn register(&self, user: &User, session: &Session) -> Result<Registered, StoreError> {
        self.check()?;
        self.inner.register(user, session).await
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.check()?;
        self.inner.find_user(email).await
    }

    async fn rehash_password(
        &self,
        user: UserId,
        seen: &str,
        hash: &str,
    ) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.rehash_password(user, seen, hash).await
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        self.check()?;
        self.inner.open_session(session).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.check()?;
        self.inner.find_session(id).await
    }

    async fn accept(&self, id: SessionId, accepted: &Accepted) -> Result<bool, StoreError> {
        self.check()?;
        let done = self.inner.accept(id, accepted).await?;
        self.check_after()?;
        Ok(done)
    }

    async fn revoke(
        &self,
        id: SessionId,
        cause: EndCause,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.revoke(id, cause, now).await
    }

    async fn prune(&self, before: PruneBefore) -> Result<u64, StoreError> {
        self.check()?;
        self.inner.prune(before).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.check()
    }

    async fn close(&self) {}
}
