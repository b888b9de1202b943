//! Reports of addresses that are stored in several spellings: by `serve` in the log, by `migrate` and `check` on
//! the terminal. The rules are in [`auth::account::spelling`](crate::auth::account::spelling).

use std::sync::Arc;

use super::output::{report, say};
use crate::auth::account::spelling::{Pair, Spellings, canonicalise, look_for_spellings};
use crate::store::{Store, StoreError};

/// Rewrites addresses to their canonical spelling. They are not logged; ids are enough to find them.
pub(super) async fn canonicalise_and_log(store: &Arc<dyn Store>) -> Result<(), StoreError> {
    let Spellings { rewritten, pairs } = canonicalise(store).await?;
    if rewritten > 0 {
        tracing::info!(event = "addresses.rewritten", accounts = rewritten);
    }
    for Pair { user, canonical, .. } in &pairs {
        tracing::warn!(event = "address.shared", %user, %canonical, "two accounts have one address: `baton check` says which");
    }
    Ok(())
}

/// The same, for the terminal.
pub(super) async fn canonicalise_and_report(store: &Arc<dyn Store>) -> Result<(), StoreError> {
    let Spellings { rewritten, pairs } = canonicalise(store).await?;
    if rewritten > 0 {
        report(&format!("rewrote {rewritten} addresses to their canonical spelling"));
    }
    pairs.iter().map(in_words).for_each(|line| report(&line));
    Ok(())
}

/// Reports addresses to rewrite, and accounts that share one, without a change.
pub(super) async fn check(store: &dyn Store) -> anyhow::Result<()> {
    let Spellings { rewritten, pairs } = look_for_spellings(store).await?;
    if pairs.is_empty() && rewritten == 0 {
        return say("addresses      ok   each has one account");
    }
    if rewritten > 0 {
        say(&format!(
            "addresses      {rewritten} are not in their canonical spelling: `baton serve` and `baton migrate` rewrite them"
        ))?;
    }
    pairs.iter().try_for_each(|pair| say(&format!("addresses      {}", in_words(pair))))
}

/// Quoted, which shows combining marks by their numbers: spellings that look the same differ.
fn in_words(Pair { user, email, canonical }: &Pair) -> String {
    let (stored, form) = (email.as_str(), email.to_canonical());
    format!(
        "two accounts have one address: {canonical} as {:?}, and {user} as {stored:?}. Nothing is merged: each logs in with its \
         own spelling. Ask whose they are, and disable the one that is not used, as in `baton users disable {stored}`",
        form.as_str()
    )
}
