//! `cargo xtask browsers`: the main path in Firefox and WebKitGTK, over https, what WebKit displays over http, and
//! the first load in these and Chromium.
//! Not part of `test` and `ci`; docs/testing.md states how long it takes.

use crate::https::certificate;
use crate::tools::{chromium, node, other_browsers};
use crate::workspace::Workspace;
use crate::{build, process, report};
use anyhow::Result;
use rustls::pki_types::UnixTime;

/// Installs missing browsers, builds, and runs both.
pub(crate) fn browsers(workspace: &Workspace) -> Result<()> {
    node::ensure_packages(workspace)?;
    let (browsers, chromium) = (other_browsers::ensure(workspace)?, chromium::ensure(workspace)?);
    build::site_and_program(workspace, false)?;
    let certificate = certificate::ensure(&certificate::folder(workspace), UnixTime::now())?;
    report::heading("Firefox and WebKitGTK: register, expiry, reload, two tabs, logout, replay");
    let mut playwright = process::command(workspace, "playwright");
    playwright.current_dir(workspace.end2end()).args(["test", "-c", "browsers"]);
    playwright.env("BATON_BINARY", workspace.program(false));
    playwright.env("BATON_SITE", workspace.site());
    playwright.env("BATON_CERTIFICATE", certificate.file());
    playwright.env("BATON_CERTIFICATE_KEY", certificate.key_file());
    playwright.env(chromium::VARIABLE, &chromium);
    playwright.env("BATON_FIREFOX", &browsers.firefox);
    playwright.env("BATON_WEBKIT_DRIVER", &browsers.webkit_driver);
    playwright.env("BATON_MINIBROWSER", &browsers.minibrowser);
    playwright.env("BATON_XVFB", &browsers.xvfb);
    process::run(&mut playwright)
}
