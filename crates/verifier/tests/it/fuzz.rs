//! The fuzz targets of this crate (`fuzz/targets`), with a bounded number of inputs.

#[path = "../../../../fuzz/targets/compact_token.rs"]
mod compact_token;
#[path = "../../../../fuzz/mutate.rs"]
mod mutate;
#[path = "../../../../fuzz/targets/strict_json.rs"]
mod strict_json;

#[test]
fn no_text_is_a_token_but_one_that_was_signed() {
    mutate::run("compact_token", 100_000, compact_token::check);
}

#[test]
fn json_that_is_accepted_says_one_thing_to_every_parser() {
    mutate::run("strict_json", 25_000, strict_json::check);
}
