//! `pinfold dead-letters replay`: queues what was given up once more, as a first attempt.

use std::process::ExitCode;

use anyhow::bail;

use super::{name, newest};
use crate::operator::Operator;
use crate::print;

/// Arguments of `dead-letters replay`.
#[derive(clap::Args)]
pub struct Args {
    /// Which ones, as `list` names them; all unless given.
    ids: Vec<String>,
}

/// Queues the named dead letters again, or all, and prints how many those were.
///
/// # Errors
/// When Redis cannot be asked, or one that is named is not there.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let hot = operator.hot()?;
    let letters = newest(&hot, usize::from(u16::MAX)).await?;
    if let Some(unknown) = args.ids.iter().find(|id| !letters.iter().any(|letter| name(letter) == **id)) {
        bail!("there is no dead letter {unknown}; `pinfold dead-letters list` shows all");
    }
    let (mut queued, mut unreadable) = (0, 0);
    for letter in letters.iter().filter(|letter| args.ids.is_empty() || args.ids.contains(&name(letter))) {
        if hot.replay_dead_letter(letter).await? { queued += 1 } else { unreadable += 1 }
    }
    print::line(format_args!("Queued {queued} again."));
    if unreadable > 0 {
        print::line(format_args!("Left {unreadable} that cannot be read; `pinfold dead-letters purge` removes them."));
    }
    Ok(ExitCode::SUCCESS)
}
