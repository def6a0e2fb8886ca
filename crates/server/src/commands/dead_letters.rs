//! `pinfold dead-letters`: messages that were given up. They carry ids and a reason, never a code or a recipient.

mod list;
mod purge;
mod replay;

use std::process::ExitCode;

use anyhow::Context;
use pinfold_redis::{DeadLetter, Hot};

use crate::operator::Operator;

/// What to do with dead letters.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Show them, newest first.
    List(list::Args),
    /// Queue them again. The worker still refuses what is over.
    Replay(replay::Args),
    /// Remove them all.
    Purge,
}

/// Runs one of them with these settings, and gives its exit code.
///
/// # Errors
/// What stopped the command, in words for the operator.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::List(args) => list::run(operator, &args).await,
        Command::Replay(args) => replay::run(operator, &args).await,
        Command::Purge => purge::run(operator).await,
    })
}

/// The newest dead letters of all partitions.
async fn newest(hot: &Hot, most: usize) -> anyhow::Result<Vec<DeadLetter>> {
    let mut letters = Vec::new();
    for partition in hot.partitions() {
        letters.extend(hot.dead_letters(partition, most).await.context("Redis cannot be asked")?);
    }
    letters.sort_by_key(|letter| std::cmp::Reverse(buried_ms(letter)));
    letters.truncate(most);
    Ok(letters)
}

/// When it was given up.
fn buried_ms(letter: &DeadLetter) -> u64 {
    letter.id.split('-').next().and_then(|at| at.parse().ok()).unwrap_or(0)
}

/// Its name for people and scripts: the partition and the id in it.
fn name(letter: &DeadLetter) -> String {
    format!("{:02}/{}", letter.partition.number(), letter.id)
}
