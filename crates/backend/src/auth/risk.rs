//! What is unusual about where a session goes on, and what to do about it. It must not end anything:
//! it says what policy asks for. An address is a signal, never an identity; mobile and VPN users move.

use std::net::IpAddr;

use clap::ValueEnum;
use shared::{EventKind, NumericDate};

use super::device_change::{DeviceChange, compare};
use crate::store::{ClientInfo, Session};

/// What policy asks for when something is unusual, in the order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum RiskAction {
    /// Nothing.
    Off,
    /// It is recorded, and the session goes on.
    Log,
    /// The user has to give the password before the session goes on.
    Confirm,
    /// The session ends.
    End,
}

/// What policy asks for, by signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskPolicy {
    /// A session goes on from another network.
    pub network: RiskAction,
    /// A session wants to go on on another kind of device or in another browser.
    pub device: RiskAction,
    /// A session goes on from another network and on another device, sooner than anybody travels.
    pub gap: RiskAction,
}

impl Default for RiskPolicy {
    fn default() -> Self {
        Self { network: RiskAction::Log, device: RiskAction::Confirm, gap: RiskAction::Log }
    }
}

/// What was found, and what policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskAssessment {
    /// The events to record, none if nothing is unusual.
    pub signals: Vec<EventKind>,
    /// The most severe of what policy asks for.
    pub action: RiskAction,
}

/// Sooner than this nobody is elsewhere with another device.
const GAP_SECONDS: i64 = 60;

/// Compares where a session was seen last with where it is seen now.
#[must_use]
pub fn assess(
    session: &Session,
    client: &ClientInfo,
    now: NumericDate,
    policy: RiskPolicy,
) -> RiskAssessment {
    let (before, after) = (&session.client, client);
    // Where nothing was known before, nothing can have changed.
    let moved = before.address.is_some() && network(before.address) != network(after.address);
    let change = compare(&before.device, &after.device);
    let other_device = change == DeviceChange::Device;
    let soon = now.since(session.family.accepted_at) < GAP_SECONDS;
    let found = [
        (moved, EventKind::NetworkChanged, policy.network),
        (other_device, EventKind::DeviceChanged, policy.device),
        // No other device, but worth a line: a thief may say so.
        (
            change == DeviceChange::DesktopSite,
            EventKind::DesktopSite,
            policy.device.min(RiskAction::Log),
        ),
        (moved && other_device && soon, EventKind::ImpossibleGap, policy.gap),
    ];
    let found = found.into_iter().filter(|(is_so, _, action)| *is_so && *action != RiskAction::Off);
    let mut risk = RiskAssessment { signals: Vec::new(), action: RiskAction::Off };
    for (_, signal, action) in found {
        risk.signals.push(signal);
        risk.action = risk.action.max(action);
    }
    risk
}

/// What addresses are compared by: an IPv4 address as it is; of an IPv6 address the /64, because a
/// machine changes the rest of it by itself (RFC 8981).
#[must_use]
pub fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & (u128::MAX << 64);
            std::net::Ipv6Addr::from(prefix).into()
        }
    })
}
