//! Every path of the contract is written once, in `crates/shared/src/path.rs`: the router, of Baton or of the service
//! it belongs to, and the client use the constant, and a test requests it.

use super::source::is_name_part;
use super::tree::{File, Finding, Tree};

const CONSTANTS: &str = "crates/shared/src/path.rs";

/// Paths under `/api` that the browser's code does not call, and paths for services and native clients.
const SERVER_ONLY: [&str; 7] =
    ["JWKS", "HEALTH_LIVE", "HEALTH_READY", "REVOKE", "INTROSPECT", "NATIVE_LOGIN", "TOKEN"];

/// Paths of other services, with their sources.
const SERVICE_PATHS: [(&str, &str); 1] = [("NOTES", "crates/notes/src")];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(file) = tree.file(CONSTANTS) else { return findings };
    for (index, line) in file.text.lines().enumerate() {
        let Some((name, path)) = path_constant(line) else { continue };
        let mut find = |message| findings.push(Finding::new(CONSTANTS, index + 1, message));
        // The routes of pages are declared with the pages; the server takes their list from Leptos.
        let page = name.ends_with("_PAGE");
        let service = SERVICE_PATHS.iter().find(|(of_a_service, _)| *of_a_service == name);
        let server = service.map_or("crates/backend/src", |(_, source)| source);
        if !page && !tree.under(&format!("{server}/")).any(|file| uses(file, name)) {
            find(format!("{path}: {server} never uses path::{name}"));
        }
        let api = path.starts_with("/api") && !SERVER_ONLY.contains(&name);
        let for_browser = page || api;
        if for_browser && !tree.under("crates/frontend/src/").any(|file| uses(file, name)) {
            find(format!("{path}: crates/frontend/src never uses path::{name}"));
        }
        let mut tests = tree.under("crates/backend/tests/").chain(tree.under("end2end/"));
        if !tests.any(|file| uses(file, name) || requests(&file.text, path)) {
            find(format!("{path}: no test in crates/backend/tests or end2end speaks to it"));
        }
    }
    findings
}

/// `pub const LOGIN: &str = "/api/auth/login";` is `LOGIN` with its path.
fn path_constant(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
    let path = value.strip_suffix("\";")?;
    path.starts_with('/').then_some((name, path))
}

/// Whether the file's code names `path::NAME`, or imports it as `path::{…, NAME, …}`.
fn uses(file: &File, name: &str) -> bool {
    let Some(source) = &file.source else { return false };
    source.code.split("path::").skip(1).any(|rest| {
        let group = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        let mut words = group.unwrap_or(rest).split(|character| !is_name_part(character));
        match group {
            Some(_) => words.any(|word| word == name),
            None => words.next() == Some(name),
        }
    })
}

/// Whether a string in `text` is this path, or begins or ends with it.
fn requests(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + path.len()..].chars().next();
        before.is_some_and(|it| matches!(it, '"' | '\'' | '`' | '}'))
            && after.is_some_and(|it| matches!(it, '"' | '\'' | '`' | '?' | '#'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: (&str, &str) = (CONSTANTS, "pub const LOGIN: &str = \"/api/auth/login\";\n");
    const ROUTER: (&str, &str) = ("crates/backend/src/router.rs", "f(path::LOGIN)");
    const CLIENT: (&str, &str) = ("crates/frontend/src/api.rs", "f(shared::path::LOGIN)");
    const TEST: (&str, &str) = ("end2end/login.spec.ts", "post(`${base}/api/auth/login`)");

    #[test]
    fn a_path_that_router_client_and_test_use_passes() {
        assert_eq!(check(&Tree::of(&[LOGIN, ROUTER, CLIENT, TEST])), []);
    }

    #[test]
    fn each_missing_use_is_found() {
        assert_eq!(check(&Tree::of(&[LOGIN])).len(), 3);
        assert_eq!(check(&Tree::of(&[LOGIN, ROUTER, CLIENT])).len(), 1);
        let literal = ("crates/backend/src/router.rs", "f(\"/api/auth/login\")");
        assert_eq!(check(&Tree::of(&[LOGIN, literal, CLIENT, TEST])).len(), 1);
        let longer = ("crates/frontend/src/api.rs", "f(path::LOGIN_PAGE)");
        assert_eq!(check(&Tree::of(&[LOGIN, ROUTER, longer, TEST])).len(), 1);
    }

    #[test]
    fn a_service_path_needs_no_client_and_a_name_is_no_path() {
        let constants =
            "pub const JWKS: &str = \"/jwks.json\";\npub const NEXT: &str = \"next\";\n";
        let router = ("crates/backend/src/router.rs", "f(path::JWKS)");
        let test = ("crates/backend/tests/it/jwks.rs", "get(path::JWKS)");
        assert_eq!(check(&Tree::of(&[(CONSTANTS, constants), router, test])), []);
        assert_eq!(check(&Tree::of(&[(CONSTANTS, constants), test])).len(), 1);
    }

    #[test]
    fn a_service_has_its_paths_to_itself() {
        let constants = (CONSTANTS, "pub const NOTES: &str = \"/api/notes\";\n");
        let client = ("crates/frontend/src/api.rs", "f(path::NOTES)");
        let test = ("end2end/notes.spec.ts", "goto('/api/notes')");
        let service = ("crates/notes/src/router.rs", "f(path::NOTES)");
        assert_eq!(check(&Tree::of(&[constants, client, test, service])), []);
        let backend = ("crates/backend/src/router.rs", "f(path::NOTES)");
        assert_eq!(check(&Tree::of(&[constants, client, test, backend])).len(), 1);
    }

    #[test]
    fn a_page_belongs_to_the_browser() {
        let constants = (CONSTANTS, "pub const LOGIN_PAGE: &str = \"/login\";\n");
        let test = ("end2end/login.spec.ts", "goto('/login')");
        let page = ("crates/frontend/src/app.rs", "use shared::path::{HOME_PAGE, LOGIN_PAGE};");
        assert_eq!(check(&Tree::of(&[constants, test, page])), []);
        assert_eq!(check(&Tree::of(&[constants, test])).len(), 1);
    }

    #[test]
    fn a_page_is_not_found_inside_a_longer_path() {
        assert!(requests("goto('/login')", "/login"));
        assert!(!requests("post('/api/auth/login')", "/login"));
        assert!(!requests("goto('/login')", "/"));
        assert!(requests("goto('/')", "/"));
    }
}
