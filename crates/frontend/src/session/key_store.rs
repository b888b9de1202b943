//! Where pending keys are kept: that of a refresh, and one for each kind of action, are records of an IndexedDB database. All
//! tabs of a browser take turns at its transactions, Web Locks or not, so of tabs that begin in the same instant one finds
//! the key of the other. A copy is kept in localStorage, for a browser whose database fails or is missing; there a step is
//! not one for other tabs. If the two differ, because the database failed in between, the newer key counts: the other
//! one has been answered, and does no harm with a later ticket.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use js_sys::{Array, Promise};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::attempt::{KeyStore, PENDING_ATTEMPT, PendingAttempt};
use super::browser::{self, LocalStorage};
use super::pending_action::{PENDING_ACTION, PendingAction};
use super::record::{Record, newer};

const DATABASE: &str = "baton";
const STORE: &str = "attempt";
/// The record of a refresh. Those of actions are called as their copies are.
const REFRESH_RECORD: &str = "pending";
/// How long a step waits for the database. Some browsers' never answer, until the page is loaded again.
pub(super) const TIMEOUT_MS: u32 = 1_000;
/// The same after it did not answer in time.
const SHORT_TIMEOUT_MS: u32 = 50;

thread_local! {
    /// Whether the database answered in time when it was asked last. A page has one thread.
    static RESPONSIVE: Cell<bool> = const { Cell::new(true) };
}

/// What came of a step.
pub(super) struct Transacted<R> {
    pub(super) value: R,
    /// Whether no other tab can have read or written the key in between.
    pub(super) is_atomic: bool,
}

/// Whether steps can be expected to be atomic.
pub(super) fn is_responsive() -> bool {
    RESPONSIVE.get()
}

/// Reads the pending attempt of a refresh, and writes another or none.
pub(super) async fn in_transaction<R>(step: impl FnOnce(&dyn KeyStore) -> R) -> Transacted<R> {
    transact::<PendingAttempt, R>((REFRESH_RECORD, PENDING_ATTEMPT), step).await
}

/// Reads what is pending of the actions of this name, and writes another or none.
pub(super) async fn in_action_transaction<R>(
    name: &str,
    step: impl FnOnce(&dyn KeyStore<PendingAction>) -> R,
) -> R {
    let name = format!("{PENDING_ACTION}{name}");
    transact::<PendingAction, R>((name.as_str(), name.as_str()), step).await.value
}

/// Takes a step with the record of this name, and the copy of that name.
async fn transact<P: Record, R>(
    (record, copy): (&str, &str),
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

/// The names of the actions of which a key is kept, in the database or as a copy.
pub(super) async fn names_of_actions() -> BTreeSet<String> {
    let mut names: BTreeSet<_> = browser::names_of_actions().into_iter().collect();
    let timeout = timeout_promise();
    if let Some(database) = open_existing(&timeout).await {
        names.extend(names_of_records(&database, &timeout).await.unwrap_or_default());
        database.close();
    }
    names
}

/// Keeps neither an attempt nor an action any more.
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
    browser::remove_pending();
}

/// Is settled when the database is late.
fn timeout_promise() -> Promise {
    browser::timer(if is_responsive() { TIMEOUT_MS } else { SHORT_TIMEOUT_MS })
}

/// Opens the database, and creates it if there is none.
async fn open(timeout: &Promise) -> Option<IdbDatabase> {
    open_or(timeout, |opening| {
        let database = opening.result().ok().map(JsCast::unchecked_into::<IdbDatabase>);
        let _ = database.map(|it| it.create_object_store(STORE));
    })
    .await
}

/// Opens the database if there is one: who only looks at a page is left without.
async fn open_existing(timeout: &Promise) -> Option<IdbDatabase> {
    open_or(timeout, |opening| {
        let _ = opening.transaction().map(|creating| creating.abort());
    })
    .await
}

/// Opens the database; `absent` is called where there is none.
async fn open_or(
    timeout: &Promise,
    absent: impl FnOnce(&IdbOpenDbRequest) + 'static,
) -> Option<IdbDatabase> {
    let request = window().indexed_db().ok()??.open_with_u32(DATABASE, 1).ok()?;
    let opening = request.clone();
    // The browser calls it now, much later, or never.
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

/// A transaction, and what the record holds.
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
    /// Takes the step, and waits until it is committed.
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

/// Whether a transaction is written, as an event.
fn committed(transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    })
}

/// What came of a request. `None` if it failed.
async fn settled(request: &IdbRequest, timeout: &Promise) -> Option<JsValue> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    in_time(settled, timeout).await?;
    request.result().ok()
}

/// What the promise, which is of an event, is settled with.
async fn in_time(promise: Promise, timeout: &Promise) -> Option<JsValue> {
    let first = JsFuture::from(Promise::race(&Array::of2(&promise, timeout))).await.ok()?;
    (!first.is_undefined()).then_some(first)
}

/// The record, while a transaction lasts.
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
