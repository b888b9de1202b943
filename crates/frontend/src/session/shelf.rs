//! Where the pending attempt key is kept: one record of an IndexedDB database. All tabs of a browser take turns at its
//! transactions, Web Locks or not, so of tabs that begin in the same instant one finds the key of the other. A copy is
//! kept in localStorage, for a browser whose database fails or is missing; there a step is not one for other tabs.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Promise};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbRequest, IdbTransactionMode};

use super::attempt::{Pending, Shelf};
use super::browser::{self, LocalStorage};

const DATABASE: &str = "baton";
const STORE: &str = "attempt";
const RECORD: &str = "pending";
/// A database that takes longer is not waited for: some browsers' never answer at all.
const WITHIN_MS: u32 = 1_000;

thread_local! {
    /// Whether the database has answered when it was asked last. A page has one thread.
    static ANSWERS: Cell<bool> = const { Cell::new(true) };
}

/// What came of a step.
pub(super) struct Stepped<R> {
    pub(super) outcome: R,
    /// Whether no other tab can have read or written the key meanwhile.
    pub(super) is_atomic: bool,
}

/// Reads the pending key, and writes another or none. `step` may be called twice: the second time counts.
pub(super) async fn in_one_step<R>(step: impl Fn(&dyn Shelf) -> R + 'static) -> Stepped<R> {
    if ANSWERS.get()
        && let Some((outcome, kept)) = in_a_transaction(&step).await
    {
        match kept {
            Some(pending) => LocalStorage.write(&pending),
            None => LocalStorage.clear(),
        }
        return Stepped { outcome, is_atomic: true };
    }
    let outcome = step(&LocalStorage);
    // The same in the database, not waited for: a later page would take up what has been answered.
    spawn_local(async move { ANSWERS.set(in_a_transaction(step).await.is_some()) });
    Stepped { outcome, is_atomic: false }
}

/// Keeps no key any more.
pub(super) async fn clear() {
    in_one_step(|shelf| shelf.clear()).await;
}

/// What came of the step, and what the record holds since.
async fn in_a_transaction<R>(step: impl Fn(&dyn Shelf) -> R) -> Option<(R, Option<Pending>)> {
    let database = open().await?;
    let stepped = take_step(&database, step).await;
    database.close();
    stepped
}

async fn open() -> Option<IdbDatabase> {
    let request = window().indexed_db().ok()??.open_with_u32(DATABASE, 1).ok()?;
    let database = {
        let request = request.clone();
        move || request.result().ok().map(JsCast::unchecked_into::<IdbDatabase>)
    };
    let create = {
        let database = database.clone();
        Closure::<dyn FnMut()>::new(move || {
            let _ = database().map(|it| it.create_object_store(STORE));
        })
    };
    request.set_onupgradeneeded(Some(create.as_ref().unchecked_ref()));
    settled(&request).await?;
    database()
}

async fn take_step<R>(
    database: &IdbDatabase,
    step: impl Fn(&dyn Shelf) -> R,
) -> Option<(R, Option<Pending>)> {
    let name = JsValue::from_str(RECORD);
    let transaction =
        database.transaction_with_str_and_mode(STORE, IdbTransactionMode::Readwrite).ok()?;
    let store = transaction.object_store(STORE).ok()?;
    let stored = decoded(&settled(&store.get(&name).ok()?).await?);
    // What was written while the database did not answer, or by an older page.
    let record = Record(RefCell::new(stored.clone().or_else(|| LocalStorage.read())));
    let outcome = step(&record);
    let kept = record.read();
    if kept != stored {
        match &kept {
            Some(pending) => store.put_with_key(&encoded(pending), &name).ok()?,
            None => store.delete(&name).ok()?,
        };
    }
    let committed = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    in_time(committed).await?;
    Some((outcome, kept))
}

/// What came of a request. `None` if it failed.
async fn settled(request: &IdbRequest) -> Option<JsValue> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    in_time(settled).await?;
    request.result().ok()
}

async fn in_time(promise: Promise) -> Option<JsValue> {
    let in_time = Promise::race(&Array::of2(&promise, &browser::too_late(WITHIN_MS)));
    let settled = JsFuture::from(in_time).await;
    // It is late: one is not to wait so long again.
    if settled.as_ref().is_err_and(JsValue::is_undefined) {
        ANSWERS.set(false);
    }
    settled.ok()
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
