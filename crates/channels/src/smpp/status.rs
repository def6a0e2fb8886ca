//! What an SMSC's status means for a message (SMPP 3.4, 5.1.3).

use std::time::Duration;

use rusmpp::CommandStatus;

use crate::outcome::Outcome;

/// How long a message waits that the SMSC had no room for.
const LATER: Duration = Duration::from_secs(1);

/// Whether the SMSC asks for less.
pub(super) fn is_too_much(status: CommandStatus) -> bool {
    matches!(status, CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful)
}

/// What a refused message came to.
pub(super) fn refused(status: CommandStatus) -> Outcome {
    match status {
        CommandStatus::EsmeRthrottled => Outcome::Temporary { reason: "smpp_throttled".into(), retry_after: Some(LATER) },
        CommandStatus::EsmeRmsgqful => Outcome::Temporary { reason: "smpp_queue_full".into(), retry_after: Some(LATER) },
        CommandStatus::EsmeRsyserr => Outcome::temporary("smpp_system_error"),
        CommandStatus::EsmeRinvdstadr => Outcome::permanent("recipient_invalid"),
        CommandStatus::EsmeRinvmsglen => Outcome::permanent("message_too_long"),
        CommandStatus::EsmeRinvsrcadr => Outcome::permanent("sender_refused"),
        // Congestion and what passes; a link that lost its bind gets another.
        CommandStatus::EsmeRinvbndsts | CommandStatus::EsmeRxTAppn | CommandStatus::EsmeRunknownerr => {
            Outcome::temporary(named(status))
        }
        // What an SMSC makes up itself says nothing of the next attempt.
        CommandStatus::Other(_) => Outcome::temporary(named(status)),
        _ => Outcome::permanent(named(status)),
    }
}

/// Why a bind was refused.
pub(super) fn bind_refused(status: CommandStatus) -> Outcome {
    match status {
        CommandStatus::EsmeRinvpaswd => Outcome::permanent("bind_invalid_password"),
        CommandStatus::EsmeRinvsysid => Outcome::permanent("bind_invalid_system_id"),
        CommandStatus::EsmeRinvsystyp => Outcome::permanent("bind_invalid_system_type"),
        // Some SMSCs say no more than this of a wrong password, but a full one says it too.
        CommandStatus::EsmeRbindfail => Outcome::temporary("bind_failed"),
        CommandStatus::EsmeRalybnd => Outcome::temporary("bind_already_bound"),
        _ => Outcome::temporary(format!("bind_{}", named(status))),
    }
}

fn named(status: CommandStatus) -> String {
    format!("smpp_{:03x}", u32::from(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_decides() {
        let of = |status: u32| {
            let outcome = refused(CommandStatus::from(status));
            (outcome.name(), outcome.reason().unwrap_or_default().to_owned())
        };
        for (status, name, reason) in [
            (0x58, "temporary", "smpp_throttled"),
            (0x14, "temporary", "smpp_queue_full"),
            (0x08, "temporary", "smpp_system_error"),
            (0x64, "temporary", "smpp_064"),
            (0x0B, "permanent", "recipient_invalid"),
            (0x0A, "permanent", "sender_refused"),
            (0x01, "permanent", "message_too_long"),
            (0x45, "permanent", "smpp_045"),
            (0x400, "temporary", "smpp_400"),
        ] {
            assert_eq!(of(status), (name, reason.to_owned()), "{status:#x}");
        }
    }

    #[test]
    fn wrong_credentials_cannot_help_themselves() {
        let of = |status: u32| bind_refused(CommandStatus::from(status));
        assert_eq!(of(0x0E), Outcome::permanent("bind_invalid_password"));
        assert_eq!(of(0x0F), Outcome::permanent("bind_invalid_system_id"));
        assert_eq!(of(0x0D), Outcome::temporary("bind_failed"));
        assert_eq!(of(0x08), Outcome::temporary("bind_smpp_008"));
    }
}
