//! `pinfold operator create`: makes a person an operator, as the owner of the record. A new account gets a random password, shown once,
//! and whoever signs in with it is asked for a second factor in production.

use std::process::ExitCode;

use anyhow::{Context, bail};
use pinfold_core::email::Email;
use pinfold_core::{password, visit};
use serde_json::json;

use crate::operator::Operator;
use crate::print;

/// Arguments of `operator create`.
#[derive(clap::Args)]
pub struct Args {
    /// The person's address.
    #[arg(long)]
    email: String,
    /// The person's name, for a new account.
    #[arg(long, default_value = "Operator")]
    name: String,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Makes one.
///
/// # Errors
/// When the address is none, or the record refuses.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let Ok(email) = Email::parse(&args.email) else { bail!("--email must be one e-mail address") };
    if let Err(fault) = pinfold_core::application::check_name(&args.name) {
        bail!("--name {fault}");
    }
    let owned = operator.owned_database()?;
    let people = owned.people();
    let secret = visit::recovery_code();
    let new = people.create(&email, &args.name, &password::hash(&secret)).await?;
    let shown = new.is_some().then(|| secret.to_string());
    let person = match new {
        Some(person) => person,
        None => people.find(&email).await?.context("the account is gone again")?,
    };
    people.make_operator(person.id).await?;
    if args.json {
        print::json(&json!({ "personId": person.id.to_string(), "email": person.email, "password": shown }));
        return Ok(ExitCode::SUCCESS);
    }
    print::line(format_args!("{} is an operator.", person.email));
    match shown {
        Some(secret) => print::line(format_args!("Their password, shown this once: {secret}")),
        None => print::line(format_args!("Their password is the one they have.")),
    }
    Ok(ExitCode::SUCCESS)
}
