//! The processes of the installation. Each says every few seconds what it does and how it is; one that was told to stop takes its
//! leave, one that died falls silent and is remembered for a while.

use pinfold_core::id::ProcessId;
use serde::{Deserialize, Serialize};

use crate::keys::processes;
use crate::{Error, Hot};

/// How long a silent process is remembered, in milliseconds.
const REMEMBERED_MS: u64 = 15 * 60_000;

/// What a process says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its own name, as long as it runs.
    pub id: ProcessId,
    /// The machine it runs on, by the machine's own name.
    pub host: String,
    /// The roles it has.
    pub roles: Vec<String>,
    /// The version of the program.
    pub version: String,
    /// Since when it runs, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it said so, by Redis' clock.
    #[serde(default)]
    pub seen_ms: u64,
    /// Whether it takes requests.
    pub is_ready: bool,
    /// What is wrong with it, in words.
    pub faults: Vec<String>,
}

impl Hot {
    /// Says what this process does.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn announce(&self, process: &Process) -> Result<(), Error> {
        let said = Process { seen_ms: self.now_ms().await?, ..process.clone() };
        let said = serde_json::to_vec(&said).expect("words and numbers serialise");
        let mut pipeline = redis::pipe();
        pipeline.cmd("HSET").arg(processes()).arg(process.id.to_string()).arg(said).ignore();
        pipeline.cmd("PEXPIRE").arg(processes()).arg(REMEMBERED_MS).ignore();
        Ok(pipeline.query_async(&mut self.link()).await?)
    }

    /// This process stops.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn take_leave(&self, id: ProcessId) -> Result<(), Error> {
        Ok(redis::cmd("HDEL").arg(processes()).arg(id.to_string()).query_async(&mut self.link()).await?)
    }

    /// The processes, by role and age. Those that have been silent for too long are forgotten.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn processes(&self) -> Result<Vec<Process>, Error> {
        let now_ms = self.now_ms().await?;
        let all: Vec<Vec<u8>> = redis::cmd("HVALS").arg(processes()).query_async(&mut self.link()).await?;
        let mut known = Vec::with_capacity(all.len());
        for said in all {
            // What another version says in a form of its own is not read.
            let Ok(process) = serde_json::from_slice::<Process>(&said) else { continue };
            if now_ms.saturating_sub(process.seen_ms) > REMEMBERED_MS {
                self.take_leave(process.id).await?;
            } else {
                known.push(process);
            }
        }
        known.sort_by(|one, other| (&one.roles, one.started_ms).cmp(&(&other.roles, other.started_ms)));
        Ok(known)
    }
}
