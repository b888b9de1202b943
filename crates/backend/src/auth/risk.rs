//! Risk signals: assesses the address and device with which a session continues, and which action policy demands. An
//! address is a signal, never an identity; mobile and VPN users move.

pub mod device;
pub mod device_change;
pub mod network;

use clap::ValueEnum;
use shared::{EventKind, NumericDate};

use crate::store::{ClientInfo, Session};
use device_change::{DeviceChange, compare};
use network::network;

/// A sign that another client may hold the session. Each is an event of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskSignal {
    /// The session continues from another network.
    NetworkChanged,
    /// The session continues on another kind of device or in another browser.
    DeviceChanged,
    /// A phone's browser requests the desktop version of the site, or the mobile one again.
    DesktopSite,
    /// The session continues from another network and on another device, too soon for travel.
    ImpossibleGap,
}

impl From<RiskSignal> for EventKind {
    fn from(signal: RiskSignal) -> Self {
        match signal {
            RiskSignal::NetworkChanged => Self::NetworkChanged,
            RiskSignal::DeviceChanged => Self::DeviceChanged,
            RiskSignal::DesktopSite => Self::DesktopSite,
            RiskSignal::ImpossibleGap => Self::ImpossibleGap,
        }
    }
}

/// What policy demands on a risk signal, in the order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum RiskAction {
    /// Ignore it.
    Off,
    /// Log it; the session continues.
    Log,
    /// Require step-up: the user must give the password before the session continues.
    Confirm,
    /// Revoke the session.
    #[value(name = "end", alias = "revoke")]
    Revoke,
}

/// The action for each risk signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskPolicy {
    /// The action for [`RiskSignal::NetworkChanged`].
    pub network: RiskAction,
    /// The action for [`RiskSignal::DeviceChanged`]. [`RiskSignal::DesktopSite`] is logged, unless this is off.
    pub device: RiskAction,
    /// The action for [`RiskSignal::ImpossibleGap`].
    pub gap: RiskAction,
}

impl Default for RiskPolicy {
    fn default() -> Self {
        Self { network: RiskAction::Log, device: RiskAction::Confirm, gap: RiskAction::Log }
    }
}

/// The risk signals, and the action that policy demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskAssessment {
    /// The signals to log.
    pub signals: Vec<RiskSignal>,
    /// The most severe action.
    pub action: RiskAction,
}

/// Below this, a change of both network and device counts as impossible travel.
const GAP_SECONDS: i64 = 60;

/// Compares the session's last address and device with the request's.
#[must_use]
pub fn assess(
    session: &Session,
    client: &ClientInfo,
    now: NumericDate,
    policy: RiskPolicy,
) -> RiskAssessment {
    let (before, after) = (&session.client, client);
    // An unknown address before counts as unchanged.
    let moved = before.address.is_some() && network(before.address) != network(after.address);
    let change = compare(&before.device, &after.device);
    let other_device = change == DeviceChange::Device;
    let soon = now.since(session.family.accepted_at) < GAP_SECONDS;
    let found = [
        (moved, RiskSignal::NetworkChanged, policy.network),
        (other_device, RiskSignal::DeviceChanged, policy.device),
        // The same device, but worth a log line: a thief may claim it.
        (
            change == DeviceChange::DesktopSite,
            RiskSignal::DesktopSite,
            policy.device.min(RiskAction::Log),
        ),
        (moved && other_device && soon, RiskSignal::ImpossibleGap, policy.gap),
    ];
    let found = found.into_iter().filter(|(is_so, _, action)| *is_so && *action != RiskAction::Off);
    let mut risk = RiskAssessment { signals: Vec::new(), action: RiskAction::Off };
    for (_, signal, action) in found {
        risk.signals.push(signal);
        risk.action = risk.action.max(action);
    }
    risk
}
