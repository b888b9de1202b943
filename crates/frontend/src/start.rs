//! Starts the program in the browser: hydrates the HTML that the server rendered, or renders the page afresh if that
//! HTML was changed. The start script (`page/start.js`) decides which.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use any_spawner::{CustomExecutor, Executor};
use leptos::mount::hydrate_from;
use leptos::prelude::{document, mount_to};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::App;
use crate::app::load_for_first_page;
use crate::page::ROOT_ID;

thread_local! {
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

/// Loads what the page needs beside the program. Whether it could be loaded.
#[wasm_bindgen]
pub async fn prepare() -> bool {
    load_for_first_page().await
}

/// Hydrates the HTML that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    begin(|root| hydrate_from(root, App).forget());
}

/// Renders the application into the root, which is empty.
#[wasm_bindgen]
pub fn mount() {
    begin(|root| mount_to(root, App).forget());
}

fn begin(start: impl FnOnce(web_sys::HtmlElement)) {
    // Leptos sets its own executor only if there is none.
    let _ = Executor::init_custom_executor(OnceStarted);
    let root = document().get_element_by_id(ROOT_ID).expect("every page has the root");
    start(root.unchecked_into());
    STARTED.set(true);
}

/// Runs tasks on the browser's queue once the program has started. A trap during the start leaves tasks in the queue
/// that the browser still runs: they would refresh the session of a program that does not exist.
struct OnceStarted;

impl CustomExecutor for OnceStarted {
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.spawn_local(task);
    }

    fn spawn_local(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        wasm_bindgen_futures::spawn_local(async move {
            if STARTED.get() {
                task.await;
            } else {
                // Dropping a task runs code of it.
                std::mem::forget(task);
            }
        });
    }

    fn poll_local(&self) {}
}
