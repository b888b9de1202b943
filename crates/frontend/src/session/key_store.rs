//! The key store: pending attempt and idempotency keys in IndexedDB, one record for refreshes and one for each kind
//! of action. Its transactions exclude each other in all tabs, with or without Web Locks, so tabs that begin at the
//! same instant share a key. localStorage has a copy for browsers whose database fails or is missing; there a step is
//! not atomic across tabs. If the two differ, because the database failed in between, the newer key counts: the older
//! one is answered, and harmless with a later ticket.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use js_sys::{Array, Promise};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::attempt::{KeyStore, PendingAttempt};
use super::clock;
use super::local_storage::{self, LocalStorage};
use super::pending_action::PendingAction;
use super::record::{Record, newer};
use super::storage_names::{PENDING_ACTION, PENDING_ATTEMPT};

const DATABASE: &str = "baton";
const STORE: &str = "attempt";
/// The record of refreshes. Records of actions have the names of their copies.
const REFRESH_RECORD: &str = "pending";
/// Timeout of a step. Some browsers' databases stop answering until the page is loaded again.
pub(super) const TIMEOUT_MS: u32 = 1_000;
/// Timeout while the database is unresponsive.
const SHORT_TIMEOUT_MS: u32 = 50;

thread_local! {
    /// Whether the last step succeeded before its timeout. A page has one thread.
    static RESPONSIVE: Cell<bool> = const { Cell::new(true) };
}

/// The result of a step.
pub(super) struct Transacted<R> {
    pub(super) value: R,
    /// Whether no other tab can have read or written the key in between.
    pub(super) is_atomic: bool,
}

/// Whether steps are likely to be atomic.
pub(super) fn is_responsive() -> bool {
    RESPONSIVE.get()
}

/// Reads and replaces the pending attempt of a refresh.
pub(super) async fn in_transaction<R>(step: impl FnOnce(&dyn KeyStore) -> R) -> Transacted<R> {
    transact::<PendingAttempt, R>(REFRESH_RECORD, PENDING_ATTEMPT, step).await
}

/// Reads and replaces the pending action of this name.
pub(super) async fn in_action_transaction<R>(
    name: &str,
    step: impl FnOnce(&dyn KeyStore<PendingAction>) -> R,
) -> R {
    let name = format!("{PENDING_ACTION}{name}");
    transact::<PendingAction, R>(&name, &name, step).await.value
}

/// Runs a step over the record and its localStorage copy.
async fn transact<P: Record, R>(
    record: &str,
    copy: &str,
    step: impl FnOnce(&dyn KeyStore<P>) -> R,
) -> Transacted<R> {
    let copy = LocalStorage(copy);
    let timeout = timeout_promise();
    let database = open(&timeout).await;
    let opened = match &database {
        Some(database) => begin::<P>(database, record, &timeout).await,
        None => None,
    };
    let transacted = match opened {
        Some(opened) => opened.take(step, &copy, &timeout).await,
        None => Transacted { value: step(&copy), is_atomic: false },
    };
    RESPONSIVE.set(transacted.is_atomic);
    if let Some(database) = database {
        database.close();
    }
    transacted
}

/// Names of the actions with a stored key, in the database or as a copy.
pub(super) async fn names_of_actions() -> BTreeSet<String> {
    let mut names: BTreeSet<_> = local_storage::names_of_actions().into_iter().collect();
    let timeout = timeout_promise();
    if let Some(database) = open_existing(&timeout).await {
        names.extend(names_of_records(&database, &timeout).await.unwrap_or_default());
        database.close();
    }
    names
}

/// Removes all pending keys.
pub(super) async fn clear() {
    let timeout = timeout_promise();
    let database = open(&timeout).await;
    let cleared = match database.as_ref().and_then(writing) {
        Some((transaction, store)) => {
            store.clear().is_ok() && in_time(committed(&transaction), &timeout).await.is_some()
        }
        None => false,
    };
    RESPONSIVE.set(cleared);
    if let Some(database) = database {
        database.close();
    }
    local_storage::remove_pending();
}

/// Resolves at the timeout.
fn timeout_promise() -> Promise {
    clock::timer(if is_responsive() { TIMEOUT_MS } else { SHORT_TIMEOUT_MS })
}

/// Opens the database, and creates it if it is missing.
async fn open(timeout: &Promise) -> Option<IdbDatabase> {
    open_or(timeout, |opening| {
        let database = opening.result().ok().map(JsCast::unchecked_into::<IdbDatabase>);
        let _ = database.map(|it| it.create_object_store(STORE));
    })
    .await
}

