//! The device of a client, in words that its users know, from `User-Agent` and, if sent, client hints. Browsers and
//! systems are named from a fixed list; a program by its own name, truncated. Comparing devices is
//! [`device_change`](super::device_change)'s work.

mod agent;
mod hints;
pub(in crate::auth) mod products;

use shared::Device;

pub use hints::ClientHints;

/// The device of a browser or a program.
#[must_use]
pub fn device(user_agent: &str, hints: ClientHints<'_>) -> Device {
    let said = agent::read(user_agent);
    // Only Chromium browsers send hints; a hint beside another `User-Agent` proves no fact.
    if said.is_chromium { hints.refine(said.device) } else { said.device }
}

#[cfg(test)]
mod tests {
    use shared::DeviceKind;

    use super::*;

    fn named(user_agent: &str) -> String {
        device(user_agent, ClientHints::default()).to_string()
    }

    fn with_hints(user_agent: &str, brands: &str, platform: &str) -> String {
        let hints = ClientHints { brands: Some(brands), platform: Some(platform) };
        device(user_agent, hints).to_string()
    }

    const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";

    /// Programs of users and scripts, each with the name it gives itself.
    const PROGRAMS: &[(&str, &str)] = &[
        ("curl/8.5.0", "curl"),
        ("Wget/1.21.4", "Wget"),
        ("HTTPie/3.2.2", "HTTPie"),
        ("PostmanRuntime/7.39.0", "PostmanRuntime"),
        ("insomnia/9.2.0", "insomnia"),
        ("vscode-restclient", "vscode-restclient"),
        ("okhttp/4.12.0", "okhttp"),
        ("Apache-HttpClient/4.5.14 (Java/17)", "Apache-HttpClient"),
        ("Java-http-client/17.0.11", "Java-http-client"),
        ("Java/1.8.0_412", "Java"),
        ("Jersey/2.35 (HttpUrlConnection 17.0.2)", "Jersey"),
        ("ReactorNetty/1.1.19", "ReactorNetty"),
        ("ktor-client", "ktor-client"),
        ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", "Dalvik"),
        ("My App/1.0 CFNetwork/1494 Darwin/23.4.0", "My App"),
        ("My App/1.0 (com.example; build:1; iOS 17.5.0) Alamofire/5.9.1", "My App"),
        ("Dart/3.4 (dart:io)", "Dart"),
        ("axios/1.7.2", "axios"),
        ("node", "node"),
        ("undici", "undici"),
        ("node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "node-fetch"),
        ("got (https://github.com/sindresorhus/got)", "got"),
        ("Deno/1.44.0", "Deno"),
        ("Bun/1.1.13", "Bun"),
        ("Go-http-client/2.0", "Go-http-client"),
        ("fasthttp", "fasthttp"),
        ("python-requests/2.32.3", "python-requests"),
        ("python-httpx/0.27.0", "python-httpx"),
        ("Python-urllib/3.12", "Python-urllib"),
        ("Python/3.11 aiohttp/3.9.1", "Python"),
        ("GuzzleHttp/7", "GuzzleHttp"),
        ("Symfony HttpClient/Curl", "Symfony HttpClient"),
        ("libwww-perl/6.77", "libwww-perl"),
        ("Ruby", "Ruby"),
        ("Faraday v2.9", "Faraday"),
        ("rest-client/2.1.0 (linux x86_64) ruby/3.2.2p53", "rest-client"),
        ("reqwest/0.12.4", "reqwest"),
        ("hyper/1.3.1", "hyper"),
        ("ureq/2.9.7", "ureq"),
        ("RestSharp/111.2.0.0", "RestSharp"),
        ("lua-resty-http/0.17.1 (Lua) ngx_lua/10026", "lua-resty-http"),
        ("k6/0.51.0 (https://k6.io/)", "k6"),
        ("ApacheBench/2.3", "ApacheBench"),
        ("kube-probe/1.27", "kube-probe"),
        ("Prometheus/2.52.0", "Prometheus"),
        ("Boto3/1.34.0 md/Botocore#1.34.0 os/linux", "Boto3"),
        ("git/2.45.1", "git"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
    ];

    #[test]
    fn what_is_no_browser_is_a_program_named_by_what_stands_before_the_slash() {
        for (agent, name) in PROGRAMS {
            let found = device(agent, ClientHints::default());
            assert_eq!(
                (found.browser.as_str(), found.kind),
                (*name, DeviceKind::Program),
                "{agent}"
            );
            assert_eq!(found.os, shared::device::UNKNOWN);
        }
    }

    /// A `User-Agent` that begins like a browser's counts as one, even with a program's name in it.
    #[test]
    fn a_program_that_poses_as_a_browser_is_named_with_its_system() {
        let windows = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US)";
        for (product, name) in [
            ("WindowsPowerShell/5.1.19041.4412", "PowerShell on Windows"),
            ("PowerShell/7.4.2", "PowerShell on Windows"),
            ("SomethingElse/1.0", "an unknown browser on Windows"),
        ] {
            assert_eq!(named(&format!("{windows} {product}")), name, "{product}");
        }
    }

    #[test]
    fn a_name_of_a_programs_own_is_short_and_plain() {
        for nothing in ["", " ", "/", "/1.0", "%%%", "<b>x</b>/1", "123/4", "(x)", "\u{1f41f}/1"] {
            assert_eq!(device(nothing, ClientHints::default()), Device::unknown(), "{nothing:?}");
        }
        let long = device(&format!("{}/1", "a".repeat(1_000)), ClientHints::default());
        assert_eq!(long.browser, "a".repeat(32));
    }

    #[test]
    fn the_brand_names_a_browser_that_calls_itself_chrome() {
        let brands = |name| {
            format!("\"Chromium\";v=\"153\", \"Not(A;,Brand\";v=\"8\", \"{name}\";v=\"153\"")
        };
        for (brand, named) in [
            ("Google Chrome", "Chrome on Linux"),
            ("Brave", "Brave on Linux"),
            ("Vivaldi", "Vivaldi on Linux"),
            ("Microsoft Edge", "Edge on Linux"),
            ("A brand of another browser", "Chrome on Linux"),
        ] {
            assert_eq!(with_hints(CHROME, &brands(brand), "\"Linux\""), named, "{brand}");
        }
        let opera = format!("{CHROME} OPR/135.0.0.0");
        assert_eq!(with_hints(&opera, &brands("Google Chrome"), "\"Linux\""), "Opera on Linux");
    }

    #[test]
    fn the_platform_counts_more_than_the_user_agent_and_junk_counts_nothing() {
        let brands = "\"Google Chrome\";v=\"153\"";
        for (platform, named) in [
            ("\"Windows\"", "Chrome on Windows"),
            ("\"macOS\"", "Chrome on macOS"),
            ("\"Chrome OS\"", "Chrome on ChromeOS"),
            ("\"Android\"", "Chrome on Android"),
            ("\"\"", "Chrome on Linux"),
            ("Windows", "Chrome on Linux"),
            ("\"Windows", "Chrome on Linux"),
        ] {
            assert_eq!(with_hints(CHROME, brands, platform), named, "{platform}");
        }
        assert_eq!(with_hints(CHROME, "\"Brave\"; \"", "\"Linux\""), "Chrome on Linux");
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:156.0) Gecko/20100101 Firefox/156.0";
        assert_eq!(with_hints(firefox, "\"Brave\"", "\"Windows\""), "Firefox on Linux");
        assert_eq!(with_hints("curl/8.5.0", "\"Brave\"", "\"Windows\""), "curl");
    }

    #[test]
    fn a_product_is_a_word_and_not_a_part_of_one() {
        let plain = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) NotEdg/1 Chrome/1 Safari/1 (Edg/1)";
        assert_eq!(named(plain), "Chrome on Windows");
        assert_eq!(
            named("Opera/9.80 (Android; Opera Mini/36.2; U; id) Presto/2.12 Version/12.16"),
            "Opera on Android"
        );
        assert_eq!(
            named("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"),
            "Internet Explorer on Windows"
        );
    }
}
