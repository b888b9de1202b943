//! The whole HTML document, and what the server hands in to render it. It must not know routes or
//! views; [`crate::App`] does. The policy it must live under (no inline style, no inline script
//! without the nonce, nothing from elsewhere) is the server's.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;

/// The attribute of `<html>` that repeats the [`SignedInHint`], so that the first client state is
/// the one the server rendered, whatever has become of the cookie meanwhile.
pub(crate) const HINT_ATTRIBUTE: &str = "data-signed-in-hint";
/// The attribute of `<html>` that says whether the scripts have taken over: `true` or `failed`.
pub(crate) const HYDRATED_ATTRIBUTE: &str = "data-hydrated";

/// Absolute paths of the built files.
#[derive(Clone)]
pub struct Assets {
    /// The one stylesheet.
    pub stylesheet: String,
    /// The JavaScript module that loads the program.
    pub script: String,
    /// The program.
    pub wasm: String,
    /// The icon, if there is one.
    pub icon: Option<String>,
}

/// Whether the readable cookie says that somebody is probably logged in. A context of the server.
#[derive(Clone, Copy)]
pub struct SignedInHint(pub bool);

/// Set while rendering if the page is "not found", so that the server answers 404. A context of the
/// server.
#[derive(Clone, Default)]
pub struct NotFoundFlag(pub Arc<AtomicBool>);

/// The document around [`App`].
pub fn page(assets: Assets) -> impl IntoView {
    let hint = use_context::<SignedInHint>().is_some_and(|hint| hint.0);
    let Assets { stylesheet, script, wasm, icon } = assets;
    let preload = preload_script(&script, &wasm);
    let start = start_script(&script, &wasm);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-signed-in-hint=hint.to_string()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbf5e9" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1b1312" />
                <meta
                    name="description"
                    content="Baton is a reference implementation of logging in with short-lived access tokens and rotating refresh tokens, in Rust from the database to the browser."
                />
                // Before the stylesheet, for which a script would have to wait.
                <script nonce=use_nonce()>{preload}</script>
                <link rel="stylesheet" href=stylesheet />
                {icon.map(|icon| view! { <link rel="icon" href=icon r#type="image/svg+xml" /> })}
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Fetches the program while the document is still being read. Only where scripts run: written as
/// elements of the document, the links would be followed by browsers that have no use for them.
fn preload_script(script: &str, wasm: &str) -> String {
    format!(
        "for (const link of [{{ rel: 'modulepreload', href: {script:?} }}, \
         {{ rel: 'preload', as: 'fetch', type: 'application/wasm', crossOrigin: 'anonymous', href: {wasm:?} }}]) \
         document.head.append(Object.assign(document.createElement('link'), link));"
    )
}

/// Starts the program. If it cannot start, the page says so: its forms wait for it.
fn start_script(script: &str, wasm: &str) -> String {
    format!(
        "import init, {{ hydrate }} from {script:?};\
         try {{ await init({{ module_or_path: {wasm:?} }}); hydrate(); }}\
         catch (error) {{ document.documentElement.setAttribute({HYDRATED_ATTRIBUTE:?}, 'failed'); throw error; }}"
    )
}
