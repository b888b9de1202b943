//! The names of the most common browsers as their users know them, and the labels that earlier versions have stored.

use backend::auth::risk::device::{ClientHints, device};
use backend::auth::risk::device_change::{DeviceChange, compare};
use shared::{Device, DeviceKind};

/// One line for each; the first lines name the columns.
pub(crate) const USER_AGENTS: &str = include_str!("user-agents.tsv");

pub(crate) struct Named {
    pub(crate) today: Device,
    pub(crate) formerly: Device,
    pub(crate) agent: &'static str,
}

pub(crate) fn all() -> Vec<Named> {
    let lines = USER_AGENTS.lines().filter(|line| !line.starts_with('#'));
    let named = lines.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [browser, os, kind, former_browser, former_os, former_kind, agent] = columns[..] else {
            panic!("seven columns: {line}")
        };
        let device = |browser: &str, os: &str, kind| Device {
            browser: browser.to_owned(),
            os: os.to_owned(),
            kind: DeviceKind::named(kind),
        };
        let today = device(browser, os, kind);
        Named { today, formerly: device(former_browser, former_os, former_kind), agent }
    });
    named.collect()
}

fn said(agent: &str) -> Device {
    device(agent, ClientHints::default())
}

#[test]
fn the_most_common_browsers_are_named_as_their_users_would() {
    let all = all();
    assert!(all.len() >= 150, "{}", all.len());
    for Named { today, agent, .. } in all {
        assert_eq!(said(agent), today, "{agent}");
    }
}

#[test]
fn a_label_of_an_earlier_version_is_no_other_device() {
    for Named { today, formerly, agent } in all() {
        assert_eq!(compare(&formerly, &today), DeviceChange::None, "{formerly:?} {agent}");
        assert_eq!(compare(&today, &today), DeviceChange::None);
    }
    // Earlier versions knew the names of few programs.
    for (browser, os, kind) in [
        ("HTTP Library", "unknown", DeviceKind::Program),
        ("unknown", "unknown", DeviceKind::Unknown),
        ("unknown", "Android", DeviceKind::Mobile),
        ("unknown", "iOS", DeviceKind::Mobile),
    ] {
        let formerly = Device { browser: browser.to_owned(), os: os.to_owned(), kind };
        assert_eq!(compare(&formerly, &said("okhttp/4.12.0")), DeviceChange::None, "{formerly:?}");
    }
    let bsd = Device { os: "BSD".to_owned(), ..said(FIREFOX_ON_BSD) };
    assert_eq!(compare(&bsd, &said(FIREFOX_ON_BSD)), DeviceChange::None);
}

const FIREFOX_ON_BSD: &str =
    "Mozilla/5.0 (X11; FreeBSD amd64; rv:156.0) Gecko/20100101 Firefox/156.0";

/// For all pairs: a different name is another device, unless one name is a former label of the other or the browser
/// asked for the desktop version.
#[test]
fn another_browser_or_system_is_another_device() {
    let all = all();
    let mut others = 0;
    for one in &all {
        for other in &all {
            let change = compare(&one.today, &other.today);
            if one.today == other.today {
                assert_eq!(change, DeviceChange::None);
            }
            if one.today.os != other.today.os {
                assert_ne!(change, DeviceChange::None, "{} {}", one.agent, other.agent);
            }
            others += usize::from(change == DeviceChange::Device);
        }
    }
    assert!(others * 2 > all.len() * all.len(), "{others}");
    for (before, after) in [
        ("Firefox/156.0", "Chrome/153.0.0.0 Safari/537.36"),
        ("Chrome/153.0.0.0 Safari/537.36", "Firefox/156.0"),
        ("Chrome/153.0.0.0 Safari/537.36 Edg/153.0.0.0", "Chrome/153.0.0.0 Safari/537.36"),
    ] {
        let on_windows =
            |browser| said(&format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {browser}"));
        assert_eq!(
            compare(&on_windows(before), &on_windows(after)),
            DeviceChange::Device,
            "{before}"
        );
    }
    assert_eq!(compare(&said("okhttp/4.12.0"), &said("axios/1.7.2")), DeviceChange::Device);
    // Fewer details than before are another device, and so is another system without a known browser.
    let [chrome, bare] = ["Chrome/153.0.0.0 Safari/537.36", "AppleWebKit/537.36"]
        .map(|rest| said(&format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {rest}")));
    assert_eq!(compare(&chrome, &bare), DeviceChange::Device);
    let [tablet, computer] = ["Linux; Android 14", "X11; Linux x86_64"]
        .map(|comment| said(&format!("Mozilla/5.0 ({comment}) AppleWebKit/537.36")));
    assert_eq!(compare(&tablet, &computer), DeviceChange::Device);
    assert_eq!(compare(&said(FIREFOX_ON_BSD), &said("curl/8.5.0")), DeviceChange::Device);
    assert_eq!(compare(&said(FIREFOX_ON_BSD), &Device::unknown()), DeviceChange::Device);
}

/// Brave is Chrome but for its client hints, which a proxy may remove.
#[test]
fn a_browser_without_its_hints_is_the_same() {
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
    let hints = ClientHints { brands: Some("\"Brave\";v=\"153\""), platform: Some("\"Windows\"") };
    let (hinted, bare) = (device(agent, hints), said(agent));
    assert_eq!((hinted.browser.as_str(), bare.browser.as_str()), ("Brave", "Chrome"));
    for (before, after) in [(&hinted, &bare), (&bare, &hinted)] {
        assert_eq!(compare(before, after), DeviceChange::None);
    }
}
