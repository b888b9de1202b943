//! `targets/cookie.rs` under libFuzzer.
#![no_main]

#[path = "../targets/cookie.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|input: &[u8]| target::check(input));
