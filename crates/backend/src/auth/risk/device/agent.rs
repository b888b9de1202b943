//! `User-Agent` (RFC 9110 section 10.1.5): products, each a name, a slash and a version, and comments in parentheses.
//! Versions are ignored.

use shared::device::UNKNOWN;
use shared::{Device, DeviceKind};

use super::products::{
    ANDROID_BROWSER, BROWSERS, CHROME, IN_APP_BROWSER, INTERNET_EXPLORER, SAFARI, SYSTEMS, WEBKIT,
    kind_of,
};

/// A program's name is truncated to this: it is stored, logged and shown.
const NAME_CHARACTERS: usize = 32;

/// A parsed `User-Agent`.
pub(super) struct Said {
    pub(super) device: Device,
    /// Whether it is a browser that may send client hints.
    pub(super) is_chromium: bool,
}

pub(super) fn read(user_agent: &str) -> Said {
    let is_browser = ["Mozilla/", "Opera/"].iter().any(|start| user_agent.starts_with(start));
    if !is_browser {
        return Said { device: program(before_slash(user_agent)), is_chromium: false };
    }
    let (products, comments) = parts(user_agent);
    if let Some(crawler) = comments.iter().find_map(|comment| crawler(comment)) {
        return Said { device: program(crawler), is_chromium: false };
    }
    let comment = comments.first().copied().unwrap_or_default();
    let system = SYSTEMS.iter().find(|system| comment.contains(system.sign));
    let os = system.map_or(UNKNOWN, |system| system.name);
    let browser = browser(&products, comment, os).unwrap_or_else(|| UNKNOWN.to_owned());
    let kind = if comment.contains("TV") { DeviceKind::Appliance } else { kind_of(os) };
    let is_chromium = products.iter().any(|product| ["Chrome", "Chromium"].contains(product));
    Said { device: Device { browser, os: os.to_owned(), kind }, is_chromium }
}

fn program(name: &str) -> Device {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._-+".contains(c);
    let name = name.trim();
    if !name.chars().all(is_plain) || !name.contains(|c: char| c.is_ascii_alphabetic()) {
        return Device::unknown();
    }
    let browser: String = name.chars().take(NAME_CHARACTERS).collect();
    Device { browser, os: UNKNOWN.to_owned(), kind: DeviceKind::Program }
}

/// `My App` of `My App/1.0 (a comment)`; the first word, if there is no version.
fn before_slash(user_agent: &str) -> &str {
    let head = user_agent.split(['(', ';', ',']).next().unwrap_or_default().trim();
    match head.split_once('/') {
        Some((name, _)) => name,
        None => head.split(' ').next().unwrap_or_default(),
    }
}

/// `Googlebot` of `compatible; Googlebot/2.1; +http://…`.
fn crawler(comment: &str) -> Option<&str> {
    let named = comment.strip_prefix("compatible; ").filter(|named| !named.starts_with("MSIE"))?;
    Some(before_slash(named))
}

/// The names of products, and the comments, each in their order.
fn parts(user_agent: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut products, mut comments) = (Vec::new(), Vec::new());
    let mut rest = user_agent;
    while !rest.is_empty() {
        let (before, after) = rest.split_once('(').unwrap_or((rest, ""));
        let words = before.split_whitespace();
        products.extend(words.map(|word| word.split('/').next().unwrap_or_default()));
        let (comment, after) = after.split_once(')').unwrap_or((after, ""));
        if !comment.is_empty() {
            comments.push(comment);
        }
        rest = after;
    }
    (products, comments)
}

fn browser(products: &[&str], comment: &str, os: &str) -> Option<String> {
    let has = |product| products.contains(&product);
    let named = BROWSERS.iter().find(|browser| browser.products.iter().any(|&it| has(it)));
    let is_apples = ["iPhone", "iPad", "iPod", "macOS"].contains(&os);
    let name = match named.map(|browser| browser.name) {
        Some(CHROME) if has("Electron") => return app(products),
        Some(CHROME) if comment.ends_with("; wv") => IN_APP_BROWSER,
        Some(name) => name,
        None if comment.contains("MSIE ") || comment.contains("Trident/") => INTERNET_EXPLORER,
        None if has("Safari") && is_apples => SAFARI,
        None if has("Safari") && os == "Android" => ANDROID_BROWSER,
        None if has("Safari") && os == "Linux" => WEBKIT,
        // A browser names itself; a WebKit view in an app does not.
        None if has("AppleWebKit") && is_apples => IN_APP_BROWSER,
        None => return None,
    };
    Some(name.to_owned())
}

/// An Electron app names itself before the Chrome that it bundles.
fn app(products: &[&str]) -> Option<String> {
    let chrome = products.iter().position(|product| *product == CHROME)?;
    let own = products[..chrome].iter().rev().find(|it| !["AppleWebKit", "Mozilla"].contains(it));
    let named = program(own.copied().unwrap_or("Electron app"));
    let mut name = named.browser.chars();
    name.next().map(|first| first.to_uppercase().chain(name).collect())
}
