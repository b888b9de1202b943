//! The fuzz targets of this crate (`fuzz/targets`), with a bounded number of inputs.

#[path = "../../../../fuzz/targets/cookie.rs"]
mod cookie;
#[path = "../../../../fuzz/targets/form.rs"]
mod form;
#[path = "../../../../fuzz/targets/forwarded_for.rs"]
mod forwarded_for;
#[path = "../../../../fuzz/mutate.rs"]
mod mutate;

#[test]
fn a_forged_forwarding_header_moves_no_client() {
    mutate::run("forwarded_for", 100_000, forwarded_for::check);
}

#[test]
fn a_form_has_each_parameter_once_or_is_refused() {
    mutate::run("form", 100_000, form::check);
}

#[test]
fn other_programs_cookies_never_hide_ours() {
    mutate::run("cookie", 100_000, cookie::check);
}
