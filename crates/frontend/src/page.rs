//! The HTML document, and what the server hands in to render it. Routes and views: [`crate::App`]. The server sets
//! the CSP that applies here: no inline style, no inline script without the nonce, same-origin sources only.

pub(crate) mod server_context;
pub(crate) mod shape;

use std::sync::LazyLock;

use leptos::nonce::use_nonce;
use leptos::prelude::*;

use crate::App;
use crate::components::start_note::StartNote;
use crate::route::Route;

pub use server_context::{NotFoundFlag, NotesService, PageUrl, ServerRedirect, SignedInHint};

/// The id of the application's root. Other children of the body may belong to browser extensions.
pub(crate) const ROOT_ID: &str = "app";

/// Starts the program, reports a failure, and then sets `data-hydrated` of `<html>`: `true` or `failed`. Without
/// comments and empty lines.
static START_SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("page/start.js").lines().map(str::trim);
    let is_comment = |line: &&str| ["//", "/*", "*"].iter().any(|mark| line.starts_with(mark));
    lines.filter(|line| !line.is_empty() && !is_comment(line)).collect::<Vec<_>>().join("\n")
});

/// Absolute paths of the built files.
#[derive(Clone)]
pub struct Assets {
    /// The one stylesheet.
    pub stylesheet: String,
    /// The JavaScript module that loads the program.
    pub script: String,
    /// The WebAssembly program.
    pub wasm: String,
    /// The second part of the program, if there is one.
    pub second_part: Option<String>,
    /// The icon, if there is one.
    pub icon: Option<String>,
}

/// The document around [`App`].
pub fn page(assets: Assets) -> impl IntoView {
    let SignedInHint(hint) = use_context().unwrap_or_default();
    let service: NotesService = use_context().unwrap_or_default();
    let url = use_context().map(|PageUrl(url)| url).unwrap_or_default();
    let route = Route::of(url.split('?').next().unwrap_or_default(), service);
    let needs_second_part = hint || route.is_behind_login();
    let start = start_script(&assets, needs_second_part);
    let Assets { stylesheet, icon, .. } = assets;
    view! {
        <!DOCTYPE html>
        <html lang="en" data-signed-in-hint=hint.to_string() data-notes-service=service.0.to_string()>
            <head>
                <meta charset="utf-8" />
                // Not as a child: Leptos would mark the end of the text.
                <title inner_html=route.title()></title>
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbf5e9" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1b1312" />
                <meta
                    name="description"
                    content="Baton is a reference implementation of logging in with short-lived access tokens and rotating refresh tokens, in Rust from the database to the browser."
                />
                <link rel="stylesheet" href=stylesheet />
                {icon.map(|icon| view! { <link rel="icon" href=icon r#type="image/svg+xml" /> })}
                // A module waits for the document and its stylesheet.
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
            </head>
            <body>
                // `shape::seal` writes the value of `data-shape` into the HTML.
                <div id=ROOT_ID data-shape="">
                    <App />
                </div>
                <StartNote />
            </body>
        </html>
    }
}

/// Starts the program. The build names the files.
fn start_script(assets: &Assets, needs_second_part: bool) -> String {
    let Assets { stylesheet, script, wasm, second_part, .. } = assets;
    let second_part = second_part.as_deref().unwrap_or_default();
    let files = format!(
        "{{ stylesheet: {stylesheet:?}, script: {script:?}, wasm: {wasm:?}, secondPart: {second_part:?} }}"
    );
    format!(
        "const files = {files};\nconst needsSecondPart = {needs_second_part};\n{}",
        *START_SCRIPT
    )
}
