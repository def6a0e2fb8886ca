//! `pinfold dead-letters list`: what was given up, when, and why.

use std::process::ExitCode;

use pinfold_http::clock::rfc3339;
use pinfold_redis::DeadLetter;
use serde_json::json;

use super::{buried_ms, name, newest};
use crate::operator::Operator;
use crate::print;

/// Arguments of `dead-letters list`.
#[derive(clap::Args)]
pub struct Args {
    /// The most that are shown.
    #[arg(long, default_value_t = 100)]
    most: usize,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Prints the newest dead letters, at most `most`, as a table, or as JSON when asked to.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let letters = newest(&operator.hot()?, args.most).await?;
    if args.json {
        print::json(&letters.iter().map(view).collect());
        return Ok(ExitCode::SUCCESS);
    }
    let row = |letter: &DeadLetter| {
        let job = letter.job.as_ref();
        let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "?".to_owned());
        [
            name(letter),
            rfc3339(buried_ms(letter)),
            letter.reason.clone(),
            or_unknown(job.map(|job| job.channel.to_string())),
            or_unknown(job.map(|job| job.tenant.to_string())),
            or_unknown(job.map(|job| job.pin.to_string())),
        ]
    };
    let rows: Vec<[String; 6]> = letters.iter().map(row).collect();
    print::table(["ID", "GIVEN UP", "REASON", "CHANNEL", "TENANT", "PIN"], &rows);
    Ok(ExitCode::SUCCESS)
}

fn view(letter: &DeadLetter) -> serde_json::Value {
    let job = letter.job.as_ref();
    json!({
        "id": name(letter),
        "given_up_at": rfc3339(buried_ms(letter)),
        "reason": letter.reason,
        "channel": job.map(|job| job.channel.to_string()),
        "tenant_id": job.map(|job| job.tenant.to_string()),
        "pin_id": job.map(|job| job.pin.to_string()),
        "delivery": job.map(|job| job.delivery),
    })
}