/// Opens the database only if it exists: a visitor who only reads does not get one.
async fn open_existing(timeout: &Promise) -> Option<IdbDatabase> {
    open_or(timeout, |opening| {
        let _ = opening.transaction().map(|creating| creating.abort());
    })
    .await
}

/// Opens the database; `absent` is called if it does not exist.
async fn open_or(
    timeout: &Promise,
    absent: impl FnOnce(&IdbOpenDbRequest) + 'static,
) -> Option<IdbDatabase> {
    let request = window().indexed_db().ok()??.open_with_u32(DATABASE, 1).ok()?;
    let opening = request.clone();
    // The browser may call it now, much later, or never.
    let absent = Closure::once_into_js(move || absent(&opening));
    request.set_onupgradeneeded(Some(absent.unchecked_ref()));
    settled(&request, timeout).await.map(JsCast::unchecked_into)
}

async fn names_of_records(database: &IdbDatabase, timeout: &Promise) -> Option<Vec<String>> {
    let store = database.transaction_with_str(STORE).ok()?.object_store(STORE).ok()?;
    let names: Array = settled(&store.get_all_keys().ok()?, timeout).await?.dyn_into().ok()?;
    let name_of = |name: JsValue| Some(name.as_string()?.strip_prefix(PENDING_ACTION)?.to_owned());
    Some(names.iter().filter_map(name_of).collect())
}

/// A transaction, and the record's value.
struct OpenTransaction<P> {
    transaction: IdbTransaction,
    store: IdbObjectStore,
    record: JsValue,
    stored: Option<P>,
}

async fn begin<P: Record>(
    database: &IdbDatabase,
    record: &str,
    timeout: &Promise,
) -> Option<OpenTransaction<P>> {
    let record = JsValue::from_str(record);
    let (transaction, store) = writing(database)?;
    let stored = settled(&store.get(&record).ok()?, timeout).await?;
    let stored = stored.as_string().and_then(|stored| P::decoded(&stored));
    Some(OpenTransaction { transaction, store, record, stored })
}

fn writing(database: &IdbDatabase) -> Option<(IdbTransaction, IdbObjectStore)> {
    let mode = IdbTransactionMode::Readwrite;
    let transaction = database.transaction_with_str_and_mode(STORE, mode).ok()?;
    let store = transaction.object_store(STORE).ok()?;
    Some((transaction, store))
}

impl<P: Record> OpenTransaction<P> {
    /// Runs the step, and waits for the commit.
    async fn take<R>(
        self,
        step: impl FnOnce(&dyn KeyStore<P>) -> R,
        copy: &LocalStorage<'_>,
        timeout: &Promise,
    ) -> Transacted<R> {
        let held = RecordInTransaction(RefCell::new(newer(
            self.stored.clone(),
            KeyStore::<P>::read(copy),
        )));
        let value = step(&held);
        let kept = held.0.into_inner();
        let written = match &kept {
            _ if kept == self.stored => true,
            Some(pending) => {
                let encoded = JsValue::from_str(&pending.encoded());
                self.store.put_with_key(&encoded, &self.record).is_ok()
            }
            None => self.store.delete(&self.record).is_ok(),
        };
        let committed = in_time(committed(&self.transaction), timeout).await.is_some();
        match kept {
            Some(pending) => copy.write(&pending),
            None => KeyStore::<P>::clear(copy),
        }
        Transacted { value, is_atomic: written && committed }
    }
}

/// Settles when the transaction commits or aborts.
fn committed(transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    })
}

/// The result of a request. `None` if it failed or timed out.
async fn settled(request: &IdbRequest, timeout: &Promise) -> Option<JsValue> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    in_time(settled, timeout).await?;
    request.result().ok()
}

/// The value of an event's promise; `None` at the timeout, or if it is rejected.
async fn in_time(promise: Promise, timeout: &Promise) -> Option<JsValue> {
    let first = JsFuture::from(Promise::race(&Array::of2(&promise, timeout))).await.ok()?;
    (!first.is_undefined()).then_some(first)
}

/// The record during a transaction.
struct RecordInTransaction<P>(RefCell<Option<P>>);

impl<P: Record> KeyStore<P> for RecordInTransaction<P> {
    fn read(&self) -> Option<P> {
        self.0.borrow().clone()
    }

    fn write(&self, pending: &P) {
        self.0.replace(Some(pending.clone()));
    }

    fn clear(&self) {
        self.0.replace(None);
    }
}
