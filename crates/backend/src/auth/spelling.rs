//! Accounts whose address was stored before addresses had a canonical form. Nothing is merged: where no other account
//! has the canonical form, the address is rewritten to it; where one has, both stay as they are, each is found by its
//! own spelling, and both are reported. It must not decide what the canonical form is; that is
//! [`email`](super::email).
//!
//! An address of ASCII alone is canonical (`email` tests it), so that only the others are looked at, by an index of
//! their own and a page at a time.

use std::sync::Arc;

use shared::UserId;

use super::email::Email;
use crate::store::{Change, Store, StoreError, User};

/// An account that has another spelling of the address of another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The account that was left with its spelling.
    pub user: UserId,
    /// Its address as it is stored.
    pub email: Email,
    /// The account that has the canonical form.
    pub canonical: UserId,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spellings {
    /// How many addresses were rewritten, or are still to be.
    pub rewritten: u64,
    /// The accounts that share an address with another one.
    pub pairs: Vec<Pair>,
}

/// Rewrites what can be rewritten. It may be run at any time, by several instances at once and beside an older
/// version; what it has rewritten it does not look at again.
///
/// # Errors
/// If storage fails. What was rewritten stays so.
pub async fn canonicalise(store: &Arc<dyn Store>) -> Result<Spellings, StoreError> {
    let rewrite = async |user: &User, email: Email| {
        let (user, seen) = (user.id, user.email.clone());
        let respell = Change::Respell { user, seen, email: email.clone() };
        match store.commit(respell, Vec::new()).await {
            Ok(outcome) => Ok(outcome.took_place()),
            // An account with the canonical form was made at this moment.
            Err(_) if store.find_user(&email).await?.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    };
    walk(&**store, rewrite).await
}

/// What [`canonicalise`] would find; it changes nothing.
///
/// # Errors
/// If storage fails.
pub async fn look_for_spellings(store: &dyn Store) -> Result<Spellings, StoreError> {
    let is_free = async |_: &User, email: Email| Ok(store.find_user(&email).await?.is_none());
    walk(store, is_free).await
}

async fn walk(
    store: &dyn Store,
    rewrite: impl AsyncFn(&User, Email) -> Result<bool, StoreError>,
) -> Result<Spellings, StoreError> {
    let (mut found, mut after) = (Spellings::default(), None);
    loop {
        let users = store.users_beyond_ascii(after).await?;
        let Some(last) = users.last() else { return Ok(found) };
        after = Some(last.id);
        for user in users.iter().filter(|user| !user.email.is_canonical()) {
            let canonical = user.email.to_canonical();
            if rewrite(user, canonical.clone()).await? {
                found.rewritten += 1;
            } else if let Some(other) = store.find_user(&canonical).await?
                && other.id != user.id
            {
                let (user, email) = (user.id, user.email.clone());
                found.pairs.push(Pair { user, email, canonical: other.id });
            }
        }
    }
}

/// The address of the account that is meant by what was typed: of a pair, each is meant by its own spelling. `None` if
/// no account can have it. How long it takes depends on what was typed, and not on whether there is an account with the
/// canonical form.
///
/// # Errors
/// If storage fails.
pub(super) async fn meant(store: &dyn Store, typed: &str) -> Result<Option<Email>, StoreError> {
    match Email::as_typed(typed) {
        Some(email) if store.find_user(&email).await?.is_some() => Ok(Some(email)),
        _ => Ok(Email::parse(typed)),
    }
}

/// Whether an account has the address in the very spelling that was typed, and not in its canonical form. The store
/// knows of that one by itself.
///
/// # Errors
/// If storage fails.
pub(super) async fn is_taken_as_typed(store: &dyn Store, typed: &str) -> Result<bool, StoreError> {
    match Email::as_typed(typed) {
        Some(email) => Ok(store.find_user(&email).await?.is_some()),
        None => Ok(false),
    }
}
