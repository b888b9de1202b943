//! Migration of addresses that were stored before they had a canonical form. Accounts are not merged: if no other
//! account has the canonical form, the address is rewritten to it; otherwise both stay, each is looked up by its own
//! spelling, and both are reported. The canonical form itself is in [`email`](super::email).
//!
//! An ASCII address is canonical (`email` tests it), so only the others are read, by an index of their own and a page
//! at a time.

use std::sync::Arc;

use shared::UserId;

use super::email::Email;
use crate::store::{Change, Store, StoreError, User};

/// An account with another spelling of another account's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The account that keeps its spelling.
    pub user: UserId,
    /// Its address as stored.
    pub email: Email,
    /// The account with the canonical form.
    pub canonical: UserId,
}

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spellings {
    /// How many addresses were rewritten, or would be.
    pub rewritten: u64,
    /// The accounts that share an address.
    pub pairs: Vec<Pair>,
}

/// Rewrites addresses to the canonical form. Idempotent: several instances may run it at once, at any time, beside an
/// older version.
///
/// # Errors
/// If storage fails. Rewritten addresses stay so.
pub async fn canonicalise(store: &Arc<dyn Store>) -> Result<Spellings, StoreError> {
    let rewrite = async |user: &User, email: Email| {
        let (user, seen) = (user.id, user.email.clone());
        let respell = Change::Respell { user, seen, email: email.clone() };
        match store.commit(respell, Vec::new()).await {
            Ok(outcome) => Ok(outcome.took_place()),
            // An account with the canonical form was just created.
            Err(_) if store.find_user(&email).await?.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    };
    walk(&**store, rewrite).await
}

/// A dry run of [`canonicalise`].
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

/// The address of the account that was typed: of a pair, each is found by its own spelling. `None` if no account can
/// have it. Its timing depends on the typed text, and not on whether an account with the canonical form exists.
///
/// # Errors
/// If storage fails.
pub(in crate::auth) async fn meant(
    store: &dyn Store,
    typed: &str,
) -> Result<Option<Email>, StoreError> {
    match Email::as_typed(typed) {
        Some(email) if store.find_user(&email).await?.is_some() => Ok(Some(email)),
        _ => Ok(Email::parse(typed)),
    }
}

/// Whether an account has the address in the typed spelling, which is not the canonical form. The store itself
/// refuses a second account with that one.
///
/// # Errors
/// If storage fails.
pub(in crate::auth) async fn is_taken_as_typed(
    store: &dyn Store,
    typed: &str,
) -> Result<bool, StoreError> {
    match Email::as_typed(typed) {
        Some(email) => Ok(store.find_user(&email).await?.is_some()),
        None => Ok(false),
    }
}
