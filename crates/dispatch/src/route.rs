//! Which connection carries a message: the tenant's default route of the channel; for sandbox keys always the
//! simulated phone. Pure.

use std::sync::LazyLock;

use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::id::ConnectionId;

/// The simulated phone of sandbox keys. It is no tenant's, so no tenant can switch it off or point it elsewhere.
static SANDBOX: LazyLock<Connection> = LazyLock::new(|| Connection {
    id: ConnectionId::from_bytes([0; 16]),
    name: "simulator".to_owned(),
    is_enabled: true,
    provider: Provider::Simulator {},
});

/// The connection for a message, or the reason why there is none. `default` is the tenant's route of the channel.
pub(crate) fn route(
    channel: Channel,
    is_sandbox: bool,
    default: Option<&Connection>,
    allow_live_simulator: bool,
) -> Result<&Connection, &'static str> {
    if is_sandbox {
        return Ok(&SANDBOX);
    }
    let connection = default.ok_or("no_route")?;
    if !connection.is_enabled {
        return Err("connection_disabled");
    }
    if !connection.provider.carries(channel) {
        return Err("wrong_channel");
    }
    if matches!(connection.provider, Provider::Simulator {}) && !allow_live_simulator {
        return Err("simulator_not_allowed");
    }
    Ok(connection)
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
        Connection {
            id: ConnectionId::random(),
            name: "provider".into(),
            is_enabled: true,
            provider,
            traffic: Traffic::default(),
        }
    }

    #[test]
    fn a_live_message_takes_the_tenants_route_or_none() {
        let connection = http();
        assert_eq!(route(Channel::Sms, false, Some(&connection), false), Ok(&connection));
        assert_eq!(recorded_id(&connection), Some(connection.id));
        assert_eq!(route(Channel::Sms, false, None, true), Err("no_route"));
        assert_eq!(route(Channel::Email, false, Some(&connection), true), Err("wrong_channel"));
        let disabled = Connection { is_enabled: false, ..connection };
        assert_eq!(route(Channel::Sms, false, Some(&disabled), true), Err("connection_disabled"));
    }

    #[test]
    fn a_sandbox_message_never_leaves_the_simulator() {
        let connection = http();
        for (channel, default) in [(Channel::Sms, Some(&connection)), (Channel::Email, None), (Channel::Voice, Some(&connection))]
        {
            let found = route(channel, true, default, false).expect("the simulator is always there");
            assert_eq!(found.provider, Provider::Simulator {});
            assert_eq!(recorded_id(found), None);
        }
    }

    #[test]
    fn live_messages_reach_the_simulator_only_where_that_is_allowed() {
        let simulator = Connection { provider: Provider::Simulator {}, ..http() };
        assert_eq!(route(Channel::Voice, false, Some(&simulator), false), Err("simulator_not_allowed"));
        assert_eq!(route(Channel::Voice, false, Some(&simulator), true), Ok(&simulator));
    }
}
