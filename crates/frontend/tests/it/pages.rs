//! Pages as the server renders them: readable without scripts, and within the CSP.

use std::sync::atomic::Ordering;

use any_server::{Rendered, render, render_without_notes};

/// Renders a page as the server does, with the contexts the server provides.
mod any_server {
    use super::Ordering;
    use frontend::{
        Assets, NotFoundFlag, NotesService, PageUrl, ServerRedirect, SignedInHint, page,
    };
    use leptos::prelude::*;

    pub(super) struct Rendered {
        pub(super) html: String,
        pub(super) not_found: bool,
        pub(super) redirect: Option<String>,
    }

    pub(super) fn render(path: &str, hint: bool) -> Rendered {
        render_with(path, hint, true)
    }

    /// The same on a server that no notes service belongs to.
    pub(super) fn render_without_notes(path: &str, hint: bool) -> Rendered {
        render_with(path, hint, false)
    }

    fn render_with(path: &str, hint: bool, notes: bool) -> Rendered {
        let redirect = ServerRedirect::default();
        let flag = NotFoundFlag::default();
        let owner = Owner::new();
        let html = owner.with(|| {
            provide_context(PageUrl(path.to_owned()));
            provide_context(SignedInHint(hint));
            provide_context(NotesService(notes));
            provide_context(flag.clone());
            provide_context(redirect.clone());
            page(Assets {
                stylesheet: "/assets/baton-1.css".to_owned(),
                script: "/assets/frontend-2.js".to_owned(),
                wasm: "/assets/frontend-3.wasm".to_owned(),
                second_part: Some("/assets/second_part-5.wasm".to_owned()),
                icon: Some("/assets/favicon-4.svg".to_owned()),
            })
            .to_html()
        });
        let redirect = redirect.0.lock().expect("no test panics while it holds this").take();
        Rendered { html, not_found: flag.0.load(Ordering::Relaxed), redirect }
    }
}

const BEHIND_LOGIN: [(&str, &str); 5] = [
    ("/account", "Your account"),
    ("/notes", "Your notes"),
    ("/sessions", "Active sessions"),
    ("/activity", "Security activity"),
    ("/settings", "Your settings"),
];
const EVERY_PAGE: [&str; 9] = [
    "/",
    "/register",
    "/login?next=%2Faccount",
    "/account",
    "/notes",
    "/sessions",
    "/activity",
    "/settings",
    "/nowhere",
];

#[test]
fn every_page_is_a_whole_document_with_one_heading() {
    for path in EVERY_PAGE {
        let Rendered { html, .. } = render(path, true);
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\""), "{path}: {html}");
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
        assert_eq!(html.matches("<main").count(), 1, "{path}");
        for asset in ["baton-1.css", "frontend-2.js", "frontend-3.wasm", "favicon-4.svg"] {
            assert!(html.contains(asset), "{path} lacks {asset}");
        }
    }
}

