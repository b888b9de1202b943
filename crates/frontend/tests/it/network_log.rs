//! The network log of the account page: short, in order, and without room for a credential.

use frontend::session::network_log::NetworkLog;

#[test]
fn only_the_last_few_exchanges_are_kept_oldest_first() {
    let mut log = NetworkLog::default();
    for status in 200..220 {
        log.push("GET", "/api/me", Some(status));
    }
    let statuses: Vec<_> = log.exchanges().iter().filter_map(|it| it.status).collect();
    assert_eq!(statuses, (211..220).collect::<Vec<u16>>());
    assert_eq!(log.exchanges().last().map(|it| it.number), Some(20));
}

#[test]
fn a_call_without_an_answer_has_no_status() {
    let mut log = NetworkLog::default();
    log.push("POST", "/api/auth/refresh", None);
    assert_eq!(log.exchanges()[0].status, None);
}

#[test]
fn what_follows_a_question_mark_is_not_kept() {
    let mut log = NetworkLog::default();
    log.push("GET", "/api/events?before=0198", Some(200));
    assert_eq!(log.exchanges()[0].path, "/api/events");
}
