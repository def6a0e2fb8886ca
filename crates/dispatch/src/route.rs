//! Whether a connection may carry a message at all; and the simulated phone that carries those of sandbox keys. Pure.

use std::sync::{Arc, LazyLock};

use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::id::ConnectionId;
use pinfold_core::route::Block;

/// The simulated phone of sandbox keys. It is no tenant's, so no tenant can switch it off or point it elsewhere.
pub(crate) static SANDBOX: LazyLock<Arc<Connection>> = LazyLock::new(|| {
    Arc::new(Connection {
        id: ConnectionId::from_bytes([0; 16]),
        name: "simulator".to_owned(),
        is_enabled: true,
        provider: Provider::Simulator {},
        traffic: Traffic::default(),
    })
});

/// Why a connection may not carry a live message, if it may not.
pub(crate) fn block(connection: &Connection, channel: Channel, allow_live_simulator: bool) -> Option<Block> {
    if !connection.is_enabled {
        return Some(Block::Disabled);
    }
    if !connection.provider.carries(channel) {
        return Some(Block::WrongChannel);
    }
    let is_refused = matches!(connection.provider, Provider::Simulator {}) && !allow_live_simulator;
    is_refused.then_some(Block::SimulatorNotAllowed)
}

/// The connection's id for the record; none for the platform's own simulator.
pub(crate) fn recorded_id(connection: &Connection) -> Option<ConnectionId> {
    (connection.id != SANDBOX.id).then_some(connection.id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pinfold_core::connection::{Http, Method, SuccessRule};

    use super::*;

    fn http() -> Connection {
        let provider = Provider::Http(Http {
            url: "https://provider.example/send".into(),
            method: Method::Post,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            body: None,
            success: SuccessRule::default(),
            id_pointer: None,
        });
        let id = ConnectionId::random();
        Connection { id, name: "provider".into(), is_enabled: true, provider, traffic: Traffic::default() }
    }

    #[test]
    fn a_connection_carries_its_channels_while_it_is_on() {
        let connection = http();
        assert_eq!(block(&connection, Channel::Sms, false), None);
        assert_eq!(recorded_id(&connection), Some(connection.id));
        assert_eq!(block(&connection, Channel::Email, true), Some(Block::WrongChannel));
        let disabled = Connection { is_enabled: false, ..connection };
        assert_eq!(block(&disabled, Channel::Sms, false), Some(Block::Disabled));
    }

    #[test]
    fn the_phone_of_sandbox_keys_is_nobodys() {
        assert_eq!(SANDBOX.provider, Provider::Simulator {});
        assert_eq!(recorded_id(&SANDBOX), None);
    }

    #[test]
    fn live_messages_reach_the_simulator_only_where_that_is_allowed() {
        let simulator = Connection { provider: Provider::Simulator {}, ..http() };
        assert_eq!(block(&simulator, Channel::Voice, false), Some(Block::SimulatorNotAllowed));
        assert_eq!(block(&simulator, Channel::Voice, true), None);
    }
}
