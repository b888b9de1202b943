//! Starts the program in the browser: hydrates the HTML that the server rendered, or renders the page afresh if that
//! HTML was changed. The start script (`page/start.js`) decides which.

use std::cell::RefCell;
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

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// The tasks that wait for [`run_tasks`]; `None` once they have begun.
    static FIRST_TASKS: RefCell<Option<Vec<Task>>> = const { RefCell::new(Some(Vec::new())) };
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

/// Begins the tasks that hydration or rendering has left, such as effects, so that both are not one long task of the
/// browser. Never called after a trap: the tasks would refresh the session of a program that does not exist.
#[wasm_bindgen]
pub fn run_tasks() {
    for task in FIRST_TASKS.take().into_iter().flatten() {
        wasm_bindgen_futures::spawn_local(task);
    }
}

fn begin(start: impl FnOnce(web_sys::HtmlElement)) {
    // Leptos sets its own executor only if there is none.
    let _ = Executor::init_custom_executor(OnceHydrated);
    let root = document().get_element_by_id(ROOT_ID).expect("every page has the root");
    start(root.unchecked_into());
}

/// Runs tasks on the browser's queue, from [`run_tasks`] on.
struct OnceHydrated;

impl CustomExecutor for OnceHydrated {
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.spawn_local(task);
    }

    fn spawn_local(&self, task: Task) {
        FIRST_TASKS.with_borrow_mut(|waiting| match waiting {
            Some(tasks) => tasks.push(task),
            None => wasm_bindgen_futures::spawn_local(task),
        });
    }

    fn poll_local(&self) {}
}
