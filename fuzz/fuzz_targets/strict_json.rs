//! `targets/strict_json.rs` under libFuzzer.
#![no_main]

#[path = "../targets/strict_json.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|input: &[u8]| target::check(input));
