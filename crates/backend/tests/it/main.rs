//! The server as its users meet it: browsers with cookie jars through the real router. The module
//! list is the table of contents of its behaviours. The only back door is the clock.

mod support;

mod access_token;
mod administration;
mod api_surface;
mod attack;
mod clock;
mod command_line;
mod configuration;
mod confirm;
mod connections;
mod cross_site;
mod device;
mod disk;
mod events;
mod forged;
mod guessing;
mod hashing;
mod headers;
mod key_ring;
mod lifetimes;
mod limits;
mod log;
mod login;
mod logout;
mod master_key;
mod network;
mod own_share;
mod postgres;
mod power_loss;
mod problems;
mod race;
mod refresh;
mod register;
mod replay;
mod retention;
mod revocation;
mod secrets;
mod services;
mod sessions;
mod settings;
mod site;
mod store_conformance;
mod store_failure;
mod suspicion;
