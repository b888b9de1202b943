//! The arguments of `serve` about risk.

use clap::Args;

use crate::auth::risk::RiskAction;

/// The action on each risk signal.
#[derive(Debug, Clone, Args)]
pub struct RiskArgs {
    /// When a session is refreshed from another network.
    #[arg(long, env = "BATON_ON_NETWORK_CHANGE", value_enum, default_value_t = RiskAction::Log)]
    pub on_network_change: RiskAction,
    /// When a session is to be refreshed in another browser, system or kind of device.
    #[arg(long, env = "BATON_ON_DEVICE_CHANGE", value_enum, default_value_t = RiskAction::Confirm)]
    pub on_device_change: RiskAction,
    /// When a session is refreshed from another network and on another device within a minute.
    #[arg(long, env = "BATON_ON_IMPOSSIBLE_GAP", value_enum, default_value_t = RiskAction::Log)]
    pub on_impossible_gap: RiskAction,
}
