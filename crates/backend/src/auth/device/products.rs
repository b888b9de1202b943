//! Browsers and systems by the words that `User-Agent` has for them, and by the names that their users have. It must not
//! know how the words are found.

use shared::DeviceKind::{self, Appliance, Desktop, Mobile};

/// A browser, and by what it is known.
pub(in crate::auth) struct Browser {
    /// What its users call it.
    pub(in crate::auth) name: &'static str,
    /// Its products, as they stand before the slash.
    pub(super) products: &'static [&'static str],
    /// What it was called by the crate that named devices before: labels of that time are in the database.
    pub(in crate::auth) formerly: &'static [&'static str],
}

const fn browser(
    name: &'static str,
    products: &'static [&'static str],
    formerly: &'static [&'static str],
) -> Browser {
    Browser { name, products, formerly }
}

/// Of two that a `User-Agent` names, the first here is meant: a browser names those that it is made of as well.
pub(in crate::auth) const BROWSERS: &[Browser] = &[
    browser("Facebook", &["[FBAN", "[FB_IAB"], IN_APP),
    browser("Instagram", &["Instagram"], IN_APP),
    browser("LINE", &["Line"], IN_APP),
    browser("WeChat", &["MicroMessenger"], IN_APP),
    browser("Snapchat", &["Snapchat"], IN_APP),
    browser("TikTok", &["musical_ly", "BytedanceWebview"], IN_APP),
    browser("Google app", &["GSA"], &["Google Search App", "Webview"]),
    browser("Edge", &["Edg", "EdgA", "EdgiOS", "Edge"], &["Chrome"]),
    browser("Opera GX", &["OPX"], &["Safari"]),
    browser("Opera", &["OPR", "OPT", "OPiOS", "Opera"], &["Chrome", "Safari"]),
    browser("Samsung Internet", &["SamsungBrowser"], &["SamsungBrowser"]),
    browser("Yandex Browser", &["YaBrowser"], &["Safari"]),
    browser("Vivaldi", &["Vivaldi"], &["Chrome"]),
    browser("Brave", &["Brave"], &["Chrome", "Safari"]),
    browser("DuckDuckGo", &["Ddg", "DuckDuckGo"], &["Chrome", "Safari"]),
    browser("UC Browser", &["UCBrowser"], &["Chrome", "Safari"]),
    browser("Mi Browser", &["MiuiBrowser"], &["Chrome"]),
    browser("Huawei Browser", &["HuaweiBrowser"], &["Chrome"]),
    browser("HeyTap Browser", &["HeyTapBrowser"], &["Chrome"]),
    browser("vivo Browser", &["VivoBrowser"], &["Chrome"]),
    browser("QQ Browser", &["MQQBrowser", "QQBrowser"], &["Chrome", "Safari"]),
    browser("Whale", &["Whale"], &["Chrome", "Safari"]),
    browser("Silk", &["Silk"], &["Chrome"]),
    browser("Firefox Focus", &["Focus", "Klar"], &["Firefox", "Safari"]),
    browser("SeaMonkey", &["SeaMonkey"], &["Firefox"]),
    browser("Pale Moon", &["PaleMoon"], &["Firefox"]),
    browser("LibreWolf", &["LibreWolf"], &["Firefox"]),
    browser("Waterfox", &["Waterfox"], &["Firefox"]),
    browser("Firefox", &["FxiOS", "Firefox"], &[]),
    browser("GNOME Web", &["Epiphany"], &["Safari"]),
    browser("PowerShell", &["PowerShell", "WindowsPowerShell"], &[]),
    browser("Chromium", &["Chromium"], &["Chrome"]),
    browser(CHROME, &["CriOS", "HeadlessChrome", "Chrome"], &[]),
    // These have no product of their own.
    browser(SAFARI, &[], &[]),
    browser(INTERNET_EXPLORER, &[], &[]),
    browser(IN_APP_BROWSER, &[], &["Webview", "Chrome", "Safari"]),
    browser(ANDROID_BROWSER, &[], &["Safari"]),
    browser(WEBKIT, &[], &["Safari"]),
];

const IN_APP: &[&str] = &["Webview", "Chrome", "Safari"];

pub(in crate::auth) const CHROME: &str = "Chrome";
pub(super) const SAFARI: &str = "Safari";
pub(super) const INTERNET_EXPLORER: &str = "Internet Explorer";
/// A page that an app shows, which does not say which app.
pub(super) const IN_APP_BROWSER: &str = "In-app browser";
/// Android's own, before Chrome was.
pub(super) const ANDROID_BROWSER: &str = "Android browser";
/// WebKit on a system that has no Safari.
pub(super) const WEBKIT: &str = "WebKit browser";

/// Browsers whose `User-Agent` is Chrome's: only hints tell them apart, and hints may be missing.
pub(in crate::auth) const ONLY_HINTED: &[&str] = &["Brave", "Vivaldi"];

/// Brands (`Sec-CH-UA`) and the browsers that they name. Chromium's own and Chrome's name nothing that `User-Agent` does
/// not.
pub(super) const BRANDS: &[(&str, &str)] = &[
    ("Brave", "Brave"),
    ("Vivaldi", "Vivaldi"),
    ("Microsoft Edge", "Edge"),
    ("Opera", "Opera"),
    ("Opera GX", "Opera GX"),
    ("YaBrowser", "Yandex Browser"),
    ("Yandex", "Yandex Browser"),
    ("Samsung Internet", "Samsung Internet"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("NAVER Whale", "Whale"),
    ("Whale", "Whale"),
    ("Android WebView", IN_APP_BROWSER),
    ("Microsoft Edge WebView2", IN_APP_BROWSER),
];

/// Platforms (`Sec-CH-UA-Platform`) and the systems that they name.
pub(super) const PLATFORMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("macOS", "macOS"),
    ("Linux", "Linux"),
    ("Android", "Android"),
    ("Chrome OS", "ChromeOS"),
    ("Chromium OS", "ChromeOS"),
];

/// A system, and by what it is known.
pub(super) struct System {
    /// A part of the comment in `User-Agent`.
    pub(super) sign: &'static str,
    /// What its users call it.
    pub(super) name: &'static str,
    /// What it runs on.
    pub(super) kind: DeviceKind,
}

const fn system(sign: &'static str, name: &'static str, kind: DeviceKind) -> System {
    System { sign, name, kind }
}

/// Of two that a comment names, the first here is meant.
pub(super) const SYSTEMS: &[System] = &[
    system("Windows Phone", "Windows Phone", Mobile),
    system("Xbox", "Xbox", Appliance),
    // Windows 11 says 10: the number tells nothing.
    system("Windows", "Windows", Desktop),
    system("iPhone", "iPhone", Mobile),
    system("iPad", "iPad", Mobile),
    system("iPod", "iPod", Mobile),
    system("AppleTV", "Apple TV", Appliance),
    system("Apple TV", "Apple TV", Appliance),
    system("Macintosh", "macOS", Desktop),
    system("CrOS", "ChromeOS", Desktop),
    system("PlayStation", "PlayStation", Appliance),
    system("Nintendo", "Nintendo", Appliance),
    system("Tizen", "Tizen", Appliance),
    system("Web0S", "webOS", Appliance),
    system("KAIOS", "KaiOS", Mobile),
    system("HarmonyOS", "HarmonyOS", Mobile),
    system("Android", "Android", Mobile),
    system("FreeBSD", "FreeBSD", Desktop),
    system("OpenBSD", "OpenBSD", Desktop),
    system("NetBSD", "NetBSD", Desktop),
    system("Linux", "Linux", Desktop),
];
