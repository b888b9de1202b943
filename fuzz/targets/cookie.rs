//! Fuzz target: the header `Cookie`. Whatever other programs' cookies look like, the refresh cookie is found, once
//! for each time it stands there; and a list of devices has one spelling.

use axum::extract::FromRequestParts as _;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue, Request};
use backend::http::cookie;
use backend::http::guard::Devices;
use futures_util::FutureExt as _;
use shared::path::{DEVICES_COOKIE, REFRESH_COOKIE};

/// Each line of `input` is one header line.
pub(crate) fn check(input: &[u8]) {
    let lines: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let before = refresh_tokens(&lines).len();
    for place in 0..lines.len() {
        let mut with_ours = lines.clone();
        if HeaderValue::from_bytes(&with_ours[place]).is_err() {
            continue;
        }
        with_ours[place].extend(format!("; {REFRESH_COOKIE}=ours").into_bytes());
        let found = refresh_tokens(&with_ours);
        assert!(found.iter().any(|value| value == "ours"), "other cookies hide ours");
        assert_eq!(found.len(), before + 1);
    }
    devices(&lines);
}

fn refresh_tokens(lines: &[Vec<u8>]) -> Vec<String> {
    let headers = headers(lines);
    let values = cookie::values(&headers, REFRESH_COOKIE);
    values.inspect(|value| assert!(!value.contains(';'))).map(str::to_owned).collect()
}

/// The list that was read is the one that a browser with this list alone would send.
fn devices(lines: &[Vec<u8>]) {
    if let Some(list) = encoded_list(headers(lines)) {
        let alone = vec![format!("{DEVICES_COOKIE}={list}").into_bytes()];
        assert_eq!(encoded_list(headers(&alone)), Some(list));
    }
}

fn encoded_list(headers: HeaderMap) -> Option<String> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers;
    let devices = Devices::from_request_parts(&mut parts, &()).now_or_never();
    let Some(Ok(Devices(presented))) = devices else { panic!("it waits") };
    presented.list.encode().map(|list| list.expose().to_owned())
}

fn headers(lines: &[Vec<u8>]) -> HeaderMap {
    let values = lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok());
    values.map(|value| (COOKIE, value)).collect()
}
