//! Who acts: known to whatever is written while somebody's request or command is worked on, without being passed along.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use pinfold_core::audit::Who;
use pinfold_core::request_id::RequestId;
use serde_json::json;

tokio::task_local! {
    static ACTING: Acting;
}

/// Who acts, from where, and in which request.
#[derive(Debug, Clone, Default)]
pub struct Acting {
    /// Who.
    pub who: Who,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's id.
    pub request_id: Option<RequestId>,
    /// The operation's name, once the request has found its operation.
    pub operation: Arc<OnceLock<&'static str>>,
}

/// Does `work` as `acting`: what it writes in transactions names them.
pub async fn acting_as<T>(acting: Acting, work: impl Future<Output = T>) -> T {
    ACTING.scope(acting, work).await
}

impl Acting {
    /// Who acts here, as the database keeps it; none outside of [`acting_as`].
    pub(crate) fn current() -> Option<String> {
        ACTING.try_with(Self::to_text).ok()
    }

    fn to_text(&self) -> String {
        let mut text = json!({ "actor": self.who.to_string() });
        if let Some(address) = self.address {
            text["address"] = json!(address);
        }
        if let Some(id) = self.request_id {
            text["request_id"] = json!(id.as_str());
        }
        if let Some(operation) = self.operation.get() {
            text["operation"] = json!(operation);
        }
        text.to_string()
    }
}
