//! A server and its browsers. `TestApp` is the real router over a fresh store; `Browser` is a cookie jar with verbs;
//! `Answer` is a whole response with assertions.

mod answer;
mod app;
mod browser;
pub(crate) mod commands;
mod faulty;
mod log;
mod place;
pub(crate) mod program;
mod relay;
pub(crate) mod terminal;

pub(crate) use answer::Answer;
pub(crate) use app::{
    ORIGIN, PASSWORD, START, TestApp, on_every_store, on_every_store_with, settings, stores,
};
pub(crate) use browser::{Browser, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, SAFARI_ON_MAC};
pub(crate) use faulty::{Faulty, Frozen, SubscriptionState};
pub(crate) use log::Log;
pub(crate) use place::{Place, Schema};
pub(crate) use relay::Relay;
