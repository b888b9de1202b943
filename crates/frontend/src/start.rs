//! How the program starts in the browser: by hydrating the HTML that the server rendered, or by rendering everything
//! itself where that HTML was changed. The start script (`page/start.js`) decides which. It must not know what is on
//! a page.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use any_spawner::{CustomExecutor, Executor};
use leptos::mount::hydrate_from;
use leptos::prelude::{document, mount_to};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::App;
use crate::page::ROOT_ID;

thread_local! {
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

/// Takes over the HTML that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    begin(|root| hydrate_from(root, App).forget());
}

/// Renders everything into the root, which is empty.
#[wasm_bindgen]
pub fn mount() {
    begin(|root| mount_to(root, App).forget());
}

fn begin(start: impl FnOnce(web_sys::HtmlElement)) {
    // Leptos sets its own only where there is none.
    let _ = Executor::init_custom_executor(OnceStarted);
    let root = document().get_element_by_id(ROOT_ID).expect("every page has the root");
    start(root.unchecked_into());
    STARTED.set(true);
}

/// Runs tasks on the browser's queue, once the program has started. A trap while it starts leaves tasks in the queue
/// that the browser still runs: they would speak for a program that is not there, and refresh its session.
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
