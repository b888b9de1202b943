//! A server and its browsers. `TestApp` is the real router over a fresh store; `Browser` is a cookie
//! jar with verbs; `Answer` is a whole response with assertions.

mod answer;
mod app;
mod browser;
mod faulty;

pub(crate) use answer::Answer;
pub(crate) use app::{ORIGIN, PASSWORD, START, TestApp, on_every_store, settings, stores};
pub(crate) use browser::Browser;
pub(crate) use faulty::Faulty;
