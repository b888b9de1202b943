//! The fuzz target of this crate (`fuzz/targets`), with a bounded number of inputs.

#[path = "../../../../fuzz/mutate.rs"]
mod mutate;
#[path = "../../../../fuzz/targets/ticket.rs"]
mod ticket;

#[test]
fn a_ticket_has_one_spelling_and_one_key() {
    mutate::run("ticket", 100_000, ticket::check);
}
