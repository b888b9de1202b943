//! Two servers over one SQLite file, as `serve` opens it: neither keeps from the other what it has answered.

use serde_json::json;
use shared::path::{self, REFRESH_COOKIE};

use crate::support::PASSWORD;
use crate::support::program::{Serving, folder, request};

fn refresh_token(answer: &str) -> String {
    let cookie = format!("set-cookie: {REFRESH_COOKIE}=");
    let cookie = answer.lines().find_map(|line| line.strip_prefix(&cookie));
    let value = cookie.unwrap_or_else(|| panic!("no refresh token: {answer}"));
    value.split(';').next().unwrap_or_default().to_owned()
}

fn refresh(server: &Serving, token: &str) -> String {
    let cookie = format!("{REFRESH_COOKIE}={token}");
    server.ask(&request("POST", path::REFRESH, &[("cookie", &cookie)], ""))
}

fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

/// A ticket that one of them has accepted is replayed at the other a moment later.
fn assert_they_know_of_each_other(one: &Serving, other: &Serving, name: &str) {
    let body = json!({"email": format!("{name}@example.com"), "password": PASSWORD}).to_string();
    let answer = one.ask(&request("POST", path::REGISTER, &[], &body));
    assert_status(&answer, 201);
    let mut token = refresh_token(&answer);
    for server in [one, other, one, one, other, other] {
        let answer = refresh(server, &token);
        assert_status(&answer, 200);
        token = refresh_token(&answer);
    }
    let answer = refresh(one, &token);
    assert_status(&answer, 200);
    assert_status(&refresh(other, &token), 401);
    assert_status(&refresh(one, &refresh_token(&answer)), 401);
}

#[test]
fn a_server_that_made_the_file_and_one_that_found_it() {
    let folder = folder();
    let [one, other] = [(); 2].map(|()| Serving::start(folder.path()));
    assert_they_know_of_each_other(&one, &other, "alice");
    assert_they_know_of_each_other(&other, &one, "bob");
}

#[test]
fn two_servers_that_found_the_file() {
    let folder = folder();
    drop(Serving::start(folder.path()));
    let [one, other] = [(); 2].map(|()| Serving::start(folder.path()));
    assert_they_know_of_each_other(&one, &other, "alice");
    drop(one);
    let one = Serving::start(folder.path());
    assert_they_know_of_each_other(&one, &other, "bob");
}
