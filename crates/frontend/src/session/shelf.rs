//! Where the pending attempt is kept: one record of an IndexedDB database. All tabs of a browser take turns at its
//! transactions, Web Locks or not, so of tabs that begin in the same instant one finds the key of the other. A copy is
//! kept in localStorage, for a browser whose database fails or is missing; there a step is not one for other tabs.
//! If the two differ, because the database failed in between, the newer key counts: the other one has been answered, and
//! does no harm with a later ticket.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Promise};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode};

use super::attempt::{Pending, Shelf, newer};
use super::browser::{self, LocalStorage};

const DATABASE: &str = "baton";
const STORE: &str = "attempt";
const RECORD: &str = "pending";
/// How long a step waits for the database. Some browsers' never answer, until the page is loaded again.
pub(super) const PATIENCE_MS: u32 = 1_000;
/// The same after it did not answer in time.
const LITTLE_PATIENCE_MS: u32 = 50;

thread_local! {
    /// Whether the database answered in time when it was asked last. A page has one thread.
    static ANSWERS: Cell<bool> = const { Cell::new(true) };
}

/// What came of a step.
pub(super) struct Stepped<R> {
    pub(super) outcome: R,
    /// Whether no other tab can have read or written the key in between.
    pub(super) is_atomic: bool,
}

/// Whether steps can be expected to be atomic.
pub(super) fn answers() -> bool {
    ANSWERS.get()
}

/// Reads the pending attempt, and writes another or none.
pub(super) async fn in_one_step<R>(step: impl FnOnce(&dyn Shelf) -> R) -> Stepped<R> {
    let patience = if answers() { PATIENCE_MS } else { LITTLE_PATIENCE_MS };
    let late = browser::timer(patience);
    let database = open(&late).await;
    let begun = match &database {
        Some(database) => begin(database, &late).await,
        None => None,
    };
    let stepped = match begun {
        Some(begun) => begun.take(step, &late).await,
        None => Stepped { outcome: step(&LocalStorage), is_atomic: false },
    };
    ANSWERS.set(stepped.is_atomic);
    if let Some(database) = database {
        database.close();
    }
    stepped
}

/// Keeps no attempt any more.
pub(super) async fn clear() {
    in_one_step(|shelf| shelf.clear()).await;
}

async fn open(late: &Promise) -> Option<IdbDatabase> {
    let request = window().indexed_db().ok()??.open_with_u32(DATABASE, 1).ok()?;
    let opening = request.clone();
    // The browser calls it now, much later, or never.
    let create = Closure::once_into_js(move || {
        let database = opening.result().ok().map(JsCast::unchecked_into::<IdbDatabase>);
        let _ = database.map(|it| it.create_object_store(STORE));
    });
    request.set_onupgradeneeded(Some(create.unchecked_ref()));
    settled(&request, late).await.map(JsCast::unchecked_into)
}

/// A transaction, and what the record holds.
struct Begun {
    transaction: IdbTransaction,
    store: IdbObjectStore,
    stored: Option<Pending>,
}

async fn begin(database: &IdbDatabase, late: &Promise) -> Option<Begun> {
    let mode = IdbTransactionMode::Readwrite;
    let transaction = database.transaction_with_str_and_mode(STORE, mode).ok()?;
    let store = transaction.object_store(STORE).ok()?;
    let stored = decoded(&settled(&store.get(&RECORD.into()).ok()?, late).await?);
    Some(Begun { transaction, store, stored })
}

impl Begun {
    /// Takes the step, and waits until it is committed.
    async fn take<R>(self, step: impl FnOnce(&dyn Shelf) -> R, late: &Promise) -> Stepped<R> {
        let record = Record(RefCell::new(newer(self.stored.clone(), LocalStorage.read())));
        let outcome = step(&record);
        let kept = record.read();
        let written = match &kept {
            _ if kept == self.stored => true,
            Some(pending) => self.store.put_with_key(&encoded(pending), &RECORD.into()).is_ok(),
            None => self.store.delete(&RECORD.into()).is_ok(),
        };
        let committed = Promise::new(&mut |resolve, reject| {
            self.transaction.set_oncomplete(Some(&resolve));
            self.transaction.set_onabort(Some(&reject));
        });
        let committed = in_time(committed, late).await.is_some();
        match kept {
            Some(pending) => LocalStorage.write(&pending),
            None => LocalStorage.clear(),
        }
        Stepped { outcome, is_atomic: written && committed }
    }
}

/// What came of a request. `None` if it failed.
async fn settled(request: &IdbRequest, late: &Promise) -> Option<JsValue> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    in_time(settled, late).await?;
    request.result().ok()
}

/// What the promise, which is of an event, is settled with.
async fn in_time(promise: Promise, late: &Promise) -> Option<JsValue> {
    let first = JsFuture::from(Promise::race(&Array::of2(&promise, late))).await.ok()?;
    (!first.is_undefined()).then_some(first)
}

/// The record, while a transaction lasts.
struct Record(RefCell<Option<Pending>>);

impl Shelf for Record {
    fn read(&self) -> Option<Pending> {
        self.0.borrow().clone()
    }

    fn write(&self, pending: &Pending) {
        self.0.replace(Some(pending.clone()));
    }

    fn clear(&self) {
        self.0.replace(None);
    }
}

/// As it is stored. No key has a space.
fn encoded(Pending { key, tab }: &Pending) -> JsValue {
    JsValue::from_str(&format!("{key} {tab}"))
}

fn decoded(stored: &JsValue) -> Option<Pending> {
    let stored = stored.as_string()?;
    let (key, tab) = stored.split_once(' ')?;
    Some(Pending { key: key.to_owned(), tab: tab.to_owned() })
}
