//! What `serve` takes of answers to the unusual. It must not know what is unusual.

use clap::Args;

use crate::auth::risk::RiskAction;

/// What to do when a session goes on somewhere unusual.
#[derive(Debug, Clone, Args)]
pub struct RiskArgs {
    /// When a session goes on from another network.
    #[arg(long, env = "BATON_ON_NETWORK_CHANGE", value_enum, default_value_t = RiskAction::Log)]
    pub on_network_change: RiskAction,
    /// When a session wants to go on in another browser, system or kind of device.
    #[arg(long, env = "BATON_ON_DEVICE_CHANGE", value_enum, default_value_t = RiskAction::Confirm)]
    pub on_device_change: RiskAction,
    /// When a session goes on elsewhere and on another device within a minute.
    #[arg(long, env = "BATON_ON_IMPOSSIBLE_GAP", value_enum, default_value_t = RiskAction::Log)]
    pub on_impossible_gap: RiskAction,
}