#[test]
fn no_page_needs_what_the_content_policy_forbids() {
    for path in EVERY_PAGE {
        let Rendered { html, .. } = render(path, true);
        for forbidden in [" style=", "<style", "data:", " onclick=", "javascript:", "http://"] {
            let allowed = html.replace("http://www.w3.org/", "");
            assert!(!allowed.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

#[test]
fn the_forms_can_be_read_without_scripts_and_leak_nothing() {
    for (path, button) in [("/login", "Log in"), ("/register", "Create account")] {
        let Rendered { html, .. } = render(path, false);
        assert!(html.contains("<noscript>"), "{path}");
        assert!(html.contains("Logging in needs scripting"), "{path}");
        assert!(html.contains("method=\"post\""), "{path}");
        assert!(html.contains(&format!("action=\"{path}\"")), "{path}");
        let submit = html.split("<button").skip(1).find(|it| it.contains(&format!(">{button}")));
        assert!(submit.is_some_and(|it| it.contains("disabled")), "{path}: {submit:?}");
    }
}

#[test]
fn with_the_hint_cookie_the_page_shows_the_session_being_restored() {
    for (path, heading) in BEHIND_LOGIN {
        let Rendered { html, redirect, .. } = render(path, true);
        assert!(html.contains(heading), "{path}");
        assert!(html.contains("Restoring your session"), "{path}");
        assert!(html.contains("data-signed-in-hint=\"true\""), "{path}");
        assert_eq!(redirect, None, "{path}");
    }
}

#[test]
fn without_a_session_the_page_leads_to_the_login_and_back() {
    for (path, _) in BEHIND_LOGIN {
        let Rendered { redirect, .. } = render(path, false);
        assert_eq!(redirect, Some(format!("/login?next={}", path.replace('/', "%2F"))));
    }
}

#[test]
fn the_way_back_is_whole_and_is_passed_between_login_and_registration() {
    let link = "/login?next=%2Factivity%3Fkind%3Dlogins%26q%3Da%2520b";
    assert_eq!(render("/activity?kind=logins&q=a%20b", false).redirect.as_deref(), Some(link));
    for (here, there) in [("/login", "/register"), ("/register", "/login")] {
        let html = render(&link.replace("/login", here), false).html;
        assert!(html.contains(&format!("href=\"{}\"", link.replace("/login", there))), "{html}");
        assert!(render(here, false).html.contains(&format!("href=\"{there}\"")), "{here}");
    }
}

#[test]
fn the_second_part_is_fetched_at_once_only_where_it_is_needed() {
    for path in EVERY_PAGE {
        let is_public = ["/", "/register", "/login?next=%2Faccount", "/nowhere"].contains(&path);
        for hint in [true, false] {
            let html = render(path, hint).html;
            assert!(html.contains("second_part-5.wasm"), "{path}");
            let needed = format!("const needsSecondPart = {};", hint || !is_public);
            assert!(html.contains(&needed), "{path} {hint}");
        }
    }
}

#[test]
fn every_page_has_a_title() {
    for (path, heading) in BEHIND_LOGIN {
        let title = format!("<title>{heading} · Baton</title>");
        assert!(render(path, true).html.contains(&title), "{path}");
    }
    for (path, title) in [("/login", "Log in · Baton"), ("/nowhere", "Page not found · Baton")] {
        let html = render(path, false).html;
        assert_eq!(html.matches("<title").count(), 1, "{path}");
        assert!(html.contains(&format!("<title>{title}</title>")), "{path}");
    }
}

#[test]
fn every_page_can_say_that_it_has_not_started() {
    for path in EVERY_PAGE {
        let Rendered { html, .. } = render(path, true);
        let (_, root) = html.split_once("<div id=\"app\" data-shape=\"\">").expect("the root");
        // The first link skips to the content.
        let (main, after) = root.split_once("</main>").expect("the main part");
        let (skip, header) = (main.find("skip-link"), main.find("<header"));
        assert!(skip.is_some() && skip < header, "{path}");
        let note = after.split('<').find(|tag| tag.contains("\"start-note\"")).expect("the note");
        assert!(note.contains(" hidden") && note.contains(" role=\"alert\""), "{path}: {note}");
        assert!(!html.contains("// "), "{path}: comments are not served");
    }
}

#[test]
fn the_header_offers_the_way_in_or_the_account() {
    let out = render("/", false).html;
    assert!(out.contains(">Log in<") && out.contains(">Register<") && !out.contains(">Account<"));
    let perhaps_in = render("/", true).html;
    assert!(perhaps_in.contains(">Account<") && !perhaps_in.contains(">Log in<"));
}

#[test]
fn only_an_unknown_path_is_not_found() {
    for path in EVERY_PAGE {
        assert_eq!(render(path, true).not_found, path == "/nowhere", "{path}");
    }
    assert!(render("/nowhere", false).html.contains("Page not found"));
}

#[test]
fn the_page_of_notes_is_there_only_where_a_service_is() {
    let with = render("/account", true).html;
    assert!(with.contains("data-notes-service=\"true\"") && with.contains("href=\"/notes\""));
    let without = render_without_notes("/account", true).html;
    assert!(without.contains("data-notes-service=\"false\""), "{without}");
    assert!(!without.contains("href=\"/notes\""), "{without}");
    for hint in [true, false] {
        let Rendered { html, not_found, redirect } = render_without_notes("/notes", hint);
        assert!(not_found && html.contains("Page not found"), "{html}");
        assert_eq!(redirect, None);
    }
}
